/* SPDX-License-Identifier: MIT */
/* The files are small, and of the kinds that prediction tells apart. */
#include "attest/testing/boot.h"

#include <stdlib.h>
#include <string.h>

#include "attest/json.h"
#include "attest/predict.h"

static const char embedded_cfg[] =
    "serial --unit=0 --speed=115200\n"
    "search --no-floppy --set=root --file /grub/grub.cfg\n"
    "configfile /grub/grub.cfg\n";

static const char plain_cfg[] = "# What boots.\n"
                                "source /grub/cmdline.cfg\n"
                                "multiboot2 /boot/hypervisor $hv_cmdline\n"
                                "module2 --nounzip /boot/vmlinux "
                                "$dom0_cmdline\n"
                                "module2 --nounzip /boot/initramfs\n"
                                "module2 --nounzip /boot/policy\n"
                                "boot\n";

static const char cmdline_cfg[] =
    "set hv_cmdline=\"console=com1 dom0_mem=512M loglvl=info\"\n"
    "set dom0_cmdline=\"console=hvc0 ro quiet\"\n";

static const char menu_cfg[] =
    "set timeout=0\n"
    "set default=0\n"
    "menuentry \"Vouch\" {\n"
    "  multiboot2 /boot/hypervisor console=com1 dom0_mem=512M loglvl=info\n"
    "  module2 --nounzip /boot/vmlinux console=hvc0 ro quiet\n"
    "  module2 --nounzip /boot/initramfs\n"
    "  module2 --nounzip /boot/policy\n"
    "}\n";

/* The smallest PE32+ that has all we measure: one section of 512 bytes. */
static void make_pe(uint8_t *out, size_t size)
{
    memset(out, 0, size);
    memcpy(out, "MZ", 2);
    out[0x3c] = 0x40;
    memcpy(out + 0x40, "PE\0\0", 4);
    out[0x46] = 1;         /* sections */
    out[0x54] = 0xf0;      /* optional header: 112 + 16 * 8 */
    out[0x58] = 0x0b;      /* PE32+ */
    out[0x59] = 0x02;      /* ... */
    out[0x58 + 57] = 0x20; /* image of 0x2000 bytes */
    out[0x58 + 61] = 0x02; /* headers of 0x200 bytes */
    out[0x58 + 108] = 16;  /* directories */
    uint8_t *section = out + 0x58 + 0xf0;
    section[17] = 0x02; /* 0x200 bytes */
    section[21] = 0x02; /* at 0x200 */
    memset(out + 0x200, 0x90, size - 0x200);
}

static void add(struct boot_disk *disk, const char *path, struct bytes content)
{
    struct boot_file *file = &disk->files[disk->count++];
    if (disk->used + content.size > sizeof(disk->storage)) {
        abort();
    }
    memcpy(disk->storage + disk->used, content.data, content.size);
    file->path = path;
    file->content = bytes_of(disk->storage + disk->used, content.size);
    disk->used += content.size;
}

void boot_disk_make(struct boot_disk *disk, bool is_menu)
{
    uint8_t image[0x400];
    memset(disk, 0, sizeof(*disk));
    make_pe(image, sizeof(image));
    add(disk, "image", bytes_of(image, sizeof(image)));
    add(disk, "embedded", bytes_of_text(embedded_cfg));
    add(disk, "/grub/grub.cfg", bytes_of_text(is_menu ? menu_cfg : plain_cfg));
    add(disk, "/grub/cmdline.cfg", bytes_of_text(cmdline_cfg));
    add(disk, "/boot/hypervisor",
        bytes_of_text("\x7f"
                      "ELF, hypervisor"));
    add(disk, "/boot/vmlinux",
        bytes_of_text("\x7f"
                      "ELF, dom0's kernel"));
    add(disk, "/boot/initramfs", bytes_of_text("070701, an archive"));
    add(disk, "/boot/policy", bytes_of_text("\x8c\xff\x7c\xf9 and a policy"));
}

struct boot_file *boot_disk_find(struct boot_disk *disk, const char *path)
{
    for (size_t i = 0; i < disk->count; i++) {
        if (strcmp(disk->files[i].path, path) == 0) {
            return &disk->files[i];
        }
    }
    return NULL;
}

void boot_disk_edit(struct boot_disk *disk, const char *path, const char *old,
                    const char *new)
{
    struct boot_file *file = boot_disk_find(disk, path);
    size_t old_size = strlen(old), new_size = strlen(new);
    const uint8_t *at =
        memmem(file->content.data, file->content.size, old, old_size);
    size_t head = at != NULL ? (size_t)(at - file->content.data) : 0;
    size_t size = file->content.size - old_size + new_size;
    if (at == NULL || disk->used + size > sizeof(disk->storage)) {
        abort();
    }
    uint8_t *to = disk->storage + disk->used;
    memcpy(to, file->content.data, head);
    memcpy(to + head, new, new_size);
    memcpy(to + head + new_size, at + old_size,
           file->content.size - head - old_size);
    file->content = bytes_of(to, size);
    disk->used += size;
}

static struct bytes read_file(void *context, const char *path)
{
    struct boot_file *file = boot_disk_find(context, path);
    return file != NULL ? file->content : bytes_none();
}

static json_t *keys_json(struct hasher *hasher, const struct forge_key *key)
{
    json_t *list = json_array();
    struct tpmt_public public;
    if (key != NULL &&
        tpms_parse_public(bytes_of(key->public, key->public_size), &public) ==
            REASON_NONE) {
        struct key_name name = key_name_of(hasher, &public);
        json_t *object = json_object();
        json_put(object, "name",
                 json_hex(bytes_of(name.bytes, sizeof(name.bytes))));
        json_put(object, "public",
                 json_base64(bytes_of(key->public, key->public_size)));
        json_push(list, object);
    }
    return list;
}

json_t *boot_payload(struct hasher *hasher, struct boot_disk *disk,
                     struct bytes real_log, const struct forge_key *key,
                     const struct boot_alternative *alternatives)
{
    struct predict_alternative list[8];
    size_t count = 0;
    char *error = NULL;
    for (; alternatives != NULL &&
           alternatives[count].component != COMPONENT_COUNT;
         count++) {
        list[count] = (struct predict_alternative){
            alternatives[count].component, alternatives[count].content};
    }
    const struct predict_input input = {
        .image = boot_disk_find(disk, "image")->content,
        .embedded = boot_disk_find(disk, "embedded")->content,
        .files = {.context = disk, .read = read_file},
        .alternatives = list,
        .alternative_count = count};
    json_t *payload = json_object(), *firmwares = json_array();
    json_t *firmware = predict_endorse(hasher, real_log, "test", &error);
    if (firmware == NULL || !predict_boot(hasher, &input, payload, &error)) {
        abort();
    }
    json_object_del(firmware, "format");
    json_push(firmwares, firmware);
    json_put(payload, "format", json_string(REFERENCE_FORMAT));
    json_put(payload, "accept_shared", json_false());
    json_put(payload, "dynamic_launch", json_array());
    json_put(payload, "keys", keys_json(hasher, key));
    json_put(payload, "firmware", firmwares);
    return payload;
}

/* SPDX-License-Identifier: MIT */
/*
 * The text of the hypervisor's own events, written; attest/ reads it.
 */
#include "lib/vouchlog.h"

#include "lib/checked.h"
#include "lib/text.h"

static const struct {
    enum vouchlog_tag tag;
    const char *name;
} tag_names[] = {
    {VOUCHLOG_MODE, "mode"},
    {VOUCHLOG_CMDLINE, "cmdline"},
    {VOUCHLOG_POLICY, "policy"},
    {VOUCHLOG_DOM0_KERNEL, "dom0-kernel"},
    {VOUCHLOG_DOM0_INITRD, "dom0-initrd"},
    {VOUCHLOG_DOM0_CMDLINE, "dom0-cmdline"},
    {VOUCHLOG_CAP, "cap"},
    {VOUCHLOG_POLICY_LOAD, "policy-load"},
    {VOUCHLOG_MODE_CHANGE, "mode-change"},
    {VOUCHLOG_LAUNCH, "launch"},
    {VOUCHLOG_IDENTITY, "identity"},
    {VOUCHLOG_GUEST_KERNEL, "guest-kernel"},
    {VOUCHLOG_GUEST_INITRD, "guest-initrd"},
    {VOUCHLOG_GUEST_CMDLINE, "guest-cmdline"},
};

const char *vouchlog_tag_name(enum vouchlog_tag tag)
{
    for (size_t i = 0; i < ARRAY_SIZE(tag_names); i++) {
        if (tag_names[i].tag == tag) {
            return tag_names[i].name;
        }
    }
    return NULL;
}

/* Header with the size still open, and "vouch <name>". */
static bool begin_event(struct writer *writer, enum vouchlog_tag tag)
{
    const char *name = vouchlog_tag_name(tag);
    if (name == NULL) {
        return false;
    }
    put_le32(writer, tag);
    put_le32(writer, 0);
    text_put(writer, VOUCHLOG_FIRST);
    text_put(writer, name);
    return true;
}

static enum vouchlog_status end_event(struct writer *writer)
{
    size_t start = writer->start;
    if (writer_written(writer) > VOUCHLOG_MAX_DATA) {
        writer->failed = true;
    }
    if (!writer_end(writer)) {
        return VOUCHLOG_NO_SPACE;
    }
    size_t payload = writer->out->used - start - 8;
    for (size_t i = 0; i < 4; i++) {
        writer->out->data[start + 4 + i] = (uint8_t)(payload >> (8 * i));
    }
    return VOUCHLOG_OK;
}

enum vouchlog_status vouchlog_build_blob(enum vouchlog_tag tag,
                                         const struct sha256_digest *digest,
                                         uint64_t size, struct buffer *out)
{
    struct writer writer = writer_begin(out);
    if (!begin_event(&writer, tag)) {
        return VOUCHLOG_UNKNOWN_TAG;
    }
    text_put(&writer, VOUCHLOG_DIGEST);
    text_put_hex(&writer, sha256_bytes(digest));
    text_put(&writer, VOUCHLOG_SIZE);
    text_put_decimal(&writer, size);
    return end_event(&writer);
}

enum vouchlog_status vouchlog_build_text(enum vouchlog_tag tag,
                                         struct bytes text, struct buffer *out)
{
    const char *name = vouchlog_tag_name(tag);
    if (name == NULL) {
        return VOUCHLOG_UNKNOWN_TAG;
    }
    size_t room = VOUCHLOG_MAX_PAYLOAD - strlen(VOUCHLOG_FIRST) - strlen(name) -
                  strlen(VOUCHLOG_TEXT);
    if (text.size > room || !text_is_printable(text)) {
        struct sha256_digest digest = sha256_of(text);
        return vouchlog_build_blob(tag, &digest, text.size, out);
    }
    struct writer writer = writer_begin(out);
    (void)begin_event(&writer, tag);
    text_put(&writer, VOUCHLOG_TEXT);
    put_bytes(&writer, text);
    return end_event(&writer);
}

void vouchlog_put_mode(struct writer *writer, const struct vouchlog_mode *mode)
{
    text_put(writer, "entry=");
    text_put(writer, mode->entry);
    text_put(writer, " policy=");
    text_put(writer, mode->policy);
    text_put(writer, " exclusive=");
    text_put(writer, mode->exclusive);
}

static void put_number(struct writer *writer, const char *name, uint64_t value)
{
    text_put(writer, name);
    text_put_decimal(writer, value);
}

static void put_digest(struct writer *writer, const char *name,
                       const struct sha256_digest *digest)
{
    text_put(writer, name);
    text_put_hex(writer, sha256_bytes(digest));
}

void vouchlog_put_launch(struct writer *writer,
                         const struct vouchlog_launch *launch)
{
    put_number(writer, "instance=", launch->instance);
    put_number(writer, " domid=", launch->domid);
    text_put(writer, " uuid=");
    text_put_uuid(writer, launch->uuid);
    text_put(writer, " label=");
    text_put(writer, launch->label);
    put_number(writer, " pages=", launch->pages);
    put_number(writer, " vcpus=", launch->vcpus);
    put_digest(writer, " kernel=", &launch->kernel);
    put_digest(writer, " initrd=", &launch->initrd);
    put_digest(writer, " cmdline=", &launch->cmdline);
}

void vouchlog_put_identity(struct writer *writer,
                           const struct vouchlog_identity *identity)
{
    put_number(writer, "vtpm=", identity->vtpm);
    put_number(writer, " guest=", identity->guest);
    text_put(writer, " ak=");
    text_put_hex(writer, bytes_of(identity->ak, sizeof(identity->ak)));
    text_put(writer, " ek=");
    text_put_hex(writer, bytes_of(identity->ek, sizeof(identity->ek)));
}

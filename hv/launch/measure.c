/* SPDX-License-Identifier: MIT */
/*
 * Measuring what is launched: the three files are hashed in the frozen frames
 * they are in, then the record of the launch is logged and extended.  Nothing
 * of them was looked at before.
 */
#include "hv/base/atomic.h"
#include "hv/base/errno.h"
#include "hv/base/log.h"
#include "hv/cpu/cpu.h"
#include "hv/cpu/time.h"
#include "hv/launch/internal.h"
#include "hv/security/record.h"
#include "hv/security/security.h"
#include "lib/string.h"

#define WORK_HASH    1300 /* of one page */
#define TPM_LIMIT_NS 30000000000ull

static void hash_end(struct launch *launch, uint8_t out[VOUCH_DIGEST_SIZE])
{
    struct sha256_digest digest;

    sha256_final(&launch->hash, &digest);
    memcpy(out, digest.bytes, sizeof(digest.bytes));
}

static int blob_hash(struct launch *launch, const struct blob *blob,
                     uint8_t out[VOUCH_DIGEST_SIZE])
{
    if (launch->cursor == 0) {
        sha256_init(&launch->hash);
    }
    for (; launch->cursor < blob->pages; launch->cursor++) {
        uint64_t left = blob->size - launch->cursor * PAGE_SIZE;

        if (this_cpu()->budget <= 0) {
            return -ERESTART;
        }
        this_cpu()->budget -= WORK_HASH;
        sha256_update(&launch->hash,
                      bytes_of(mfn_to_hva(MFN(blob->frames[launch->cursor])),
                               MIN(left, PAGE_SIZE)));
    }
    hash_end(launch, out);
    return 0;
}

int launch_hash_kernel(struct launch *launch)
{
    return blob_hash(launch, &launch->kernel, launch->record->info.kernel);
}

int launch_hash_initrd(struct launch *launch)
{
    return blob_hash(launch, &launch->initrd, launch->record->info.initrd);
}

int launch_hash_cmdline(struct launch *launch)
{
    sha256_init(&launch->hash);
    sha256_update(&launch->hash, bytes_of_text(launch->cmdline));
    hash_end(launch, launch->record->info.cmdline);
    return 0;
}

static void info_fill(struct launch *launch)
{
    const struct domain *domain = launch->domain;
    struct vouch_launch_info *info = &launch->record->info;

    info->domid = domain->id;
    info->vcpus = (uint16_t)domain->vcpu_count;
    info->instance = domain->instance;
    info->pages = launch->frame_count;
    info->kernel_size = launch->kernel.size;
    info->initrd_size = launch->initrd.size;
    info->cmdline_size = strlen(launch->cmdline);
    domain_handle(domain, info->uuid);
    security_label_text(domain->label, info->label, sizeof(info->label));
}

static struct vouchlog_launch event_of(const struct vouch_launch_info *info)
{
    struct vouchlog_launch event = {
        .instance = info->instance,
        .domid = info->domid,
        .pages = info->pages,
        .vcpus = info->vcpus,
        .label = info->label,
    };

    memcpy(event.uuid, info->uuid, sizeof(event.uuid));
    memcpy(event.kernel.bytes, info->kernel, sizeof(event.kernel.bytes));
    memcpy(event.initrd.bytes, info->initrd, sizeof(event.initrd.bytes));
    memcpy(event.cmdline.bytes, info->cmdline, sizeof(event.cmdline.bytes));
    return event;
}

static int record_write(const struct vouch_launch_info *info)
{
    struct vouchlog_launch event = event_of(info);
    char text[VOUCHLOG_MAX_PAYLOAD];
    struct buffer buffer = buffer_over(text, sizeof(text));
    struct writer writer = writer_begin(&buffer);

    vouchlog_put_launch(&writer, &event);
    CHECK(writer_end(&writer));
    return record_text(VOUCHLOG_LAUNCH, buffer_bytes(&buffer));
}

/* dom0 is using the TPM, or another CPU: not for ever. */
static int tpm_wait_for(struct launch *launch)
{
    uint64_t now_ns = system_time_ns();

    if (launch->waiting_since_ns == 0) {
        launch->waiting_since_ns = now_ns;
    }
    return now_ns - launch->waiting_since_ns > TPM_LIMIT_NS
               ? launch_fail(launch, "the TPM stays in use")
               : launch_wait();
}

int launch_record_it(struct launch *launch)
{
    int rc;

    info_fill(launch);
    rc = record_write(&launch->record->info);
    if (rc == -EBUSY) {
        return tpm_wait_for(launch);
    }
    if (rc != 0 && rc != -ENODEV) {
        return launch_fail(launch, "it could not be measured");
    }
    atomic_set(&launch->domain->launched, launch->record);
    launch->record = NULL;
    return 0;
}

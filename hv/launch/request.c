/* SPDX-License-Identifier: MIT */
/*
 * What a guest asks for when it launches: read once into memory of ours, and
 * checked as far as that can be done before anything changes.  Frames of files
 * are looked at again when they are frozen, ports when the others are closed;
 * the rings' frames cannot go, since the launch has references on them.
 */
#include "hv/base/errno.h"
#include "hv/evtchn/evtchn.h"
#include "hv/launch/internal.h"
#include "hv/mem/guest_copy.h"
#include "hv/mem/heap.h"
#include "lib/checked.h"
#include "lib/string.h"

#define CHUNK 64u /* entries of a list read at once */

/* A frame of the domain's own memory. */
static bool is_own_frame(const struct domain *domain, uint64_t mfn)
{
    const struct page *page = page_of(MFN(mfn));

    return page != NULL && page->owner == domain->memory.id &&
           page_type(page) != PAGE_SHARED;
}

static long list_read(const struct domain *domain, struct blob *blob,
                      uint64_t va)
{
    uint64_t mfns[CHUNK];

    for (uint32_t done = 0; done < blob->pages;) {
        uint32_t count = MIN(CHUNK, blob->pages - done);

        if (!guest_read(mfns, GVA(va + done * sizeof(mfns[0])),
                        count * sizeof(mfns[0]))) {
            return -EFAULT;
        }
        for (uint32_t i = 0; i < count; i++) {
            if (!is_own_frame(domain, mfns[i])) {
                return -EINVAL;
            }
            blob->frames[done++] = (uint32_t)mfns[i];
        }
    }
    return 0;
}

static long blob_read(const struct domain *domain, struct blob *blob,
                      const struct vouch_blob *arg)
{
    if (arg->size > (uint64_t)BLOB_PAGES_MAX * PAGE_SIZE) {
        return -E2BIG;
    }
    blob->size = arg->size;
    blob->pages = (uint32_t)(align_up(arg->size, PAGE_SIZE) / PAGE_SIZE);
    if (blob->pages == 0) {
        return 0;
    }
    blob->frames = heap_alloc(blob->pages * sizeof(*blob->frames));
    return blob->frames == NULL ? -ENOMEM
                                : list_read(domain, blob, arg->frames);
}

static long cmdline_read(struct launch *launch, const struct vouch_launch *arg)
{
    if (arg->cmdline_size > VOUCH_CMDLINE_MAX) {
        return -E2BIG;
    }
    if (!guest_read(launch->cmdline, GVA(arg->cmdline), arg->cmdline_size)) {
        return -EFAULT;
    }
    return strlen(launch->cmdline) == arg->cmdline_size ? 0 : -EINVAL;
}

static bool ring_get(struct domain *domain, uint64_t mfn, struct page **out)
{
    struct page *page = page_of(MFN(mfn));

    if (page == NULL || !page_get(page, &domain->memory)) {
        return false;
    }
    *out = page; /* launch_rings_put() gives it back, whatever follows */
    return page_type(page) != PAGE_SHARED;
}

/*
 * A ring is one of its frames, a port one that somebody can send on; or none, as
 * for dom0, whom nobody serves.
 */
static bool ring_read(struct domain *domain, uint64_t mfn, uint32_t port,
                      struct page **out)
{
    if (domain->is_hardware) {
        return mfn == 0 && port == 0;
    }
    return (mfn == 0 || ring_get(domain, mfn, out)) &&
           (port == 0 || evtchn_is_open_to_others(domain, port));
}

void launch_rings_put(struct launch *launch)
{
    for (uint32_t i = 0; i < ARRAY_SIZE(launch->ring_pages); i++) {
        if (launch->ring_pages[i] != NULL) {
            page_put(launch->ring_pages[i]);
        }
    }
}

static long rings_read(struct launch *launch, const struct vouch_launch *arg)
{
    struct domain *domain = launch->domain;

    if (!ring_read(domain, arg->console_mfn, arg->console_port,
                   &launch->ring_pages[0]) ||
        !ring_read(domain, arg->store_mfn, arg->store_port,
                   &launch->ring_pages[1]) ||
        (arg->console_mfn == arg->store_mfn && arg->store_mfn != 0)) {
        return -EINVAL;
    }
    launch->rings = (struct build_rings){
        .console_mfn = arg->console_mfn,
        .store_mfn = arg->store_mfn,
        .console_port = arg->console_port,
        .store_port = arg->store_port,
    };
    launch->ports[0] = arg->console_port;
    launch->ports[1] = arg->store_port;
    return 0;
}

long launch_request_read(struct launch *launch, const struct vouch_launch *arg)
{
    long rc = arg->kernel.size == 0 ? -EINVAL : rings_read(launch, arg);

    if (rc == 0) {
        rc = cmdline_read(launch, arg);
    }
    if (rc == 0) {
        rc = blob_read(launch->domain, &launch->kernel, &arg->kernel);
    }
    if (rc == 0) {
        rc = blob_read(launch->domain, &launch->initrd, &arg->initrd);
    }
    return rc;
}

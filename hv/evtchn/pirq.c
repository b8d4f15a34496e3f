/* SPDX-License-Identifier: MIT */
/*
 * From a device's interrupt to the hardware domain's event port and back.  A
 * pirq that is mapped has a vector; the vector is let in while a port is bound.
 */
#include "hv/evtchn/pirq.h"

#include "hv/base/errno.h"
#include "hv/cpu/cpu.h"
#include "hv/cpu/ioapic.h"
#include "hv/cpu/irq.h"
#include "hv/cpu/paging.h"
#include "hv/evtchn/evtchn.h"
#include "hv/evtchn/internal.h"
#include "hv/mem/page.h"

enum pirq_kind {
    PIRQ_FREE,
    PIRQ_GSI,
    PIRQ_MSI,
    PIRQ_HELD, /* a GSI of the hypervisor's: mapped in name only */
};

struct pirq {
    uint8_t kind; /* enum pirq_kind */
    uint8_t vector;
    uint16_t port;     /* 0: not bound */
    void *table_entry; /* MSI-X: mapped */
};

static struct pirq pirqs[PIRQ_COUNT];

static struct pirq *pirq_of(uint32_t number)
{
    struct pirq *pirq = NULL;

    if (number >= PIRQ_COUNT) {
        return NULL;
    }
    pirq = &pirqs[index_nospec(number, PIRQ_COUNT)];
    return pirq->kind == PIRQ_FREE ? NULL : pirq;
}

/* The vector's handler. */
static void raise(uint32_t number)
{
    /* A port closed meanwhile costs its own domain one spurious event. */
    uint32_t port = READ_ONCE(pirqs[number].port);

    if (port != 0) {
        evtchn_set_pending(domain0, port);
    }
}

int pirq_bind(struct domain *domain, uint32_t number, uint32_t port)
{
    struct pirq *pirq = pirq_of(number);

    if (!domain->is_hardware || pirq == NULL) {
        return -EINVAL;
    }
    if (pirq->kind == PIRQ_HELD) {
        return -EBUSY;
    }
    if (pirq->port != 0) {
        return -EEXIST;
    }
    WRITE_ONCE(pirq->port, (uint16_t)port);
    irq_enable(pirq->vector);
    return 0;
}

/* domain is the hardware domain: nobody else could bind it. */
void pirq_unbind(struct domain *domain, uint32_t number)
{
    struct pirq *pirq = &pirqs[number];

    irq_disable(pirq->vector);
    WRITE_ONCE(pirq->port, 0);
}

/* event_lock held. */
static int map_gsi(uint32_t gsi)
{
    struct pirq *pirq = &pirqs[index_nospec(gsi, PIRQ_COUNT)];
    int status = 0;

    if (pirq->kind != PIRQ_FREE) {
        return 0;
    }
    if (irq_is_reserved(gsi)) {
        pirq->kind = PIRQ_HELD;
        return 0;
    }
    status = irq_attach_gsi(gsi, raise, gsi, &pirq->vector);
    if (status == 0) {
        pirq->kind = PIRQ_GSI;
    }
    return status;
}

int pirq_map_gsi(uint32_t gsi)
{
    int status = 0;

    if (gsi >= PIRQ_COUNT || !ioapic_has_gsi(gsi)) {
        return -EINVAL;
    }
    spin_lock(&domain0->event_lock);
    status = map_gsi(gsi);
    spin_unlock(&domain0->event_lock);
    return status;
}

/*
 * Whether the hypervisor may write to this frame on behalf of a device: no
 * RAM, and nothing that the hardware domain itself may not touch.
 */
static bool is_device_frame(mfn_t mfn)
{
    const struct page *page = page_of(mfn);

    if (mfn.n >> (cpu_features.physical_bits - PAGE_SHIFT) != 0) {
        return false; /* a page-table entry could not name it */
    }
    if (page != NULL && page->owner != OWNER_IO) {
        return false;
    }
    return iomem_permitted(&domain0->memory.iomem, mfn) &&
           !number_in_range(mfn.n, &domain0->memory.iomem.read_only);
}

static int map_table_entry(struct msi *msi)
{
    maddr_t last = MADDR(msi->table.a + MSI_ENTRY_SIZE - 1);

    if (!is_device_frame(maddr_to_mfn(msi->table)) ||
        !is_device_frame(maddr_to_mfn(last))) {
        return -EPERM;
    }
    msi->table_entry = ioremap(msi->table, MSI_ENTRY_SIZE);
    return msi->table_entry == NULL ? -ENOMEM : 0;
}

static void unmap_table_entry(void *table_entry)
{
    if (table_entry != NULL) {
        iounmap(table_entry, MSI_ENTRY_SIZE);
    }
}

/* A number that no GSI has or will have, from the top; or 0. */
static uint32_t find_free(void)
{
    uint32_t number = PIRQ_COUNT - 1;

    while (number > 0 &&
           (pirqs[number].kind != PIRQ_FREE || ioapic_has_gsi(number))) {
        number--;
    }
    return number;
}

/* event_lock held; the table entry is mapped. */
static int map_msi(struct msi *msi, uint32_t *number)
{
    struct pirq *pirq = NULL;
    int status = 0;

    *number = find_free();
    if (*number == 0) {
        return -ENOSPC;
    }
    pirq = &pirqs[*number];
    status = irq_attach_msi(msi, raise, *number, &pirq->vector);
    if (status == 0) {
        pirq->kind = PIRQ_MSI;
        pirq->table_entry = (void *)msi->table_entry;
    }
    return status;
}

int pirq_map_msi(struct msi *msi, uint32_t *number)
{
    int status = msi_prepare(msi);

    if (status == 0 && msi->is_msix) {
        status = map_table_entry(msi);
    }
    if (status != 0) {
        return status;
    }
    spin_lock(&domain0->event_lock);
    status = map_msi(msi, number);
    spin_unlock(&domain0->event_lock);
    if (status != 0) {
        unmap_table_entry((void *)msi->table_entry);
    }
    return status;
}

int pirq_unmap(uint32_t number)
{
    struct pirq *pirq = NULL;
    struct pirq old;

    spin_lock(&domain0->event_lock);
    pirq = pirq_of(number);
    if (pirq == NULL || pirq->port != 0) {
        spin_unlock(&domain0->event_lock);
        return pirq == NULL ? -EINVAL : -EBUSY;
    }
    old = *pirq;
    if (old.kind != PIRQ_HELD) {
        irq_detach(old.vector);
    }
    *pirq = (struct pirq){.kind = PIRQ_FREE};
    spin_unlock(&domain0->event_lock);
    unmap_table_entry(old.table_entry);
    return 0;
}

int pirq_end(uint32_t number)
{
    const struct pirq *pirq = NULL;
    int status = -EINVAL;

    spin_lock(&domain0->event_lock);
    pirq = pirq_of(number);
    if (pirq != NULL) {
        status = 0;
        if (pirq->kind == PIRQ_GSI) {
            irq_end(pirq->vector);
        }
    }
    spin_unlock(&domain0->event_lock);
    return status;
}

int pirq_status(uint32_t number, uint32_t *flags)
{
    const struct pirq *pirq = NULL;
    int status = -EINVAL;

    spin_lock(&domain0->event_lock);
    pirq = pirq_of(number);
    if (pirq != NULL) {
        status = 0;
        /* Of a GSI too that is edge by now: it may be told otherwise. */
        *flags = pirq->kind == PIRQ_GSI ? XENIRQSTAT_needs_eoi : 0;
    }
    spin_unlock(&domain0->event_lock);
    return status;
}

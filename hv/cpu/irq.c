/* SPDX-License-Identifier: MIT */
/*
 * Vectors: one struct irq for each.  All interrupts go to the boot CPU.  A
 * vector given back may still arrive once; then nobody is called.
 */
#include "hv/cpu/irq.h"

#include "hv/base/asm.h"
#include "hv/base/errno.h"
#include "hv/base/spinlock.h"
#include "hv/cpu/apic.h"
#include "hv/cpu/cpu.h"
#include "hv/cpu/ioapic.h"
#include "hv/cpu/vectors.h"

#define ISA_GSIS      16u
#define TIMER_GSI     0u /* nobody's: the hypervisor uses the local APICs' */
#define VECTOR_COUNT  (VECTOR_DEVICE_LAST + 1u - VECTOR_DEVICE_FIRST)
#define PIC1_MASK     0x21
#define PIC2_MASK     0xa1
#define PIC_ALL_LINES 0xff

struct irq {
    enum { IRQ_FREE, IRQ_GSI, IRQ_MSI } kind;
    uint32_t gsi;
    struct msi msi;
    uint8_t is_enabled;
    uint8_t in_service; /* level: arrived, masked until irq_end() */
    void (*hv_handler)(void);
    void (*handler)(uint32_t argument);
    uint32_t argument;
};

struct gsi {
    uint8_t vector; /* 0: none */
    uint8_t is_level, is_low;
    uint8_t is_configured;
    uint8_t is_reserved;
};

static spinlock_t irq_lock; /* guards irqs, gsis, the IOAPICs, messages */
static struct irq irqs[VECTOR_COUNT];
static struct gsi gsis[IOAPIC_GSIS];

void irq_init(void)
{
    outb(PIC1_MASK, PIC_ALL_LINES);
    outb(PIC2_MASK, PIC_ALL_LINES);
    gsis[TIMER_GSI].is_reserved = 1;
    for (uint32_t gsi = ISA_GSIS; gsi < IOAPIC_GSIS; gsi++) {
        gsis[gsi].is_level = 1;
        gsis[gsi].is_low = 1;
    }
}

static struct irq *irq_of(uint32_t vector)
{
    return &irqs[vector - VECTOR_DEVICE_FIRST];
}

/* The entry of a GSI that a guest may have named, or NULL. */
static struct gsi *gsi_of(uint32_t gsi)
{
    if (gsi >= IOAPIC_GSIS || !ioapic_has_gsi(gsi)) {
        return NULL;
    }
    return &gsis[index_nospec(gsi, IOAPIC_GSIS)];
}

static bool is_level(const struct irq *irq)
{
    return irq->kind == IRQ_GSI && gsis[irq->gsi].is_level;
}

/* Lets it in or keeps it out, as its state says. */
static void apply_mask(const struct irq *irq)
{
    bool is_open = irq->is_enabled && !irq->in_service;

    if (irq->kind == IRQ_GSI) {
        if (is_open) {
            ioapic_unmask(irq->gsi);
        } else {
            ioapic_mask(irq->gsi);
        }
    } else if (irq->kind == IRQ_MSI) {
        if (is_open) {
            msi_unmask(&irq->msi);
        } else {
            msi_mask(&irq->msi);
        }
    }
}

static uint32_t boot_apic_id(void)
{
    return cpus[0]->apic_id;
}

static void route_gsi(uint32_t gsi)
{
    struct ioapic_pin pin = {
        .vector = gsis[gsi].vector,
        .is_level = gsis[gsi].is_level,
        .is_low = gsis[gsi].is_low,
        .apic_id = boot_apic_id(),
    };

    ioapic_route(gsi, &pin);
}

/* A vector nobody has, or 0. */
static uint8_t find_vector(void)
{
    for (uint32_t v = VECTOR_DEVICE_FIRST; v <= VECTOR_DEVICE_LAST; v++) {
        if (v != VECTOR_GUEST_INT80 && irq_of(v)->kind == IRQ_FREE) {
            return (uint8_t)v;
        }
    }
    return 0;
}

/* irq_lock held. */
static int attach_gsi(uint32_t number, const struct irq *source,
                      uint8_t *vector)
{
    struct gsi *gsi = gsi_of(number);

    if (gsi == NULL) {
        return -ENODEV;
    }
    if (gsi->is_reserved || gsi->vector != 0) {
        return -EBUSY;
    }
    *vector = find_vector();
    if (*vector == 0) {
        return -ENOSPC;
    }
    *irq_of(*vector) = *source;
    gsi->vector = *vector;
    route_gsi(number);
    apply_mask(irq_of(*vector));
    return 0;
}

int irq_request_hv(uint32_t gsi, void (*handler)(void))
{
    struct irq source = {
        .kind = IRQ_GSI, .gsi = gsi, .hv_handler = handler, .is_enabled = 1};
    uint8_t vector = 0;
    int status = 0;

    spin_lock(&irq_lock);
    status = attach_gsi(gsi, &source, &vector);
    if (status == 0) {
        gsis[gsi].is_reserved = 1;
    }
    spin_unlock(&irq_lock);
    return status;
}

bool irq_is_reserved(uint32_t gsi)
{
    const struct gsi *entry = gsi_of(gsi);

    return entry != NULL && entry->is_reserved;
}

int irq_configure_gsi(uint32_t number, enum irq_trigger trigger,
                      enum irq_polarity polarity)
{
    struct gsi *gsi = NULL;
    int status = 0;

    spin_lock(&irq_lock);
    gsi = gsi_of(number);
    if (gsi == NULL) {
        status = -ENODEV;
    } else if (gsi->is_reserved || gsi->is_configured) {
        status = -EEXIST;
    } else {
        gsi->is_level = trigger == IRQ_LEVEL;
        gsi->is_low = polarity == IRQ_LOW;
        gsi->is_configured = 1;
        if (gsi->vector != 0) {
            irq_of(gsi->vector)->in_service = 0;
            route_gsi((uint32_t)(gsi - gsis));
            apply_mask(irq_of(gsi->vector));
        }
    }
    spin_unlock(&irq_lock);
    return status;
}

int irq_attach_gsi(uint32_t gsi, void (*handler)(uint32_t argument),
                   uint32_t argument, uint8_t *vector)
{
    struct irq source = {
        .kind = IRQ_GSI, .gsi = gsi, .handler = handler, .argument = argument};
    int status = 0;

    spin_lock(&irq_lock);
    status = attach_gsi(gsi, &source, vector);
    spin_unlock(&irq_lock);
    return status;
}

static bool is_attached(const struct msi *msi)
{
    for (uint32_t i = 0; i < VECTOR_COUNT; i++) {
        if (irqs[i].kind == IRQ_MSI && irqs[i].msi.bdf == msi->bdf &&
            irqs[i].msi.entry == msi->entry) {
            return true;
        }
    }
    return false;
}

int irq_attach_msi(const struct msi *msi, void (*handler)(uint32_t argument),
                   uint32_t argument, uint8_t *vector)
{
    int status = 0;

    spin_lock(&irq_lock);
    *vector = find_vector();
    if (is_attached(msi)) {
        status = -EEXIST;
    } else if (*vector == 0) {
        status = -ENOSPC;
    } else {
        *irq_of(*vector) = (struct irq){.kind = IRQ_MSI,
                                        .msi = *msi,
                                        .handler = handler,
                                        .argument = argument};
        msi_program(msi, *vector, boot_apic_id());
    }
    spin_unlock(&irq_lock);
    return status;
}

void irq_detach(uint8_t vector)
{
    struct irq *irq = irq_of(vector);

    spin_lock(&irq_lock);
    irq->is_enabled = 0;
    apply_mask(irq);
    if (irq->kind == IRQ_GSI) {
        gsis[irq->gsi].vector = 0;
    }
    *irq = (struct irq){.kind = IRQ_FREE};
    spin_unlock(&irq_lock);
}

static void set_state(uint8_t vector, uint8_t is_enabled)
{
    struct irq *irq = irq_of(vector);

    spin_lock(&irq_lock);
    irq->is_enabled = is_enabled;
    irq->in_service = 0;
    apply_mask(irq);
    spin_unlock(&irq_lock);
}

void irq_enable(uint8_t vector)
{
    set_state(vector, 1);
}

void irq_disable(uint8_t vector)
{
    set_state(vector, 0);
}

int irq_read_ioapic(maddr_t base, uint32_t index, uint32_t *value)
{
    int rc;

    spin_lock(&irq_lock);
    rc = ioapic_read_register(base, index, value);
    spin_unlock(&irq_lock);
    return rc;
}

void irq_end(uint8_t vector)
{
    struct irq *irq = irq_of(vector);

    spin_lock(&irq_lock);
    if (irq->in_service) {
        irq->in_service = 0;
        apply_mask(irq);
    }
    spin_unlock(&irq_lock);
}

void irq_dispatch(uint32_t vector)
{
    struct irq *irq = irq_of(vector);
    void (*hv_handler)(void) = NULL;
    void (*handler)(uint32_t argument) = NULL;
    uint32_t argument = 0;

    spin_lock(&irq_lock);
    if (irq->is_enabled) {
        hv_handler = irq->hv_handler;
        handler = irq->handler;
        argument = irq->argument;
    }
    /* Masked before the EOI, or it would come again at once. */
    if (is_level(irq) && irq->hv_handler == NULL) {
        irq->in_service = 1;
        apply_mask(irq);
    }
    spin_unlock(&irq_lock);
    lapic_eoi();

    if (hv_handler != NULL) {
        hv_handler();
    } else if (handler != NULL) {
        handler(argument);
    }
}

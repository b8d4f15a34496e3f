/* SPDX-License-Identifier: MIT */
/*
 * The hypervisor's words for memory and names of things.  Each is a struct of
 * its own, so that a machine frame cannot be passed where a guest frame, a
 * port or a domain is meant; they are boxed and unboxed at the edges only.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PAGE_SHIFT 12
#define PAGE_SIZE  4096ul
#define PAGE_MASK  (~(PAGE_SIZE - 1))

typedef struct {
    uint64_t n; /* machine frame number */
} mfn_t;
typedef struct {
    uint64_t n; /* guest pseudo-physical frame number */
} pfn_t;
typedef struct {
    uint64_t a; /* machine address, bytes */
} maddr_t;
typedef struct {
    uint32_t n;
} port_t;

#define MFN(x)      ((mfn_t){(x)})
#define PFN(x)      ((pfn_t){(x)})
#define MADDR(x)    ((maddr_t){(x)})
#define PORT(x)     ((port_t){(x)})

static inline maddr_t mfn_to_maddr(mfn_t mfn)
{
    return MADDR(mfn.n << PAGE_SHIFT);
}

static inline mfn_t maddr_to_mfn(maddr_t maddr)
{
    return MFN(maddr.a >> PAGE_SHIFT);
}

/* A guest virtual address: never dereferenced, only given to guest_copy. */
typedef struct {
    uint64_t va;
} gva_t;
#define GVA(x) ((gva_t){(uint64_t)(x)})

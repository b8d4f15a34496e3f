/* SPDX-License-Identifier: MIT */
/*
 * abi-doc: prints docs/abi.md.  Its tables are the hypervisor's own .def files,
 * so the document has a row exactly where the dispatcher has one.  What the
 * public headers call a hypercall must have the number that is printed: that
 * is checked when this is compiled.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "hv/abi/vouch.h"
#include "hv/abi/xen.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

#define FAMILY(name, number, ...)                                              \
    _Static_assert((number) == __HYPERVISOR_##name, #name);
#define CALL(...)
#define ROW(...)
#include "hv/abi/hypercalls.def"

/* A family, or one of its rows; absent texts are NULL. */
struct entry {
    bool is_family;
    const char *name;      /* of the hypercall */
    unsigned int number;   /* of the family or of the operation */
    const char *shape;     /* of a family */
    unsigned int operations; /* of a family: those that a guest may name */
    const char *operation; /* NULL in the row of a PLAIN family */
    const char *type, *direction;
    const char *object, *field, *permission;
    const char *object2, *field2, *permission2;
};

static const struct entry entries[] = {
#define FAMILY(n, nr, s, o, splits)                                            \
    {.is_family = true,                                                        \
     .name = #n,                                                               \
     .number = (nr),                                                           \
     .operations = (o),                                                        \
     .shape = #s},
#define CALL(f, c, p) {.name = #f, .object = "SELF", .permission = #c ":" #p},
#define ROW(f, op, nr, t, d, o, m, c, p)                                       \
    {.name = #f,                                                               \
     .number = (nr),                                                           \
     .operation = #op,                                                         \
     .type = #t,                                                               \
     .direction = #d,                                                          \
     .object = #o,                                                             \
     .field = #m,                                                              \
     .permission = #c ":" #p},
#define ROW2(f, op, nr, t, d, o, m, c, p, o2, m2, c2, p2)                      \
    {.name = #f,                                                               \
     .number = (nr),                                                           \
     .operation = #op,                                                         \
     .type = #t,                                                               \
     .direction = #d,                                                          \
     .object = #o,                                                             \
     .field = #m,                                                              \
     .permission = #c ":" #p,                                                  \
     .object2 = #o2,                                                           \
     .field2 = #m2,                                                            \
     .permission2 = #c2 ":" #p2},
#include "hv/abi/hypercalls.def"
};

/* How each shape says which operation is meant and where its structure is. */
static const struct {
    const char *shape, *meaning;
} shapes[] = {
    {"PLAIN", "One operation; its arguments are in registers"},
    {"CMD_PTR", "RDI: operation; RSI: address of its structure"},
    {"CMD_ID_PTR", "RDI: operation; RSI: vCPU; RDX: address of its structure"},
    {"CMD_REGS", "RDI: operation; the other arguments are in registers"},
    {"MEMORY", "RDI: operation (6 bits), above it the first extent still to "
               "do; RSI: address of its structure"},
    {"PLATFORM", "RDI: address of a structure that begins with the operation "
                 "and the interface version"},
    {"VA_MAPPING", "One operation; the entry's present and writable bits "
                   "choose its row"},
    {"GRANT", "RDI: operation; RSI: array of its structures; RDX: elements; "
              "each has a status of its own"},
    {"BATCH", "RDI: array; RSI: elements; RDX: where to count those done; "
              "R10: whose pages; each element's kind chooses its row"},
};

static const char *shape_meaning(const char *shape)
{
    for (size_t i = 0; i < COUNT(shapes); i++) {
        if (strcmp(shapes[i].shape, shape) == 0) {
            return shapes[i].meaning;
        }
    }
    return NULL;
}

static void print_object(const char *object, const char *field)
{
    if (strcmp(object, "SELF") == 0) {
        printf("the caller");
    } else if (strcmp(object, "XEN") == 0) {
        printf("the hypervisor");
    } else if (strcmp(object, "VCPU") == 0) {
        printf("a vCPU of the caller");
    } else if (strcmp(object, "END") == 0) {
        printf("the caller's end of a channel");
    } else if (strcmp(object, "DOMAIN_GIVEN") == 0) {
        printf(strcmp(field, "-") == 0 ? "the domain in R10"
                                       : "the domain behind `%s`",
               field);
    } else if (strcmp(object, "FIRST") == 0) {
        printf("the first domain from `%s` on that is not refused", field);
    } else if (strcmp(object, "NEW") == 0) {
        printf("the label whose SID is `%s`", field);
    } else if (strcmp(object, "SECURITY") == 0) {
        printf("the policy");
    } else {
        printf("the domain in `%s`", field);
    }
}

/* Rows that flags choose have no number that a guest could give. */
static bool has_number(const struct entry *family, const struct entry *row)
{
    return strcmp(family->shape, "BATCH") != 0 &&
           strcmp(family->shape, "VA_MAPPING") != 0 &&
           row->number < family->operations;
}

static const char *direction_text(const char *direction)
{
    if (strcmp(direction, "BOTH") == 0) {
        return "in and out";
    }
    return strcmp(direction, "IN") == 0 ? "in" : "out";
}

static void print_row(const struct entry *family, const struct entry *row)
{
    printf("| %s | ", row->operation);
    if (has_number(family, row)) {
        printf("%u ", row->number);
    }
    if (strcmp(row->direction, "NONE") == 0) {
        printf("| | ");
    } else {
        printf("| `%s`, %s | ", row->type, direction_text(row->direction));
    }
    print_object(row->object, row->field);
    printf(" | %s", row->permission);
    if (row->permission2 != NULL) {
        printf("; on ");
        print_object(row->object2, row->field2);
        printf(" %s", row->permission2);
    }
    printf(" |\n");
}

/* Rows follow their family in the table. */
static bool print_family(size_t index)
{
    const struct entry *family = &entries[index];
    const char *meaning = shape_meaning(family->shape);
    const struct entry *row = family + 1;

    if (meaning == NULL) {
        fprintf(stderr, "abi-doc: no words for the shape %s\n", family->shape);
        return false;
    }
    printf("\n### %u %s\n\n%s.", family->number, family->name, meaning);
    if (row->is_family) {
        printf(" No operation yet.\n");
        return true;
    }
    if (row->operation == NULL) {
        printf(" On the caller: %s.\n", row->permission);
        return true;
    }
    printf("\n\n| operation | number | structure | acts on | permission |\n"
           "|---|---|---|---|---|\n");
    for (; row < entries + COUNT(entries) && !row->is_family; row++) {
        print_row(family, row);
    }
    return true;
}

static bool print_hypercalls(void)
{
    for (size_t i = 0; i < COUNT(entries); i++) {
        if (entries[i].is_family && !print_family(i)) {
            return false;
        }
    }
    return true;
}

static void print_instructions(void)
{
    printf("| instruction | what the guest's own state must allow "
           "| permission on itself |\n|---|---|---|\n");
#define OP(name, right, class, permission)                                     \
    printf("| %s | %s | %s:%s |\n", #name, #right, #class, #permission);
#define OP_PORT(name)                                                          \
    printf("| %s | IOPL or the I/O bitmap | by port, see below |\n", #name);
#include "hv/hypercall/privops.def"
#undef OP
#undef OP_PORT
}

static void print_ports(void)
{
    printf("| ports | what is there | widest access | who | object "
           "| to read | to write |\n|---|---|---|---|---|---|---|\n");
#define PORT_DENIED(first, last)                                               \
    printf("| %04x-%04x | nothing | | nobody | | | |\n", first, last);
#define PORT_EMULATED(first, last, width, who, name, object, class, r, w)      \
    printf("| %04x-%04x | %s, emulated | %s | %s | %s | %s:%s | %s:%s |\n",    \
           first, last, #name, #width, #who, #object, #class, #r, #class, #w);
#define PORT_DIRECT(first, last, who, name, object, class, r, w)               \
    printf("| %04x-%04x | the machine's port | 4 | %s | %s | %s:%s "           \
           "| %s:%s |\n",                                                      \
           first, last, #who, #object, #class, #r, #class, #w);
#include "hv/hypercall/ports.def"
#undef PORT_DENIED
#undef PORT_EMULATED
#undef PORT_DIRECT
}

static void print_msr(uint32_t first, uint32_t last, const char *rest)
{
    if (first == last) {
        printf("| %08x | %s |\n", first, rest);
    } else {
        printf("| %08x-%08x | %s |\n", first, last, rest);
    }
}

static void print_msrs(void)
{
    printf("| MSRs | CPUs | read | write |\n|---|---|---|---|\n");
#define MSR(first, last, cpu, read, write)                                     \
    print_msr(first, last, #cpu " | " #read " | " #write);
#include "hv/hypercall/msrs.def"
#undef MSR
}

static const char head[] =
    "# The ABI\n"
    "\n"
    "Made by `make docs` from `hv/hypercall/*.def`; do not edit. It says\n"
    "which part of the Xen 64-bit PV ABI there is, and which permission each\n"
    "operation needs. What the operations mean is in Xen's public headers\n"
    "(Debian's libxen-dev). What is not here does not exist.\n"
    "\n"
    "## Hypercalls\n"
    "\n"
    "SYSCALL in guest kernel mode: RAX is the number, the arguments are in\n"
    "RDI, RSI, RDX, R10 and R8, the result is in RAX. The order is always:\n"
    "copy the structure in, find the objects, ask the policy, do it, copy the\n"
    "structure out (`hv/hypercall/dispatch.c`).\n"
    "\n"
    "- A number or an operation that does not exist: -ENOSYS.\n"
    "- Refused by the policy: -EPERM. An operation on another domain gives\n"
    "  -ESRCH instead, the same as for a domain that does not exist.\n"
    "- A structure that cannot be read or written: -EFAULT. An address in the\n"
    "  hypervisor's window is one.\n"
    "- A multicall dispatches each of its entries as if it came alone.\n";

static const char instructions_head[] =
    "\n"
    "## Emulated instructions\n"
    "\n"
    "What faults with #GP at CPL 3 and is done in the guest's place. Any\n"
    "other instruction, and any that is refused, is the guest's own #GP.\n"
    "store_system stands for SGDT, SIDT, SLDT, STR and SMSW. A guest kernel's\n"
    "write to a live L1 table is done as mmu_update would do it\n"
    "(`hv/hypercall/ptwr.c`).\n"
    "\n";

static const char ports_head[] =
    "\n"
    "## I/O ports\n"
    "\n"
    "The first row that an access touches decides; what is refused reads as\n"
    "all ones and ignores writes. The console's ports and the ACPI timer's\n"
    "are nobody's, wherever this machine has them. `hardware` is the domain\n"
    "that owns the machine's devices: dom0.\n"
    "\n";

static const char msrs_head[] =
    "\n"
    "## MSRs\n"
    "\n"
    "In guest kernel mode, with cpu:msr_read or cpu:msr_write. `refuse` is\n"
    "#GP, as is an MSR without a row, except that a kernel which has no #GP\n"
    "handler yet is given 0; `zero` reads as 0; `ignore` accepts any value;\n"
    "`same` accepts the value that is read; the others are in\n"
    "`hv/hypercall/msr.c`.\n"
    "\n";

int main(void)
{
    fputs(head, stdout);
    if (!print_hypercalls()) {
        return 1;
    }
    fputs(instructions_head, stdout);
    print_instructions();
    fputs(ports_head, stdout);
    print_ports();
    fputs(msrs_head, stdout);
    print_msrs();
    return fflush(stdout) == 0 && !ferror(stdout) ? 0 : 1;
}

/* SPDX-License-Identifier: MIT */
/* sched_op (public/sched.h): yield and block; others are in their own files. */
#include "hv/abi/handlers.h"
#include "hv/sched/sched.h"

long do_sched_op_yield(const struct permit *permit, struct call *call,
                       void *none)
{
    vcpu_yield();
    return 0;
}

long do_sched_op_block(const struct permit *permit, struct call *call,
                       void *none)
{
    vcpu_block();
    return 0;
}

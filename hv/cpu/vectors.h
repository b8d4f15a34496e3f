/* SPDX-License-Identifier: MIT */
/* Exception and interrupt vectors.  Usable from assembly. */
#pragma once

#define VECTOR_DE           0
#define VECTOR_DB           1
#define VECTOR_NMI          2
#define VECTOR_BP           3
#define VECTOR_OF           4
#define VECTOR_BR           5
#define VECTOR_UD           6
#define VECTOR_NM           7
#define VECTOR_DF           8
#define VECTOR_TS           10
#define VECTOR_NP           11
#define VECTOR_SS           12
#define VECTOR_GP           13
#define VECTOR_PF           14
#define VECTOR_MF           16
#define VECTOR_AC           17
#define VECTOR_MC           18
#define VECTOR_XM           19

#define VECTOR_DEVICE_FIRST 0x20 /* to 0xef: devices, given out by irq.c */
#define VECTOR_DEVICE_LAST  0xef
#define VECTOR_GUEST_INT80  0x80 /* the one software interrupt guests have */
#define VECTOR_TIMER        0xf0
#define VECTOR_KICK         0xf1 /* another CPU asks for CPU_POLL_* */
#define VECTOR_APIC_ERROR   0xf2
#define VECTOR_PROOF        0xf3 /* taken: this CPU is not in the hypervisor */
#define VECTOR_SPURIOUS     0xff

/* A page fault's error code (Intel SDM vol. 3A, 4.7). */
#define FAULT_PRESENT  0x01u
#define FAULT_WRITE    0x02u
#define FAULT_USER     0x04u
#define FAULT_RESERVED 0x08u
#define FAULT_FETCH    0x10u

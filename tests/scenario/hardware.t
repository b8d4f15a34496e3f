#!/bin/bash
# SPDX-License-Identifier: MIT
# Other processors, memory and devices: TRUSTED as well, and nothing in dom0's
# kernel log blames the hypervisor.
set -u
. tests/scenario/lib/tap.sh
. tests/scenario/lib/run.sh
. tests/scenario/lib/machines.sh

machines_run "
small  | MEM=512 CPUS=1           | kernel-log pcrs smp     | 0
large  | MEM=16384                | kernel-log pcrs         | 0
many   | CPUS=8                   | kernel-log smp          | 0
qemu64 | CPU=qemu64               | kernel-log smp          | 0
devices| DISK_BUS=ahci NIC=e1000e | kernel-log disk network | 0
"
tap_end

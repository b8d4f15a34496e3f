#!/bin/bash
# SPDX-License-Identifier: MIT
# Other machines: processors, memory, TPMs, firmware, launch, devices, the
# cloud kernel. Each boots to dom0's user space, dom0 finds nothing to blame,
# and where there is a TPM the log replays to the PCRs. One row per machine:
#   NAME | variables | dom0's checks | verdict's exit status
set -u
. tests/scenario/lib/tap.sh
. tests/scenario/lib/run.sh

cloud=$BUILD/dom0/cloud-amd64
table="
small   | MEM=512 CPUS=1                           | kernel-log pcrs        | 0
large   | MEM=16384 CPUS=8                         | kernel-log pcrs smp    | 0
qemu64  | CPU=qemu64                               | kernel-log smp         | 0
crb     | TPM=crb                                  | kernel-log pcrs        | 1
no-tpm  | TPM=none                                 | kernel-log             | 4
devices | DISK_BUS=ahci NIC=e1000e                 | kernel-log disk network| 0
cloud   | KERNEL_FILE=$cloud/vmlinux INITRD_FILE=$cloud/initramfs.cpio | kernel-log disk network | 0
bios    | FIRMWARE=bios                            | kernel-log pcrs        | 1
tboot   | FIRMWARE=bios LAUNCH=tboot               | kernel-log pcrs        | 1
tbootefi| LAUNCH=tboot                             | kernel-log             | 1
"
while IFS='|' read -r name variables checks expected; do
    name=${name// /}
    [ -n "$name" ] || continue
    read -r -a words <<<"$variables"
    read -r -a wanted <<<"$checks"
    scenario_run "$name" "${words[@]}" CHECKS="${wanted[*]}"
    tap_is "$name: exit status" "$status" "${expected// /}"
    tap_has "$name: dom0 ends by itself" "$dir.serial" '^dom0: powering off'
    for check in "${wanted[@]}"; do
        tap "$name: dom0's check $check" scenario_check "$check"
    done
done <<<"$table"
tap_end

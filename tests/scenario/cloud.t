#!/bin/bash
# SPDX-License-Identifier: MIT
# Debian's cloud kernel boots as dom0, up to user space that loads drivers. It
# is built without CONFIG_XEN_DOM0, so device interrupts are beyond it, and user
# space's console too: that is the same on Xen 4.17, and all that is asked here.
set -u
. tests/scenario/lib/tap.sh
. tools/run/lib/common.sh
. tools/run/lib/tpm.sh
. tools/run/lib/machine.sh

limit=${SCENARIO_TIMEOUT:-600}
dir=$BUILD/scenario/cloud
cloud=$BUILD/dom0/cloud-amd64
rm -rf "$dir"
mkdir -p "$dir"
KERNEL_FILE=$cloud/vmlinux INITRD_FILE=$cloud/initramfs.cpio \
    DOM0_CMDLINE="console=hvc0 earlyprintk=xen,keep panic=10" \
    tools/image/mkdisk.sh "$dir/disk.img"
tpm_new "$dir"
TENANT='' machine_start "$dir" "$dir/disk.img" ""
tap "the kernel is the cloud flavour" machine_wait_for "$limit" \
    'Linux version .*-cloud-amd64'
tap "it starts /init" machine_wait_for "$limit" 'Run /init as init process'
tap "which loads the disk's driver" machine_wait_for "$limit" \
    'virtio_blk virtio[0-9]: '
tap_has_not "the kernel has nothing to complain about" "$dir/serial.log" \
    '\] .*(WARNING:|BUG:|Oops|Call Trace|lockup|general protection|Kernel panic)'
machine_stop
tpm_end
tap_end

#!/bin/bash
# SPDX-License-Identifier: MIT
# dom0's kernel as Debian packs it: GRUB's modules are the launcher and a bundle
# of vmlinuz, initramfs and command line. The launcher unpacks the kernel and
# launches it in its own place; what was measured is the bundle.
set -u
. tests/scenario/lib/tap.sh
. tests/scenario/lib/run.sh

bundle=$BUILD/scenario/packed.bundle
mkdir -p "$BUILD/scenario"
tap "a bundle of dom0" "$VOUCH" bundle make --kernel "$BUILD/guests/vmlinuz-amd64" \
    --initrd "$INITRD_FILE" --cmdline "$DOM0_CMDLINE" -o "$bundle" || tap_end
scenario_run packed KERNEL_FILE="$BUILD/vtpm/launcher.elf" \
    INITRD_FILE="$bundle" DOM0_CMDLINE=dom0 CHECKS="kernel-log pcrs smp"
tap_has "the launcher launches it" "$dir.serial" \
    '^\(vouch\).* domain 0: launched, '
tap_has "Linux is up" "$dir.serial" '^dom0: Linux 6.* is up, 2 vCPUs'
for check in kernel-log pcrs smp; do
    tap "check $check" scenario_check $check
done
tap_is "the exit status" "$status" 0
tap_has "the verdict" "$dir.out" '^TRUSTED'
tap_end

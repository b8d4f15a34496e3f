#!/bin/sh
# SPDX-License-Identifier: MIT
#
# boot-init.sh HYPERVISOR KERNEL INITRAMFS INIT [MODULE]
#
# Boots Debian's kernel as dom0 in QEMU with -icount shift=0 and prints what
# INIT (init.c), which takes the place of the initramfs's /init, measured: lines
# of a name and a number of instructions.  HYPERVISOR is loaded by QEMU itself and
# there is no TPM: what firmware and boot loader do is the same for all and not
# counted, and neither is measuring.
set -u

[ $# -ge 4 ] || { sed -n '3,11s/^# \{0,1\}//p' "$0" >&2; exit 2; }
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

mkdir "$work/root"
cp "$4" "$work/root/init"
(cd "$work/root" && echo init | cpio -o -H newc --quiet --reproducible -R 0:0) \
    >"$work/init.cpio" || exit 2
cat "$3" "$work/init.cpio" >"$work/initramfs" || exit 2

modules="$2 console=hvc0 earlyprintk=xen quiet,$work/initramfs${5:+,$5}"
timeout "${SECONDS_MAX:-900}" qemu-system-x86_64 -machine q35 -m 2048 -smp 1 \
    -cpu max,-smap,-smep -accel tcg,thread=single \
    -icount shift=0,sleep=off -rtc base=2026-01-01T00:00:00,clock=vm \
    -display none -net none -no-reboot \
    -monitor none -serial "file:$work/serial" -kernel "$1" \
    -append "console=com1 dom0_mem=1024M" -initrd "$modules" </dev/null
tr -d '\r' <"$work/serial" | sed -n 's/^init: //p' >"$work/rows"
if ! grep -qx end "$work/rows"; then
    echo "boot-init: $1 did not get to the end of /init:" >&2
    tail -n 20 "$work/serial" >&2
    exit 1
fi
grep -vx end "$work/rows"

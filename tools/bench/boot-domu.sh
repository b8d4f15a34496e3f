#!/bin/sh
# SPDX-License-Identifier: MIT
#
# boot-domu.sh HYPERVISOR KERNEL INITRAMFS INIT GUESTS [MODULE]
#
# Boots Debian's kernel and the dom0 image in QEMU with -icount shift=0, lets
# Debian's xl create a guest with GUESTS' cloud kernel, a disk and a network
# interface, whose /init is INIT (init.c), and prints what that measured, as
# lines of a name and a number of instructions; and how many there were from the
# start of xl to the first one of the guest's /init.
# SPLIT=FILE: whose instructions those were, as lines of a name and how many of
# user programs, kernels and the hypervisor (split.c, built beside INIT).
set -u

[ $# -ge 5 ] || { sed -n '3,13s/^# \{0,1\}//p' "$0" >&2; exit 2; }
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
here=$(dirname "$0")

# archive FOLDER FILE
archive() {
    (cd "$1" && find . | sort |
        cpio -o -H newc --quiet --reproducible -R 0:0) >"$2" || exit 2
}

mkdir -p "$work/guest/modules" "$work/root/bench"
cp "$4" "$work/guest/init"
cp "$4" "$work/root/bench/init"
cp "$5/vmlinux-cloud-amd64" "$work/root/bench/vmlinux"
cp "$5"/root/lib/modules/*-cloud-amd64/kernel/drivers/*/xen-*front.ko \
    "$work/guest/modules" || exit 2
cp "$here/dom0-init" "$work/root/init"
archive "$work/guest" "$work/root/bench/initramfs"
archive "$work/root" "$work/overlay"
cat "$3" "$work/overlay" >"$work/initramfs" || exit 2

modules="$2 console=hvc0 earlyprintk=xen quiet,$work/initramfs${6:+,$6}"
plugin=${SPLIT:+-plugin $(dirname "$4")/split.so,out=$work/marks}
# shellcheck disable=SC2086 # two words, or none
timeout "${SECONDS_MAX:-900}" qemu-system-x86_64 -machine q35 -m 2048 -smp 1 \
    -cpu max,-smap,-smep -accel tcg,thread=single \
    -icount shift=0,sleep=off -rtc base=2026-01-01T00:00:00,clock=vm \
    -display none -net none -no-reboot \
    -monitor none -serial "file:$work/serial" -kernel "$1" $plugin \
    -append "console=com1 dom0_mem=1024M" -initrd "$modules" </dev/null
tr -d '\r' <"$work/serial" | sed -n 's/^.*init: //p' >"$work/rows"
if ! grep -qx end "$work/rows"; then
    echo "boot-domu: $1 did not get to the end:" >&2
    tail -n 40 "$work/serial" >&2
    exit 1
fi
# Between the marks of one row lie its instructions: the second of each pair.
[ -z "${SPLIT:-}" ] || {
    sed -n 's/^linux\.\([^ ]*\).*/guest.\1/p' "$work/rows" |
        sed '1i xl.create_to_init' >"$work/names"
    sed -n '2~2p' "$work/marks" | paste -d ' ' "$work/names" - |
        awk '{ print $1, $3, $4, $5 }' >"$SPLIT"
}
awk '$1 == "xl.create_start" { start = $2 }
    $1 == "boot.reset_to_init" { printf "xl.create_to_init %.0f\n", $2 - start }
    sub(/^linux\./, "guest.", $1) { print $1, $2 }' "$work/rows"
[ -z "${KEEP:-}" ] || cp "$work/serial" "$KEEP"

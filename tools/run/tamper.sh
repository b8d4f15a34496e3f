#!/bin/bash
# SPDX-License-Identifier: MIT
# Changes one byte of one component on an EFI disk image that mkdisk.sh made.
# The byte is chosen so that the machine still boots: only a measurement can
# tell.  Prints the component's file, the offset, and the byte before and after.
#
#   tools/run/tamper.sh IMAGE hypervisor|cmdline|policy|kernel|initrd|grubcfg
set -euo pipefail
export MTOOLS_SKIP_CHECK=1 LC_ALL=C

image=$1
component=$2

fail()
{
    echo "tamper: $*" >&2
    exit 1
}

# Where the byte is: AFTER bytes into the first place that has TEXT.
case $component in
hypervisor) # a letter of a message
    file=boot/hypervisor text='Vouch, loaded by' after=7 ;;
cmdline) # of the hypervisor: 64 CPUs at most, or 65
    file=grub/cmdline.cfg text='maxcpus=64' after=9 ;;
policy) # a letter of a type's name, that no label of the policy shows
    file=boot/policy text='guest_event_t' after=0 ;;
kernel) # a letter of the banner
    file=boot/vmlinux text='debian-kernel@lists.debian.org' after=0 ;;
initrd) # a letter of a comment in /init
    file=boot/initramfs text="# dom0's first process" after=2 ;;
grubcfg) # a letter of a comment
    file=grub/grub.cfg text='# What boots' after=2 ;;
*) fail "no such component: $component" ;;
esac

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mcopy -n -i "$image" "::$file" "$work/file"
at=$(grep -abo -m 1 -F -- "$text" "$work/file" | head -n 1 | cut -d : -f 1 || true)
[ -n "$at" ] || fail "$file does not have \"$text\""
at=$((at + after))
byte_at()
{
    od -An -v -tu1 -j "$at" -N 1 "$work/file" | tr -d ' '
}
before=$(byte_at)
# The lowest bit: a letter becomes its neighbour, a digit another digit.
after=$((before ^ 1))
printf "\\$(printf %o "$after")" |
    dd of="$work/file" bs=1 seek="$at" conv=notrunc status=none
[ "$(byte_at)" = "$after" ] || fail "$file was not changed"
mcopy -o -i "$image" "$work/file" "::$file"
printf '%s: byte %d of %s was 0x%02x, is 0x%02x\n' \
    "$component" "$at" "$file" "$before" "$after"

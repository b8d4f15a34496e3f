#!/bin/bash
# SPDX-License-Identifier: MIT
# Changes one byte of one component on an EFI disk image that mkdisk.sh made, or
# of the tenant's bundle on the guests' disk that mkdata.sh made.
# The byte is chosen so that the machine still boots: only a measurement can
# tell.  Prints the component's file, the offset, and the byte before and after.
#
#   tools/run/tamper.sh IMAGE COMPONENT [GUESTS_DISK]
# COMPONENT is hypervisor, cmdline, policy, kernel, initrd, grubcfg; launcher or
# vtpm, which are in dom0's initrd; guest-kernel, guest-initrd, guest-cmdline.
set -euo pipefail
export MTOOLS_SKIP_CHECK=1 LC_ALL=C

image=$1
component=$2
guests=${3:-}
bundle=/boot/tenant1.bundle

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
launcher) # a letter of a message
    file=boot/initramfs text='the hypervisor refuses the launch:' after=4 ;;
vtpm) # a letter of a message
    file=boot/initramfs text='state lost: nothing is stored' after=7 ;;
guest-kernel) # a letter of the banner
    file=$bundle text='debian-kernel@lists.debian.org' after=0 ;;
guest-initrd) # a letter of a comment in its script
    file=$bundle text='# attest DISK: the mailbox' after=2 ;;
guest-cmdline) # five seconds, or four
    file=$bundle text='quiet panic=5 vouch.run' after=12 ;;
*) fail "no such component: $component" ;;
esac

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
get()
{
    case $file in
    "$bundle") debugfs -R "dump $file $work/file" "$guests?offset=1048576" ;;
    *) mcopy -n -i "$image" "::$file" "$work/file" ;;
    esac 2>/dev/null
}
put()
{
    case $file in
    "$bundle")
        printf 'cd /boot\nrm %s\nwrite %s/file %s\n' "$file" "$work" \
            "${file##*/}" |
            debugfs -w -f - "$guests?offset=1048576" >/dev/null 2>&1
        ;;
    *) mcopy -o -i "$image" "$work/file" "::$file" ;;
    esac
}
get || fail "$file cannot be read"
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
put || fail "$file cannot be written"
printf '%s: byte %d of %s was 0x%02x, is 0x%02x\n' \
    "$component" "$at" "$file" "$before" "$after"

#!/bin/bash
# SPDX-License-Identifier: MIT
# Guests: Debian's generic and cloud kernels, packed and unpacked, 1 to 4
# vCPUs, 64 MiB to 2 GiB.
set -u
. tests/scenario/lib/tap.sh
. tests/scenario/lib/dom0.sh

DOM0_MEM=512M dom0_start guests -m 3072
tap "dom0 gives a shell" dom0_run true || tap_end
free=$(dom0_run 'xl info free_memory')

# guest NAME KERNEL VCPUS MIB REGEX [LINE...]
guest()
{
    local name=$1 kernel=$2 vcpus=$3 mib=$4 regex=$5 line more=
    shift 5
    for line in "$@"; do
        more="$more '$line'"
    done
    dom0_run "k='kernel=\"/guests/boot/$kernel\"'"
    prints "$name" '^Parsing' \
        "up guest1 \"\$k\" vcpus=$vcpus memory=$mib $more"
    prints "$name: what it sees" "^guest: Linux .* is up, $regex" \
        'cat $(log_of guest1)'
    prints "$name: no complaint" '^0$' \
        "grep -acE 'WARNING:|BUG:|Oops|Trace' \$(log_of guest1); true"
    dom0_run 'down guest1' >/dev/null
}
small='ramdisk="/guests/boot/small.cpio"'
guest "generic, unpacked" vmlinux-amd64 1 128 '1 vCPUs, [6-9][0-9] MiB'
guest "generic, XZ" vmlinuz-amd64 2 256 '2 vCPUs, 2[0-9]+ MiB'
guest "cloud, packed" vmlinuz-cloud-amd64 4 512 '4 vCPUs, 4[0-9]+ MiB'
guest "cloud, 76 MiB" vmlinux-cloud-amd64 1 76 '1 vCPUs, [0-9]+ MiB' "$small"
guest "2 GiB" vmlinux-cloud-amd64 3 2048 '3 vCPUs, (19|20)[0-9]+ MiB'

# A kernel that ends above 64 MiB does not go into 64 MiB: the domain builder
# says so, and leaves nothing behind.
fails "cloud, 64 MiB: too small for it" 'segment .* too large' \
    "xl create /etc/xen/guest1.cfg memory=64"
prints "memory is back" '' "memory_is_back $free"
prints "dom0's kernel has nothing to complain about" '^0$' \
    "dmesg | grep -cE 'WARNING:|BUG:|Oops|Call Trace|lockup|general prot'; true"
dom0_stop
tap_end

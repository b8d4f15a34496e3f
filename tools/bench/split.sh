#!/bin/sh
# SPDX-License-Identifier: MIT
#
# split.sh
#
# Whose instructions the workloads of a guest are: the programs' and kernels'
# own, or the hypervisor's; on Debian's Xen and on Vouch. The last column is the
# ratio that a hypervisor of no instructions at all would have: what Vouch is
# without its own, to all of Xen. Whole workloads are counted, in millions.
set -u

BUILD=${BUILD:-build}
here=$(dirname "$0")
dom0=$BUILD/dom0/amd64
dir=$(mktemp -d "${TMPDIR:-/tmp}/split.XXXXXX") || exit 2
trap 'rm -rf "$dir"' EXIT
trap 'exit 130' INT TERM

# split NAME HYPERVISOR [MODULE]
split() {
    echo "split: $1, a guest..." >&2
    SPLIT=$dir/$1 "$here/boot-domu.sh" "$2" "$dom0/vmlinux" \
        "$dom0/initramfs.cpio" "$BUILD/bench/init" "$BUILD/guests" \
        ${3:+"$3"} >/dev/null || exit 2
}

split xen "$BUILD/cache/xen-4.17"
split vouch "$BUILD/hv/vouch.elf" "$BUILD/policy/vouch-policy"
awk '
BEGIN {
    printf "%-21s %11s %11s %11s %11s %6s %6s %6s\n", "instructions",
        "Xen: rest", "hypervisor", "Vouch: rest", "hypervisor", "ratio",
        "of hv", "least"
}
FNR == NR { rest[$1] = ($2 + $3) / 1e6; hv[$1] = $4 / 1e6; next }
$1 in rest {
    r = ($2 + $3) / 1e6; h = $4 / 1e6
    printf "%-21s %11.1f %11.1f %11.1f %11.1f %6.2f %6.2f %6.2f\n", $1,
        rest[$1], hv[$1], r, h, (r + h) / (rest[$1] + hv[$1]), h / hv[$1],
        r / (rest[$1] + hv[$1])
}' "$dir/xen" "$dir/vouch"

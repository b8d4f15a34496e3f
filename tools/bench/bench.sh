#!/bin/sh
# SPDX-License-Identifier: MIT
#
# bench.sh [--json] [--xen-only]
#
# Boots the bench guest on Debian's Xen and on Vouch, policy enforcing, in the
# same QEMU with -icount shift=0 (one TSC tick is one instruction), and prints
# one table: row, Xen, Vouch, ratio, budget, ok or OVER; then the trusted
# lines of code and the size of the image against their limits.  Exit status:
# 0 all within budget, 1 something is over or a row is missing, 2 a boot
# failed.
set -u

BUILD=${BUILD:-build}
xen=$BUILD/cache/xen-4.17
vouch=$BUILD/hv/vouch.elf
guest=$BUILD/guest/bench.elf
dom0=$BUILD/dom0/amd64
here=$(dirname "$0")
json='' xen_only=''
for word; do
    case $word in
    --json) json=1 ;;
    --xen-only) xen_only=1 ;;
    *) sed -n '3,14s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
    esac
done

dir=$(mktemp -d "${TMPDIR:-/tmp}/bench.XXXXXX") || exit 2
trap 'rm -rf "$dir"' EXIT
trap 'exit 130' INT TERM

# measure NAME HYPERVISOR ARGS: the rows "row value" in $dir/NAME
measure() {
    echo "bench: $1..." >&2
    if ! "$here/boot-guest.sh" -i -t 300 \
        -p "$BUILD/policy/vouch-policy" -a "$3" "$2" "$guest" \
        >"$dir/$1.log" 2>&1; then
        echo "bench: the guest failed on $1:" >&2
        tail -n 30 "$dir/$1.log" >&2
        exit 2
    fi
    awk '$1 == "bench" { print $2, $3 }' "$dir/$1.log" >"$dir/$1"
}

# Entry to dom0's first instruction.  Xen stamps its first line with the TSC;
# Vouch's system time is 0 at its entry, and the guest reads that.
xen_entry() {
    sed -n 's/^(XEN) \[\([0-9a-f]*\)\] .*/\1/p' "$dir/xen.log" | head -n 1
}

# init NAME HYPERVISOR KERNEL [MODULE]: to the first instruction of /init, and
# the workloads that it measures
init() {
    echo "bench: $1, Debian's kernel as dom0..." >&2
    "$here/boot-init.sh" "$2" "$3" "$dom0/initramfs.cpio" \
        "$BUILD/bench/init" ${4:+"$4"} >"$dir/init" || exit 2
    cat "$dir/init" >>"$dir/$1"
}

# domu NAME HYPERVISOR [MODULE]: a guest by Debian's xl, and its workloads
domu() {
    echo "bench: $1, a guest..." >&2
    "$here/boot-domu.sh" "$2" "$dom0/vmlinux" "$dom0/initramfs.cpio" \
        "$BUILD/bench/init" "$BUILD/guests" ${3:+"$3"} >"$dir/domu" || exit 2
    cat "$dir/domu" >>"$dir/$1"
}

measure xen "$xen" "console_timestamps=raw"
init xen "$xen" "$dom0/vmlinuz"
domu xen "$xen"
first=$(awk '$1 == "boot.first_instruction_tsc" { print $2 }' "$dir/xen")
echo "boot.entry_to_dom0 $((first - 0x$(xen_entry)))" >>"$dir/xen"
if [ -z "$xen_only" ]; then
    measure vouch "$vouch" ""
    init vouch "$vouch" "$dom0/vmlinux" "$BUILD/policy/vouch-policy"
    domu vouch "$vouch" "$BUILD/policy/vouch-policy"
    awk '$1 == "boot.system_time" { print "boot.entry_to_dom0", $2 }' \
        "$dir/vouch" >"$dir/boot"
    cat "$dir/boot" >>"$dir/vouch"
    trusted=$(find hv xsm lib -name '*.[chS]' -o -name '*.def' | sort |
        xargs "$BUILD/bench/lines" | awk 'END { print $1 }')
    image=$(stat -c %s "$vouch")
else
    : >"$dir/vouch"
    trusted=0 image=0
fi

awk -v json="$json" -v lines="$trusted" -v image="$image" \
    -v xen_only="$xen_only" -v xen_file="$dir/xen" \
    -v vouch_file="$dir/vouch" '
function row(name, xen, vouch, budget,    verdict, ratio) {
    if (vouch == "" && !xen_only) {
        verdict = "MISSING"; bad = 1
    } else if (budget == "-" || vouch == "") {
        verdict = ""
    } else if (budget !~ /%$/ && vouch + 0 > budget + 0) {
        verdict = "OVER"; bad = 1
    } else {
        verdict = "ok"
    }
    ratio = "-"
    if (budget ~ /%$/ && xen != "" && vouch != "") {
        verdict = vouch * 100 > xen * (budget + 0) ? "OVER" : "ok"
        bad = bad || verdict == "OVER"
    }
    if (xen != "" && vouch != "" && xen > 0) {
        ratio = sprintf("%.2f", vouch / xen)
    }
    if (json) {
        printf "%s\n  {\"row\": \"%s\"", separator, name
        if (xen != "") printf ", \"xen\": %d", xen
        if (vouch != "") printf ", \"vouch\": %d", vouch
        if (budget != "-") printf ", \"budget\": \"%s\"", budget
        if (verdict != "") printf ", \"verdict\": \"%s\"", verdict
        printf "}"
        separator = ","
    } else {
        printf "%-31s %11s %11s %6s %11s %s\n", name,
            xen == "" ? "-" : xen, vouch == "" ? "-" : vouch, ratio,
            budget, verdict
    }
}
BEGIN {
    while ((getline line < xen_file) > 0) {
        split(line, field); of_xen[field[1]] = field[2]
    }
    while ((getline line < vouch_file) > 0) {
        split(line, field); of_vouch[field[1]] = field[2]
    }
    if (json) {
        printf "["
    } else {
        printf "%-31s %11s %11s %6s %11s\n", "instructions", "Xen 4.17",
            "Vouch", "ratio", "at most"
    }
}
/^#/ || NF < 2 { next }
{ row($1, of_xen[$1], of_vouch[$1], $2) }
END {
    if (!xen_only) {
        row("trusted lines of code", 51688, lines, 16000)
        row("image size, bytes", 2562652, image, 327680)
    }
    if (json) print "\n]"
    exit bad
}' "$here/budgets"

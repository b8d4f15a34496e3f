#!/bin/bash
# SPDX-License-Identifier: MIT
#
# vtpm.sh [--json] [pair] [many] [evidence]
#
# What guests' TPMs cost, as one table:
#   pair      a vTPM domain, its guest and their launches, twice (a TPM that is
#             made, one whose state is loaded), and commands from the guest: in
#             QEMU with -icount, counted by probe.c
#   many      COUNT (32) vTPM domains at once, each with a guest
#   evidence  CLIENTS (100) who ask vouchd at once, on this host (evidence.sh)
# Without a name all of them. KEEP=FOLDER keeps what was measured. Exit status:
# 0 all within budget, 1 something is over, 2 it could not be measured.
set -u
: "${BUILD:=build}" "${VOUCH:=$BUILD/host/vouch}"
: "${VTPM_BUNDLE:=$BUILD/vtpm/vtpm.bundle}"
export BUILD
. tests/scenario/lib/tap.sh
. tests/scenario/lib/dom0.sh
. tests/scenario/lib/withtpm.sh

here=$(dirname "$0")
json='' parts=()
for word; do
    case $word in
    --json) json=1 ;;
    pair | many | evidence) parts+=("$word") ;;
    *) sed -n '3,15s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
    esac
done
[ ${#parts[@]} -gt 0 ] || parts=(pair many evidence)

bench=${KEEP:-$BUILD/bench/vtpm}
mkdir -p "$bench"

failed()
{
    echo "bench: $*" >&2
    exit 2
}

# archive FOLDER FILE
archive()
{
    (cd "$1" && find . | sort |
        cpio -o -H newc --quiet --reproducible -R 0:0) >"$2"
}

# dom0's image with the guest's kernel and /init, bundled and not.
images()
{
    local guest=$bench/guest root=$bench/root
    rm -rf "$guest" "$root"
    mkdir -p "$guest/modules" "$root/bench"
    cp "$BUILD/bench/vtpm-guest" "$guest/init"
    cp "$BUILD/bench/vtpm-guest" "$here/vtpm-dom0" "$root/bench"
    cp "$BUILD"/guests/root/lib/modules/*-cloud-amd64/kernel/drivers/char/tpm/xen-tpmfront.ko \
        "$guest/modules" || return 1
    archive "$guest" "$root/bench/initramfs"
    cp "$BUILD/guests/vmlinux-cloud-amd64" "$root/bench/vmlinux"
    "$VOUCH" bundle make --kernel "$root/bench/vmlinux" \
        --initrd "$root/bench/initramfs" --cmdline "console=hvc0 quiet tpm" \
        -o "$root/bench/bundle" || return 1
    archive "$root" "$bench/overlay"
    cat "$BUILD/dom0/amd64/initramfs.cpio" "$bench/overlay" >"$bench/initramfs"
}

# place FILE SYMBOL: a line of probe.c's where=
place()
{
    local address offset at
    address=$(nm "$1" | awk -v name="$2" '$3 == name { print $1 }')
    [ -n "$address" ] || failed "$1 has no $2"
    read -r at offset < <(readelf -SW "$1" | sed 's/^ *\[ *[0-9]*\]//' |
        awk -v a="$address" '# As strings: 405e10 would be a number.
            $2 == "PROGBITS" && $3 !~ /^0*$/ && $3 "" <= a "" { at = $3; o = $4 }
            END { print at, o }')
    echo "at $2 $address $(tail -c +$((0x$address - 0x$at + 0x$offset + 1)) \
        "$1" | head -c 16 | od -An -v -tx1 | tr -d ' \n')"
}

# part NAME FIRST LAST: from one function of the hypervisor to another's end
part()
{
    nm -nS "$BUILD/hv/vouch1.elf64" | awk -v name="$1" -v first="$2" \
        -v last="$3" '$4 == first { from = $1 }
            $4 == last { print "part", name, from, $1, $2 }' |
        perl -ane 'printf "%s %s %s %x\n", @F[0 .. 2], hex($F[3]) + hex $F[4]'
}

places()
{
    local symbol
    place "$BUILD/vtpm/base.elf" kernel_start
    place "$BUILD/vtpm/base.elf" tpmback_do_serve
    for symbol in main open_begin setup_run TPMLIB_Process tpm_process \
        port_command port_respond; do
        place "$BUILD/bench/vtpm-program" "$symbol"
    done
    for symbol in do_vouch_op_launch launch_freeze_frames launch_hash_kernel \
        launch_hash_cmdline launch_record_it launch_take_window launch_place_rest \
        launch_start do_vouch_op_state_key do_vouch_op_identity; do
        place "$BUILD/hv/vouch1.elf64" "$symbol"
    done
    part sha256 hash_block sha256_of
    part tpm tis_transfer tpm_write32
    part tpm_delay tpm_delay_us tpm_delay_us
    part idle idle_wait idle_wait
}

measure_pair()
{
    images || failed "no images"
    places >"$bench/places"
    export DOM0_MEM=768M DOM0_BOOT=900 DOM0_TIMEOUT=900
    dom0_limit=3000
    WITHTPM_QEMU="-plugin $BUILD/bench/probe.so,out=$bench/probe,where=$bench/places"
    withtpm_start bench-vtpm -i -r "$bench/initramfs" ||
        failed "dom0 with a TPM does not start"
    dom0_run '. /bench/vtpm-dom0'
    {
        dom0_run 'pair made'
        dom0_run plain
        dom0_run 'pair loaded'
    } | tee "$bench/pair.log" | sed -n 's/^.*init: //p' >"$bench/pair"
    withtpm_stop
}

measure_many()
{
    export DOM0_MEM=1024M DOM0_BOOT=400 DOM0_TIMEOUT=900
    [ -f "$bench/initramfs" ] || images || failed "no images"
    WITHTPM_QEMU=
    withtpm_start bench-many -m 3072 -r "$bench/initramfs" ||
        failed "dom0 with a TPM does not start"
    dom0_run '. /bench/vtpm-dom0'
    dom0_run "many ${COUNT:-32}" | tee "$bench/many.log" |
        sed -n 's/^.*init: //p' >"$bench/many"
    withtpm_stop
}

for part in "${parts[@]}"; do
    echo "bench: $part..." >&2
    case $part in
    pair) measure_pair ;;
    many) measure_many ;;
    evidence) "$here/evidence.sh" "${CLIENTS:-100}" >"$bench/evidence" ||
        failed "no evidence" ;;
    esac
done
"$here/vtpm-report" ${json:+--json} "$bench" "${parts[@]}"

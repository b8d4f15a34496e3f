#!/bin/bash
# SPDX-License-Identifier: MIT
# Bad input, each kind alone: the hypervisor ends with exactly one line that
# says what is wrong and where, or says what it does instead and goes on to a
# small guest kernel that powers off. Nothing panics.
set -u
. tests/scenario/lib/tap.sh
. tests/scenario/lib/run.sh
. tests/scenario/lib/early.sh

kernel=$BUILD/guest/hypercalls.elf
policy=$BUILD/policy/vouch-policy
bad=$early/files
usual="console=com1 noreboot"
mkdir -p "$bad"

# change IN OUT OFFSET BYTE
change()
{
    cp "$1" "$2"
    printf "\\x$4" | dd of="$2" bs=1 seek="$3" conv=notrunc status=none
}

# In the first PT_LOAD's program header, the 8 bytes at FIELD become VALUE.
change_segment()
{
    perl -0777 -pe 'BEGIN { ($field, $value) = splice @ARGV, 0, 2 }
        my $at = unpack("Q<", substr($_, 32, 8));
        substr($_, $at + $field, 8) = pack("Q<", hex $value);' \
        "$3" "$4" "$1" >"$2"
}

# The note that says where the kernel wants to be: at the hypervisor.
change_base()
{
    perl -0777 -pe 's/(\x03\0\0\0Xen\0)\0\0\0\x80\xff\xff\xff\xff
        /$1\0\0\0\0\0\x80\xff\xff/x or die' "$1" >"$2"
}

make_files()
{
    local size
    size=$(stat -c %s "$policy")
    head -c $((size / 2)) "$policy" >"$bad/policy-half"
    head -c $((size - 1)) "$policy" >"$bad/policy-almost"
    (cat "$policy" && echo) >"$bad/policy-more"
    change "$policy" "$bad/policy-magic" 0 00
    change "$policy" "$bad/policy-middle" 4000 ff
    change "$policy" "$bad/policy-version" 16 63
    head -c 65536 /dev/urandom >"$bad/junk"
    head -c 20000 "$kernel" >"$bad/kernel-cut"
    head -c 40 "$kernel" >"$bad/kernel-head"
    change "$kernel" "$bad/kernel-class" 4 01
    change_segment "$kernel" "$bad/kernel-offset" 8 ffffffffffffff00
    change_segment "$kernel" "$bad/kernel-address" 24 ffff800080000000
    change_segment "$kernel" "$bad/kernel-memory" 40 7fffffffffff
    change_base "$kernel" "$bad/kernel-window"
    truncate -s 100M "$bad/initrd"
    echo junk >"$bad/table"
}

# refuses NAME WHAT CMDLINE MODULES [QEMU ARGUMENT...]
refuses()
{
    tap "$1" early_boot "$1" "^\\(vouch\\).* refused: $2" "${@:3}"
    tap "$1: that is the only complaint" early_refusals "$1"
}

# goes_on NAME WHAT CMDLINE MODULES [QEMU ARGUMENT...]
goes_on()
{
    tap "$1: boots all the same" early_boot "$1" \
        '^\(vouch\).* dom0 shut down: power off' "${@:3}"
    tap_has "$1: says so" "$early/$1.serial" "^\\(vouch\\).*$2"
    tap_has_not "$1: no panic" "$early/$1.serial" '(panic|PANIC)'
}

make_files

refuses no-module "no module: dom0's kernel" "$usual" ""
refuses no-policy "no policy among" "$usual" "$kernel"
refuses policy-half "policy: .*at offset [0-9]+" "$usual" \
    "$kernel,$bad/policy-half"
refuses policy-almost "policy: .*at offset [0-9]+" "$usual" \
    "$kernel,$bad/policy-almost"
refuses policy-more "policy: .*at offset [0-9]+" "$usual" \
    "$kernel,$bad/policy-more"
refuses policy-magic "no policy among" "$usual" "$kernel,$bad/policy-magic"
refuses policy-middle "policy: .*at offset [0-9]+" "$usual" \
    "$kernel,$bad/policy-middle"
refuses policy-version "policy: .*version" "$usual" \
    "$kernel,$bad/policy-version"

refuses kernel-junk "dom0 kernel: not an ELF file" "$usual" "$bad/junk,$policy"
refuses kernel-policy "dom0 kernel: not an ELF file" "$usual" \
    "$policy,$policy"
for what in cut head offset; do
    refuses "kernel-$what" "dom0 kernel: file ends inside" "$usual" \
        "$bad/kernel-$what,$policy"
done
refuses kernel-class "dom0 kernel: " "$usual" "$bad/kernel-class,$policy"
for what in address memory; do
    refuses "kernel-$what" "dom0 kernel: .*end of the address space" \
        "$usual" "$bad/kernel-$what,$policy"
done
refuses kernel-window "dom0 kernel: .*hypervisor's address range" "$usual" \
    "$bad/kernel-window,$policy"

refuses initrd-large "dom0: kernel and initrd do not fit" \
    "$usual dom0_mem=64M" "$kernel,$bad/initrd,$policy"
MEM=128 refuses memory-little "too little memory: 127 MiB" "$usual" \
    "$kernel,$policy"
refuses dom0-little "too little memory for dom0" "$usual dom0_mem=1M" \
    "$kernel,$policy"
goes_on dom0-much "dom0_mem: only [0-9]+ MiB" "$usual dom0_mem=4G" \
    "$kernel,$policy"

refuses word-unknown 'command line: unknown word: "xyzzy"' "$usual xyzzy" \
    "$kernel,$policy"
refuses word-value 'command line: .*"policy=maybe"' "$usual policy=maybe" \
    "$kernel,$policy"
refuses word-twice 'command line: word given twice: "noreboot"' \
    "$usual noreboot" "$kernel,$policy"
refuses word-range 'command line: .*"dom0_max_vcpus=33"' \
    "$usual dom0_max_vcpus=33" "$kernel,$policy"

CPU=qemu32 tap "a CPU without long mode" early_boot cpu-32 \
    '^\(vouch\) refused: this CPU has no long mode' "$usual" "$kernel,$policy"
goes_on acpi-table "ACPI: table TPM2 at [0-9a-f]+ ignored: .*at offset" \
    "$usual" "$kernel,$policy" -acpitable "sig=TPM2,data=$bad/table"
goes_on tpm-none "TPM: none; measured=no" "$usual" "$kernel,$policy"

tap_end

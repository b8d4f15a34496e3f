#!/bin/bash
# SPDX-License-Identifier: MIT
# vouch bundle on Debian's kernels: what is shown are the digests of the plain
# files, from plain files, from a unified kernel image, and stored unpacked.
set -u
BUILD=${BUILD:-build}
vouch=$BUILD/host/vouch
guests=$BUILD/guests
stub=/usr/lib/grub/x86_64-efi/monolithic/grubx64.efi
cmdline="console=hvc0 quiet"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

number=0
failed=0
result() { # STATUS NAME [FILE]: 0 is ok; FILE is shown otherwise
    number=$((number + 1))
    if [ "$1" -eq 0 ]; then
        echo "ok $number - $2"
    else
        echo "not ok $number - $2"
        [ $# -gt 2 ] && sed 's/^/# /' "$3"
        failed=1
    fi
}

digest() { sha256sum | cut -c 1-64; }

# has BUNDLE KERNEL INITRD CMDLINE: does it show the digests of these?
has() {
    "$vouch" bundle show "$1" >"$work/out" 2>&1 &&
        grep -o 'sha256:.*' "$work/out" >"$work/shown" &&
        printf 'sha256:%s\n' "$(digest <"$2")" "$(digest <"$3")" \
            "$(printf %s "$4" | digest)" | diff - "$work/shown" >>"$work/out"
}

for flavour in amd64 cloud-amd64; do
    "$vouch" bundle make --kernel "$guests/vmlinuz-$flavour" \
        --initrd "$guests/small.cpio" --cmdline "$cmdline" \
        -o "$work/packed" 2>"$work/out" &&
        has "$work/packed" "$guests/vmlinux-$flavour" "$guests/small.cpio" \
            "$cmdline"
    result $? "$flavour: the digests of the plain files" "$work/out"
done

"$vouch" bundle make --kernel "$guests/vmlinuz-amd64" --stored \
    -o "$work/stored" 2>"$work/out" &&
    has "$work/stored" "$guests/vmlinux-amd64" /dev/null "" &&
    tail -c +4097 "$work/stored" |
    cmp -n "$(stat -c %s "$guests/vmlinux-amd64")" - "$guests/vmlinux-amd64"
result $? "stored unpacked it is the same kernel" "$work/out"

# Two initrds one behind the other, the second at a multiple of four.
printf 'abcde' >"$work/one"
printf 'fgh' >"$work/two"
printf 'abcde\0\0\0fgh' >"$work/both"
"$vouch" bundle make --kernel "$guests/vmlinux-amd64" --initrd "$work/one" \
    --initrd "$work/two" >"$work/two.bundle" 2>"$work/out" &&
    has "$work/two.bundle" "$guests/vmlinux-amd64" "$work/both" ""
result $? "several initrds, to standard output" "$work/out"

"$vouch" bundle show --json "$work/packed" >"$work/out" 2>&1 &&
    grep -q "\"sha256\": \"$(digest <"$guests/small.cpio")\"" "$work/out" &&
    grep -q "\"text\": \"$cmdline\"" "$work/out"
result $? "the same as JSON" "$work/out"

# unified FILE [SECTION=FILE]...: a PE image with these sections.
unified() {
    local file=$1 section address=0x10000000
    shift
    local arguments=()
    for section in "$@"; do
        arguments+=(--add-section "$section"
            --change-section-vma "${section%%=*}=$address")
        address=$((address + 0x8000000))
    done
    objcopy "${arguments[@]}" "$stub" "$file" 2>"$work/objcopy"
}
printf '%s\n\0' "$cmdline" >"$work/cmdline"
unified "$work/uki" ".linux=$guests/vmlinuz-amd64" \
    ".initrd=$guests/small.cpio" ".cmdline=$work/cmdline" &&
    "$vouch" bundle make --uki "$work/uki" -o "$work/of-uki" 2>"$work/out" &&
    "$vouch" bundle make --kernel "$guests/vmlinuz-amd64" \
        --initrd "$guests/small.cpio" --cmdline "$cmdline" \
        -o "$work/of-files" 2>>"$work/out" &&
    cmp "$work/of-uki" "$work/of-files" >>"$work/out" 2>&1
result $? "a unified kernel image gives the bundle of its files" "$work/out"

unified "$work/bare" ".linux=$guests/vmlinuz-amd64" &&
    "$vouch" bundle make --uki "$work/bare" --cmdline "$cmdline" \
        -o "$work/of-bare" 2>"$work/out" &&
    has "$work/of-bare" "$guests/vmlinux-amd64" /dev/null "$cmdline"
result $? "a command line where the image has none" "$work/out"

# refused STATUS MESSAGE ARGUMENT...: and leaves no file.
refused() {
    local status=$1 message=$2
    shift 2
    "$vouch" bundle "$@" >"$work/out" 2>&1
    [ $? -eq "$status" ] && grep -qF -- "$message" "$work/out" &&
        [ ! -e "$work/none" ]
    result $? "refused: $message" "$work/out"
}
kernel=$guests/vmlinuz-amd64
refused 1 'is not a bzImage' make --kernel /etc/passwd -o "$work/none"
refused 1 'is not a well-formed PE image' make --uki /etc/passwd -o "$work/none"
refused 1 'has no section .linux' make --uki "$stub" -o "$work/none"
refused 1 'has a command line of its own' make --uki "$work/uki" \
    --cmdline other -o "$work/none"
refused 1 'cannot read' make --kernel "$work/none" -o "$work/none"
refused 2 'usage:' make --uki "$work/uki" --kernel "$kernel" \
    --initrd "$work/one" -o "$work/none"
refused 2 'usage:' make --initrd "$work/one" -o "$work/none"
refused 2 'not printable' make --kernel "$kernel" --cmdline $'a\nb' \
    -o "$work/none"
refused 2 'is not a bundle' show /etc/passwd
head -c 100000 "$work/packed" >"$work/cut"
refused 2 "is not as long as" show "$work/cut"
refused 2 'usage: vouch bundle show' other

echo "1..$number"
exit $failed

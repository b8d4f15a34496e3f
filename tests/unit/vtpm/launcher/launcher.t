#!/bin/bash
# SPDX-License-Identifier: MIT
# The launcher hands over what `vouch bundle show` says that it will, for
# Debian's kernels as they come and repacked with the host's tools; and the
# program itself, on a kernel that has none of its calls, says so and fails.
set -u
BUILD=${BUILD:-build}
vouch=$BUILD/host/vouch
fake=$BUILD/host/launcher-fake
guests=$BUILD/guests
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

# agrees NAME KERNEL OPTION...: a bundle of it, shown and launched
agrees() {
    local name=$1 kernel=$2
    shift 2
    "$vouch" bundle make --kernel "$kernel" --initrd "$guests/small.cpio" \
        --cmdline "console=hvc0" "$@" -o "$work/bundle" 2>"$work/out" &&
        "$vouch" bundle show "$work/bundle" | grep -o 'sha256:.*' \
            >"$work/shown" &&
        "$fake" "$work/bundle" >"$work/said" 2>>"$work/out" &&
        grep '^sha256:' "$work/said" | diff "$work/shown" - >>"$work/out" &&
        [ "$(wc -l <"$work/shown")" -eq 3 ]
    result $? "$name" "$work/out"
}

# repacked FILE PACKER...: a bzImage of the file, packed by this filter
repacked() {
    local file=$1 size
    shift
    size=$(stat -c %s "$file")
    le32() {
        printf "$(printf '\\x%02x\\x%02x\\x%02x\\x%02x' $(($1 & 255)) \
            $(($1 >> 8 & 255)) $(($1 >> 16 & 255)) $(($1 >> 24)))"
    }
    "$@" <"$file" >"$work/payload"
    # gzip's own last four bytes are the size field; the others need one.
    [ "$1" = gzip ] || le32 "$size" >>"$work/payload"
    {
        head -c $((0x1f1)) /dev/zero
        printf '\x04'
        head -c $((0x202 - 0x1f2)) /dev/zero
        printf 'HdrS\x0f\x02'
        head -c $((0x248 - 0x208)) /dev/zero
        le32 0
        le32 "$(stat -c %s "$work/payload")"
        head -c $((5 * 512 - 0x250)) /dev/zero
        cat "$work/payload"
    } >"$work/vmlinuz"
}

for flavour in amd64 cloud-amd64; do
    agrees "$flavour as it comes" "$guests/vmlinuz-$flavour"
    agrees "$flavour stored" "$guests/vmlinuz-$flavour" --stored
done
for packer in "gzip -1c" "xz -0c --check=crc32" "zstd -1c" "lz4 -1lc"; do
    # shellcheck disable=SC2086 # a command and its options
    repacked "$guests/vmlinux-amd64" $packer
    agrees "packed by ${packer%% *}" "$work/vmlinuz"
done

# That a difference would be seen: another bundle's digests.
"$vouch" bundle make --kernel "$guests/vmlinux-amd64" -o "$work/other" &&
    "$fake" "$work/other" | grep '^sha256:' >"$work/said"
[ "$(wc -l <"$work/said")" -eq 3 ] &&
    ! diff "$work/shown" "$work/said" >/dev/null
result $? "another bundle has other digests"

"$fake" /etc/passwd >"$work/out" 2>&1
[ $? -eq 1 ] && grep -q '^launcher: the ramdisk is not a bundle' "$work/out"
result $? "a ramdisk that is no bundle" "$work/out"

"$BUILD/vtpm/launcher" >"$work/out" 2>&1
[ $? -eq 1 ] && grep -q '^launcher: the ramdisk cannot be had: ' "$work/out"
result $? "the program on Linux itself" "$work/out"

echo "1..$number"
exit $failed

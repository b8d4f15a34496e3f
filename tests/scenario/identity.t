#!/bin/bash
# SPDX-License-Identifier: MIT
#
# The keys of a guest's TPM (tests/guest/identity.c): first the guest says what
# its keeper's image is; then the hypervisor is told that image by vtpm=, without
# and with a TPM, and it may record what it may record.
set -u
build=${BUILD:-build}
work=$(mktemp -d "${TMPDIR:-/tmp}/identity.XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT
number=0 failed=0

# boot NAME OPTION... -- GUEST-WORD...: its points, numbered anew
boot() {
    local name=$1 options=() status
    shift
    while [ "$1" != -- ]; do
        options+=("$1")
        shift
    done
    shift
    tools/bench/boot-guest.sh -t 120 -s 2 -p "$build/policy/vouch-policy" \
        "${options[@]}" "$build/hv/vouch.elf" "$build/guest/identity.elf" "$@" \
        >"$work/log" 2>&1
    status=$?
    while read -r line; do
        number=$((number + 1))
        case $line in
        "not ok"*) failed=1; echo "not ok $number - $name: ${line#*- }" ;;
        *) echo "ok $number - $name: ${line#*- }" ;;
        esac
    done < <(grep -E '^(not )?ok [0-9]' "$work/log")
    number=$((number + 1))
    if [ "$status" -eq 0 ]; then
        echo "ok $number - $name: ran to its end"
    else
        echo "not ok $number - $name: ran to its end ($status)"
        tail -n 30 "$work/log" | sed 's/^/#   /'
        failed=1
    fi
}

boot "no image is known" --
# What vtpm= wants: SHA-256 over the digests that the keeper was launched with.
image=$(sed -n 's/^# image //p' "$work/log")
# shellcheck disable=SC2059 # the format is the bytes
vtpm=$(printf "$(sed 's/../\\x&/g' <<<"$image")" | sha256sum | cut -d' ' -f1)
boot "no TPM" -a "vtpm=$vtpm" -- known
boot "another image" -T -a "vtpm=$(printf '%064d' 1)" -- tpm
boot "a TPM" -T -a "vtpm=$(printf '%064d' 1) vtpm=$vtpm" -- known tpm
echo "1..$number"
exit $failed

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

# The digest that vtpm= wants, of what the last boot said. A machine with a TPM
# has other frames, which the keeper's image tells.
image() {
    local digests
    digests=$(sed -n 's/^# image //p' "$work/log")
    # shellcheck disable=SC2059 # the format is the bytes
    printf "$(sed 's/../\\x&/g' <<<"$digests")" | sha256sum | cut -d' ' -f1
}

boot "no image is known" --
vtpm=$(image)
boot "no TPM" -a "vtpm=$vtpm" -- known
boot "another image" -T -a "vtpm=$vtpm" -- tpm
boot "a TPM" -T -a "vtpm=$(image)" -- known tpm
echo "1..$number"
exit $failed

#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Boots every in-guest test (tests/guest/*.c) as dom0 on Vouch and passes its
# test points on, numbered anew.  HYPERVISOR=file runs them on another one:
# what they claim about the ABI is checked against Xen by `make guest-oracle`.
# A guest that ends early, or never says "# result: pass", is a failure.
set -u

BUILD=${BUILD:-build}
hypervisor=${HYPERVISOR:-$BUILD/hv/vouch.elf}
log=$(mktemp "${TMPDIR:-/tmp}/guest.XXXXXX") || exit 1
trap 'rm -f "$log"' EXIT
trap 'exit 130' INT TERM

count=0
point() {
    count=$((count + 1))
    echo "$1 $count - $2"
}

# boot OPTION...: its output is in $log
boot() {
    tools/bench/boot-guest.sh -t 120 -p "$BUILD/policy/vouch-policy" "$@" \
        >"$log" 2>&1
}

# finish STATUS WHAT: the point that the guest ended as it should
finish() {
    if [ "$1" -eq 0 ]; then
        point ok "$2"
    else
        point "not ok" "$2 (status $1)"
        tail -n 40 "$log" | sed 's/^/#   /'
    fi
}

for source in tests/guest/*.c; do
    name=$(basename "$source" .c)
    guest=$BUILD/guest/$name.elf
    # " * Runner: -s 2" in a test's head says what machine it needs, and
    # " * Cases: 1 2" that it must be killed in each of these.
    # " * Only: vouch" marks what is about us and says nothing of Xen.
    if grep -q '^ \* Only: vouch' "$source" &&
        grep -aq '(XEN)' "$hypervisor"; then
        count=$((count + 1))
        echo "ok $count # SKIP $name: is about Vouch, this is Xen"
        continue
    fi
    options=$(sed -n 's/^ \* Runner: //p' "$source")
    cases=$(sed -n 's/^ \* Cases: //p' "$source")
    for case in $cases; do
        boot -k "$hypervisor" "$guest" "case=$case"
        finish $? "$name: case $case ends the domain, and only that"
    done
    if [ -n "$cases" ]; then
        continue
    fi
    # shellcheck disable=SC2086 # options are words
    boot $options "$hypervisor" "$guest"
    status=$?
    sed -n 's/^ok \([0-9]*\) - /ok /p; s/^not ok \([0-9]*\) - /not_ok /p
        s/^ok \([0-9]*\) # SKIP /skip /p; s/^#   */# /p' "$log" >"$log.points"
    while read -r verdict text; do
        case $verdict in
        ok) point ok "$name: $text" ;;
        not_ok) point "not ok" "$name: $text" ;;
        skip) count=$((count + 1)); echo "ok $count # SKIP $name: $text" ;;
        *) echo "$verdict $text" ;;
        esac
    done <"$log.points"
    rm -f "$log.points"
    finish "$status" "$name: ran to its end"
done
echo "1..$count"

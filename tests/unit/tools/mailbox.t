#!/bin/bash
# SPDX-License-Identifier: MIT
# The two sides of the mailbox disk, tools/run/lib/mailbox.sh and
# dom0/lib/mailbox.sh, on one file: what one leaves, the other finds whole, also
# when it is written in pieces; and nobody waits for what will not come.
set -u
cd "$(dirname "$0")/../../.." || exit 1
. tests/scenario/lib/tap.sh
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
here=tools/run/lib/mailbox.sh there=dom0/lib/mailbox.sh

# Each side in a shell of its own. The other machine reads a disk past the page
# cache, which not every file system has.
here() # COMMAND...
{
    (. "$here" && "$@")
}
there() # COMMAND...
{
    (
        . "$there"
        mailbox=$work/box
        mailbox_read()
        {
            dd if="$mailbox" bs=4096 skip="$1" count="$2" 2>/dev/null
        }
        "$@"
    )
}

# A line at a time.
in_pieces()
{
    (
        . "$here"
        (echo one && sleep 0.2 && echo two) | mailbox_put "$work/box" 16
    )
    dd if="$work/box" bs=512 skip=16 count=1 status=none | tr -d '\0'
}

here mailbox_new "$work/box" c0ffee "checks=disk smp" tenants=1
tap_is "the nonce" "$(there mailbox_nonce)" c0ffee
tap_is "checks" "$(there mailbox_checks)" "disk smp"
tap_is "tenants" "$(there mailbox_tenants)" 1
tap_is "no guests" "$(there mailbox_guests)" ""
tap_is "there is no reply yet" \
    "$(here mailbox_open "$work/box" "$work/reply"; echo $?)" 1
tap_is "a block that comes in pieces is one" "$(in_pieces)" $'one\ntwo'

tap_is "nothing comes: nothing is taken" \
    "$(there mailbox_wait_for_secret "$work/taken" 1; echo $?)" 1
yes "a secret" | head -c 5000 >"$work/secret"
here mailbox_answer "$work/box" "$work/secret"
tap "a secret is taken" there mailbox_wait_for_secret "$work/taken" 1
tap "it is the same" cmp "$work/secret" "$work/taken"
printf x | dd of="$work/box" bs=1 seek=$((4104 * 512)) conv=notrunc status=none
tap_is "one that is not whole is not" \
    "$(there mailbox_wait_for_secret "$work/taken" 1; echo $?)" 1

here mailbox_refuse "$work/box"
started=$SECONDS
tap_is "a refusal is told" \
    "$(there mailbox_wait_for_secret "$work/taken" 60; echo $?)" 1
tap "at once" [ $((SECONDS - started)) -lt 30 ]
tap_end

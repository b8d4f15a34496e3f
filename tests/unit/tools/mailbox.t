#!/bin/bash
# SPDX-License-Identifier: MIT
# The two sides of the mailbox disk, tools/run/lib/mailbox.sh and
# dom0/lib/mailbox.sh, on one file: what one leaves, the other finds whole, also
# when it is written in pieces; and nobody waits for what will not come. What a
# reply can leave on this side is files, no larger than it and not many.
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

# ---- replies ----
replies() # TAR: as a machine may that is not ours; whether it is taken
{
    {
        printf 'vouch-reply 1\nsize=%s\nsha256=%s\n' "$(stat -c %s "$1")" \
            "$(sha256sum <"$1" | cut -d ' ' -f 1)"
    } >"$work/header"
    (. "$here" && mailbox_put "$work/box" 8 <"$work/header" &&
        mailbox_put "$work/box" 16 <"$1")
    here mailbox_open "$work/box" "$work/reply" 2>/dev/null
    echo $?
}
left() # what it left, by kind and name
{
    find "$work/reply" -mindepth 1 ! -name reply.tar -printf '%y %P\n' | sort
}

mkdir -p "$work/sent/folder"
echo word >"$work/sent/folder/file"
tar -c -f "$work/plain.tar" -C "$work/sent" .
tap_is "a reply is taken" "$(replies "$work/plain.tar")" 0
tap_is "with its files" "$(left)" $'d folder\nf folder/file'
mkfifo "$work/sent/fifo"
ln -s /etc/passwd "$work/sent/link"
ln -s folder "$work/sent/near"
tar -c -f "$work/kinds.tar" -C "$work/sent" .
tap_is "one with links and a FIFO" "$(replies "$work/kinds.tar")" 0
tap_is "leaves files and folders only" "$(left)" $'d folder\nf folder/file'
rm -r "$work/sent"
mkdir "$work/sent"
truncate -s 100M "$work/sent/large"
tar -c -z -f "$work/compressed.tar" -C "$work/sent" .
tap_is "what is compressed is refused" "$(replies "$work/compressed.tar")" 1
tap_is "and not decompressed" "$(left)" ""
tar -c -S -f "$work/holes.tar" -C "$work/sent" .
tap_is "what is mostly holes is refused" "$(replies "$work/holes.tar")" 1
tap "and stays small" [ "$(du -s --apparent-size "$work/reply" | cut -f 1)" \
    -lt 10000 ]
rm "$work/sent/large"
(cd "$work/sent" && seq 2000 | xargs touch)
tar -c -f "$work/many.tar" -C "$work/sent" .
tap_is "very many files are refused" "$(replies "$work/many.tar")" 1
tap_is "before there is one" "$(left)" ""

here mailbox_refuse "$work/box"
started=$SECONDS
tap_is "a refusal is told" \
    "$(there mailbox_wait_for_secret "$work/taken" 60; echo $?)" 1
tap "at once" [ $((SECONDS - started)) -lt 30 ]
tap_end

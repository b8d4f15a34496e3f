#!/bin/bash
# SPDX-License-Identifier: MIT
# Guests' disks: of each kind, written in one life and verified in the next,
# through flush and through a hard destroy; read-only; discard. One of them is
# labelled as dom0's, which is not taken for it, and no link of dom0's is followed.
set -u
. tests/scenario/lib/tap.sh
. tests/scenario/lib/dom0.sh

labelled=$BUILD/scenario/disks.img
cp --sparse=always "$BUILD/guests/disk.img" "$labelled"
start=$(sfdisk -d "$labelled" | sed -n 's/^[^ ]*img2 : start= *\([0-9]*\),.*/\1/p')
mke2fs -q -t ext4 -L vouch-guests -F -E "offset=$((start * 512))" "$labelled" 64M
dom0_start disks -s 1 -d "$labelled"
tap "dom0 gives a shell" dom0_run true || tap_end
prints "what a guest may label is not dom0's" \
    '^/dev/vda1 on /guests .*nosuid.*nosymfollow' mount
fails "no link there is followed" 'symbolic links' \
    'ln -s /etc/passwd /guests/link; cat /guests/link'
free=$(dom0_run 'xl info free_memory')

# disk NAME LINE: written and flushed in a life that ends the hard way, read in
# the next.
disk()
{
    dom0_run "d='$2'"
    dom0_run 'up guest1 "$d"' >/dev/null
    dom0_run 'in_guest guest1 "disk-write /dev/xvda 16 $$" >w; cat w' \
        >/dev/null
    dom0_run 'down guest1; up guest1 "$d"' >/dev/null
    prints "$1: what was flushed outlives xl destroy" '^same$' \
        'r=$(in_guest guest1 "disk-read /dev/xvda 16")
same "$(awk "{print \$3}" w)" "$(echo "$r" | awk "{print \$3}")"'
    prints "$1: it was written" '^disk: wrote [0-9a-f]{64}$' 'cat w'
}
disk "phy" 'disk=["phy:/dev/disk/guest1,xvda,w"]'
prints "phy: discard" '^[1-9]' \
    'in_guest guest1 "cat /sys/block/xvda/queue/discard_max_bytes"'
dom0_run 'down guest1' >/dev/null
file='format=raw,vdev=xvda,access=rw,script=block'
disk "file" "disk=[\"$file,target=/guests/disks/file1.img\"]"
prints "file: the loop device" '^/dev/loop[0-9]+: .*file1' 'losetup -a'
dom0_run 'down guest1' >/dev/null
becomes "file: no loop device is left" '^0$' 'losetup -a | wc -l'

dom0_run "d='disk=[\"phy:/dev/disk/guest1,xvda,r\"]'"
prints "a read-only disk" '^Parsing' 'up guest1 "$d"'
prints "can be read" '^disk: read [0-9a-f]{64}' \
    'in_guest guest1 "disk-read /dev/xvda 1"'
prints "and not written" '^1$' 'in_guest guest1 "cat /sys/block/xvda/ro"'
prints "by nobody" '^exit [1-9]' \
    'in_guest guest1 "dd if=/dev/zero of=/dev/xvda count=1; echo exit \$?"'
dom0_run 'down guest1' >/dev/null

prints "memory is back" '' "memory_is_back $free"
prints "dom0's kernel has nothing to complain about" '^0$' \
    "dmesg | grep -cE 'WARNING:|BUG:|Oops|Call Trace|lockup|general prot'; true"
dom0_stop
rm "$labelled"
tap_end

#!/bin/bash
# SPDX-License-Identifier: MIT
# What dom0 makes of disks that others wrote: which is the guests', whatever
# labels guests write, with a /sys and a /dev that are only files; and what it
# keeps on that disk goes into files of that disk, wherever links lead.
set -u
cd "$(dirname "$0")/../../../.." || exit 1
. tests/scenario/lib/tap.sh
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# dom0's own shell and programs, where they are built already.
busybox=${BUILD:-build}/dom0/amd64/root/bin/busybox
shell=(bash)
[ ! -x "$busybox" ] || shell=("$busybox" sh)

# dom0 FILE COMMAND...: a command of dom0/lib/FILE.
dom0()
{
    disks_sys=$work/sys disks_dev=$work/dev "${shell[@]}" -c \
        '. "dom0/lib/$0" && "$@"' "$@"
}

# ---- which disk is for what ----
disk() # NAME [FILE, SERIAL]: as virtio, NVMe or SCSI tell it
{
    mkdir -p "$work/sys/block/$1/device"
    [ $# = 1 ] || printf '%s' "$3" >"$work/sys/block/$1/$2"
}
label() # PARTITION LABEL
{
    truncate -s 1M "$work/dev/$1"
    mke2fs -q -F -t ext2 -L "$2" "$work/dev/$1"
}
anew()
{
    rm -rf "$work/sys" "$work/dev"
    mkdir -p "$work/sys/block" "$work/dev"
}
guests()
{
    dom0 disks.sh disks_guests
}

anew
tap_is "no disk, no guests' disk" "$(guests; echo $?)" 1
disk vda serial $'\n'
disk vdb serial $'tenant1\n'
disk vdc serial $'vouch-guests\n'
label vda1 boot
label vda2 vouch-guests
label vdb1 vouch-guests
label vdc1 vouch-guests
label vdc2 vouch-guests
tap_is "the guests' disk is known by its serial number" "$(guests)" vdc
label vda1 vouch-guests
tap_is "whatever labels others have" "$(guests)" vdc
label vdc1 anything
tap_is "and whatever its own" "$(guests)" vdc
tap "a tenant's is known" dom0 disks.sh disk_is_tenants vdb
tap_is "no other is" "$(dom0 disks.sh disk_is_tenants vdc; echo $?)" 1

anew
disk sda
printf '\0\x80\0\x14        vouch-guests' >"$work/sys/block/sda/device/vpd_pg80"
tap_is "of SCSI and SATA" "$(guests)" sda
anew
disk nvme0n1 device/serial $'vouch-guests        \n'
tap_is "of NVMe" "$(guests)" nvme0n1
tap_is "partition 2 of that" "$(dom0 disks.sh disk_partition nvme0n1 2)" \
    nvme0n1p2
tap_is "partition 5 of another" "$(dom0 disks.sh disk_partition vdc 5)" vdc5

anew
disk vda
disk vdb serial tenant1
disk vdc serial somebody
disk vdd
disk vde
label vda1 boot
label vda2 vouch-guests
for part in vdb1 vdc1 vdd2 vde1; do
    label $part vouch-guests
done
tap_is "without a serial number, by partition 1 alone" "$(guests)" vde
label vdd1 vouch-guests
tap_is "of the first in the order of names" "$(guests)" vdd
rm -r "$work/sys/block/vdd" "$work/sys/block/vde"
tap_is "no tenant's, and none that is somebody's" "$(guests; echo $?)" 1

# ---- what is kept on it ----
echo original >"$work/target"
echo approval >"$work/approval"
mkdir "$work/elsewhere"
keep()
{
    dom0 tenants.sh keep_file "$work/approval" "$work/kept/approval"
}
kept() # NAME: what was kept is there, as a file, and nothing else was written
{
    keep
    tap_is "$1: it is kept" "$(cat "$work/kept/approval")" approval
    tap "$1: as a file" [ ! -L "$work/kept/approval" ]
    tap_is "$1: and nothing elsewhere" \
        "$(cat "$work/target"; ls "$work/elsewhere")" original
    rm -rf "$work/kept"
    mkdir "$work/kept"
}
mkdir "$work/kept"
kept "an empty folder"
ln -s "$work/target" "$work/kept/approval.new"
kept "a link where it is written"
ln -s "$work/target" "$work/kept/approval"
kept "a link in its place"
ln -s "$work/elsewhere" "$work/kept/approval"
kept "a link to a folder in its place"
ln -s "$work/absent" "$work/kept/approval.new"
kept "a link to nothing"
tap "which stays nothing" [ ! -e "$work/absent" ]
mkfifo "$work/kept/approval.new"
kept "a FIFO"
mkdir "$work/kept/approval.new"
kept "a folder"

tap "vouchd's folder is made" dom0 tenants.sh vouchd_room "$work/kept/new"
tap "and stays" dom0 tenants.sh vouchd_room "$work/kept/new"
ln -s "$work/elsewhere" "$work/kept/link"
tap_is "a link is no folder for it" \
    "$(dom0 tenants.sh vouchd_room "$work/kept/link"; echo $?)" 1
tap_end

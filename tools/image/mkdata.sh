#!/bin/bash
# SPDX-License-Identifier: MIT
# The disk that holds guests' files: partition 1 is an ext4 file system that
# dom0 mounts on /guests, the others are guests' disks, empty. dom0 takes it for
# what it is by its serial number, vouch-guests, which QEMU is told.
#
#   tools/image/mkdata.sh OUT GUESTDIR [FILE...]
# GUESTDIR is what mkguest.sh made; FILEs come into /guests/files. Needs no
# root and no loop device.
set -euo pipefail

out=$1 guests=$2
shift 2
files_mib=${FILES_MIB:-384} disk_mib=${DISK_MIB:-64} disks=${DISKS:-4}
tree=$out.d

fill()
{
    rm -rf "$tree"
    mkdir -p "$tree/boot" "$tree/disks" "$tree/files"
    cp --reflink=auto "$guests"/vmlinu[xz]-* "$guests"/*.cpio "$guests"/*.bundle \
        "$tree/boot/"
    [ $# = 0 ] || cp --reflink=auto "$@" "$tree/files/"
    truncate -s "${disk_mib}M" "$tree/disks/file1.img" "$tree/disks/file2.img"
}

partitions()
{
    local number
    echo "label: dos"
    echo "label-id: 0x56435548"
    echo "start=2048, size=$((files_mib * 2048)), type=83"
    # Three primary ones, the rest in an extended one, as MBR has it.
    for ((number = 1; number <= disks; number++)); do
        [ "$number" -le 2 ] || break
        echo "size=$((disk_mib * 2048)), type=83"
    done
    [ "$disks" -le 2 ] || echo "type=5"
    for ((number = 3; number <= disks; number++)); do
        echo "size=$((disk_mib * 2048)), type=83"
    done
}

fill "$@"
rm -f "$out.new"
truncate -s $((files_mib + (disk_mib + 2) * disks + 4))M "$out.new"
partitions | sfdisk -q "$out.new"
mke2fs -q -t ext4 -L vouch-guests -d "$tree" -E "offset=1048576,root_owner=0:0" \
    -O '^metadata_csum,^64bit' -F "$out.new" "${files_mib}M"
mv "$out.new" "$out"
rm -rf "$tree"

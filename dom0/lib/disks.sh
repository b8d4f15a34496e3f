# SPDX-License-Identifier: MIT
# Which disk is for what. That is told by its serial number, which whoever made
# the machine gave it: what is written on a disk, a label too, may be a guest's.

: "${disks_sys:=/sys}" "${disks_dev:=/dev}"

# disk_serial NAME: of virtio, of NVMe, of SCSI and SATA (VPD page 80h, whose
# first four bytes are its header); nothing if it has none.
disk_serial()
{
    local block=$disks_sys/block/$1
    {
        cat "$block/serial" || cat "$block/device/serial" ||
            tail -c +5 "$block/device/vpd_pg80"
    } 2>/dev/null | tr -d '\0 \n'
}

# A tenant's disk: its serial number is the name of the guest that it is for.
disk_is_tenants()
{
    case $(disk_serial "$1") in
    tenant*) return 0 ;;
    esac
    return 1
}

# disk_partition NAME NUMBER: its name.
disk_partition()
{
    case $1 in
    *[0-9]) echo "$1p$2" ;;
    *) echo "$1$2" ;;
    esac
}

# The label of an ext4 file system: bytes 120 to 135 of its superblock.
disk_label()
{
    dd if="$disks_dev/$1" bs=8 skip=143 count=2 2>/dev/null | tr -d '\0'
}

disks_names()
{
    local path
    for path in "$disks_sys"/block/vd* "$disks_sys"/block/sd* \
        "$disks_sys"/block/nvme*; do
        [ ! -e "$path" ] || echo "${path##*/}"
    done
}

# The guests' disk by its serial number. A disk with another is somebody's; of
# those without, the first that is labelled so in partition 1, which no guest
# is given.
disks_guests()
{
    local name
    for name in $(disks_names); do
        if [ "$(disk_serial "$name")" = vouch-guests ]; then
            echo "$name"
            return 0
        fi
    done
    for name in $(disks_names); do
        [ -z "$(disk_serial "$name")" ] || continue
        if [ "$(disk_label "$(disk_partition "$name" 1)")" = vouch-guests ]; then
            echo "$name"
            return 0
        fi
    done
    return 1
}

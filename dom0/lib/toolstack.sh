# SPDX-License-Identifier: MIT
# Debian's toolstack: the folders it writes to, xenstored, xenconsoled, and the
# disk that holds guests' files. That disk is neither measured nor trusted:
# nothing on it is executed or believed, no link on it is followed, guests'
# kernels and disks are only read for guests. Their configurations are in
# /etc/xen, which is measured.

toolstack_folders()
{
    mkdir -p /run/xen /run/xenstored /run/lock /run/lib/xen \
        /run/lib/xenstored /run/log
    # A guest's console is logged there, and a guest may write much.
    mount -t tmpfs -o mode=755,size=32m tmpfs /run/log
    mkdir -p /run/log/xen/console
    syslogd -O /run/log/messages
}

# Partition 1 has the files, the others are guests' disks: /dev/disk/guestN.
toolstack_disk()
{
    disk=$(disks_guests) || return 0
    files=/dev/$(disk_partition "$disk" 1)
    modprobe -q crc32c_generic
    modprobe -q ext4
    mount -t ext4 -o nodev,nosuid,noexec,nosymfollow "$files" /guests ||
        return 0
    mkdir -p /dev/disk
    number=0
    for part in 2 3 5 6; do
        number=$((number + 1))
        ln -s "/dev/$(disk_partition "$disk" $part)" "/dev/disk/guest$number"
    done
    say "guests' files are on $files"
}

# A tenant's own disk is the one whose serial number has that name.
toolstack_tenant_disks()
{
    mkdir -p /dev/disk
    for path in /sys/block/vd*; do
        disk_is_tenants "${path##*/}" || continue
        ln -s "/dev/${path##*/}" "/dev/disk/$(disk_serial "${path##*/}")"
    done
}

toolstack_wait_for_xenstored()
{
    tries=100
    while [ "$tries" -gt 0 ]; do
        xenstore-exists / 2>/dev/null && return 0
        usleep 100000
        tries=$((tries - 1))
    done
    return 1
}

toolstack_start()
{
    for name in xen-blkback xen-netback loop; do
        modprobe -q "$name"
    done
    toolstack_folders
    toolstack_disk
    toolstack_tenant_disks
    /usr/lib/xen-4.17/bin/xenstored --pid-file /run/xen/xenstored.pid
    if ! toolstack_wait_for_xenstored; then
        say "xenstored does not answer"
        return 1
    fi
    /usr/lib/xen-4.17/bin/xen-init-dom0 >/run/log/xen/xen-init-dom0.log 2>&1 ||
        say "xen-init-dom0: $(tail -n 1 /run/log/xen/xen-init-dom0.log)"
    /usr/lib/xen-4.17/bin/xenconsoled --log=guest \
        --pid-file=/run/xen/xenconsoled.pid
    say "the toolstack is up, $(cut -d ' ' -f 1 /proc/uptime) s"
}

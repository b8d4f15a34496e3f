# SPDX-License-Identifier: MIT
# Drivers.  Every driver of the image is tried by the alias of
# the devices that are there; what this flavour built in needs nothing.

devices_load()
{
    for name in xen-evtchn xen-gntdev xen-gntalloc xen-privcmd xenfs; do
        modprobe -q "$name"
    done
    cat /sys/bus/*/devices/*/modalias 2>/dev/null | sort -u |
        while read -r alias; do
            modprobe -q "$alias"
        done
    # A virtio device shows up only after its transport's driver is there.
    cat /sys/bus/virtio/devices/*/modalias 2>/dev/null | sort -u |
        while read -r alias; do
            modprobe -q "$alias"
        done
    cat /sys/bus/scsi/devices/*/modalias 2>/dev/null | sort -u |
        while read -r alias; do
            modprobe -q "$alias"
        done
}

devices_start()
{
    devices_load
    if [ -e /proc/xen ] && modprobe -q xenfs; then
        mount -t xenfs xenfs /proc/xen 2>/dev/null
    fi
}

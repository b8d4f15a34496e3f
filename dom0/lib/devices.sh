# SPDX-License-Identifier: MIT
# Drivers and the network.  Every driver of the image is tried by the alias of
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

# The first network card gets an address by DHCP, if somebody answers.
devices_network()
{
    ip link set lo up
    for path in /sys/class/net/eth*; do
        [ -e "$path" ] || continue
        card=${path##*/}
        ip link set "$card" up
        if udhcpc -q -n -f -t 8 -T 1 -i "$card" -s /etc/udhcpc.script \
            >/run/udhcpc.log 2>&1; then
            say "$card has $(ip -4 -o addr show "$card" |
                awk '{ print $4 }')"
        else
            say "$card: nobody answers DHCP"
        fi
        return
    done
}

devices_start()
{
    devices_load
    devices_network
    if [ -e /proc/xen ] && modprobe -q xenfs; then
        mount -t xenfs xenfs /proc/xen 2>/dev/null
    fi
}

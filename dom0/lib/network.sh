# SPDX-License-Identifier: MIT
# The network: the first card is a port of the bridge xenbr0, whose other ports
# are the guests' network interfaces; dom0's own address is the bridge's.

network_bridge()
{
    ip link add name xenbr0 type bridge stp_state 0 forward_delay 0 &&
        ip link set "$1" master xenbr0 &&
        ip link set "$1" up &&
        ip link set xenbr0 address "$(cat "/sys/class/net/$1/address")" &&
        ip link set xenbr0 up
}

network_start()
{
    ip link set lo up
    for path in /sys/class/net/eth*; do
        [ -e "$path" ] || continue
        card=${path##*/}
        modprobe -q bridge
        network_bridge "$card" || say "$card: no bridge"
        if udhcpc -q -n -f -t 8 -T 1 -i xenbr0 -s /etc/udhcpc.script \
            >/run/udhcpc.log 2>&1; then
            say "xenbr0 with $card has $(ip -4 -o addr show xenbr0 |
                awk '{ print $4 }')"
        else
            say "xenbr0 with $card: nobody answers DHCP"
        fi
        return
    done
}

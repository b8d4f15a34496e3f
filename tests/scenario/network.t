#!/bin/bash
# SPDX-License-Identifier: MIT
# Traffic between guests, dom0 and the host, with checksums at both ends.
set -u
. tests/scenario/lib/tap.sh
. tests/scenario/lib/dom0.sh

port=$((20000 + $$ % 10000))
dom0_start network -f $port
tap "dom0 gives a shell" dom0_run true || tap_end
free=$(dom0_run 'xl info free_memory')

prints "guest1, two queues" '^Parsing' 'up guest1 vcpus=2'
prints "guest2" '^Parsing' 'up guest2'
prints "dom0 reaches guest1" ' 0% packet loss' 'ping -c 3 10.0.2.101'
prints "guest1 reaches guest2" ' 0% packet loss' \
    'in_guest guest1 "ping -c 3 10.0.2.102"'
prints "the card has two queues" '^2$' \
    'in_guest guest1 "ls -d /sys/class/net/eth0/queues/tx-* | wc -l"'
prints "8 MiB from dom0 to guest1" '^same$' 'to_guest guest1 10.0.2.101'
prints "8 MiB from guest1 to dom0" '^same$' 'from_guest guest1 10.0.2.15'
prints "8 MiB from guest1 to guest2" '^same$' 'between guest1 guest2 10.0.2.102'
prints "nftables in dom0 separate them" '100% packet loss' \
    'nft_apart; in_guest guest1 "ping -c 2 -W 1 10.0.2.102"; true'
prints "and join them again" ' 0% packet loss' \
    'nft flush ruleset; in_guest guest1 "ping -c 2 10.0.2.102"'

ssh_guest()
{
    ssh -q -i "$BUILD/guests/id" -p "$1" -o BatchMode=yes \
        -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null \
        -o ConnectTimeout=60 root@127.0.0.1 "$2"
}
ssh_checksum()
{
    local sum
    sum=$(head -c 1000000 "$BUILD/guests/initramfs.cpio" | sha256sum)
    is_equal "$(head -c 1000000 "$BUILD/guests/initramfs.cpio" |
        ssh_guest $port sha256sum)" "$sum"
}
tap_is "ssh from the host to guest2" "$(ssh_guest $((port + 1)) 'echo $((6 * 7))')" 42
tap "1 MB through ssh to guest1" ssh_checksum
dom0_run 'down guest1 guest2' >/dev/null
prints "memory is back" '' "memory_is_back $free"
prints "dom0's kernel has nothing to complain about" '^0$' \
    "dmesg | grep -cE 'WARNING:|BUG:|Oops|Call Trace|lockup|general prot'; true"
dom0_stop
tap_end

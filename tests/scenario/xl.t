#!/bin/bash
# SPDX-License-Identifier: MIT
# xl, unmodified: each of its commands that a guest's keeper types, with what
# Xen's users know it to print. HYPERVISOR=xen runs it on Debian's Xen.
set -u
. tests/scenario/lib/tap.sh
. tests/scenario/lib/dom0.sh

cfg=/etc/xen/guest1.cfg
dom0_start xl
tap "dom0 gives a shell" dom0_run true || tap_end

# How far dom0's clock is from this machine's, in seconds.
clock_offset()
{
    local uptime
    uptime=$(dom0_run 'cut -d . -f 1 /proc/uptime')
    echo $((EPOCHSECONDS - uptime))
}
offset=$(clock_offset)

prints "info: version" '^xen_version +: 4\.17' 'xl info'
prints "info: capabilities" '^xen_caps +: .*xen-3\.0-x86_64' 'xl info'
prints "info: memory" '^[0-9]+$' 'xl info free_memory'
prints "info: scheduler" '^xen_scheduler +: credit' 'xl info'
prints "list: dom0" '^Domain-0 +0 +[0-9]+ +2 +r-----' 'xl list'
prints "create -n" '^Parsing config' "xl create -n $cfg"
fails "an unknown domain" 'maybe this domain does not exist' 'xl domid nobody'
fails "a file that is not there" 'No such file' 'xl create /nowhere'
prints "up" "^Parsing config" "up guest1 vcpus=2 maxvcpus=2" ||
    tap_end
prints "list: the guest" '^guest1 +1 +192 +2 +[r-][b-]' 'xl list'
prints "list -l" '"name": "guest1"' 'xl list -l guest1'
prints "list -v" '^guest1 .*[0-9a-f]{8}-' 'xl list -v'
prints "domid" '^1$' 'xl domid guest1'
prints "domname" '^guest1$' 'xl domname 1'
prints "uptime" '^guest1 +1 +[0-9]+:[0-9]+' 'xl uptime'
prints "vcpu-list" '^guest1 +1 +1 +[01-] +.*all / all' 'xl vcpu-list guest1'
becomes "vcpu-pin" '^guest1 +1 +1 .* 0 / all' \
    'xl vcpu-pin guest1 1 0; xl vcpu-list guest1'
prints "vcpu-pin back" '^guest1 +1 +1 .* all / all' \
    'xl vcpu-pin guest1 1 all; xl vcpu-list guest1'
prints "sched-credit2" '^guest1 +1 +512 +50' \
    'xl sched-credit2 -d guest1 -w 512 -c 50; xl sched-credit2 -d guest1
xl sched-credit2 -d guest1 -w 256 -c 0'
prints "pause" '^guest1 +1 +192 +2 +[-r]-?b?-?p' \
    'xl pause guest1; xl list'
prints "a paused guest is silent" '^waited in vain' \
    'GUEST_TIMEOUT=3 in_guest guest1 "echo still"; true'
prints "unpause" '^here$' 'xl unpause guest1; in_guest guest1 "echo here"'
prints "rename" '^1$' 'xl rename guest1 other && xl domid other'
prints "rename back" '^guest1$' 'xl rename other guest1; xl domname 1'
becomes "vcpu-set down" '^1$' 'xl vcpu-set guest1 1; in_guest guest1 nproc'
prints "vcpu-list: one is down" '^guest1 +1 +1 +- +--p' 'xl vcpu-list guest1'
on=/sys/devices/system/cpu/cpu1/online
becomes "vcpu-set up" '^2$' \
    "xl vcpu-set guest1 2; in_guest guest1 'echo 1 >$on; nproc'"
becomes "mem-set down" '^guest1 +1 +160 ' 'xl mem-set guest1 160; xl list'
becomes "mem-set up" '^guest1 +1 +192 ' 'xl mem-set guest1 192; xl list'
prints "mem-max" '^0$' 'xl mem-max guest1 256; echo $?'
prints "top" 'guest1 .*[0-9]' 'xentop -b -i 1'
prints "xl top" 'guest1' 'echo q | xl top'
prints "network-list" '^0 +0 +00:16:3e:00:02:01 +0 +4' 'xl network-list guest1'
prints "network-attach" '' \
    'xl network-attach guest1 mac=00:16:3e:00:03:01,bridge=xenbr0'
becomes "network-list: both" '^1 +0 +00:16:3e:00:03:01 +1 +4' \
    'xl network-list guest1'
prints "the guest has it" '^0$' 'in_guest guest1 "ls /sys/class/net/eth1"; echo $?'
prints "network-detach" '' 'xl network-detach guest1 1'
becomes "network-list: one" '^1$' 'xl network-list guest1 | grep -c :'
prints "block-list" '^51712 +0 +1 +4' 'xl block-list guest1'
prints "block-attach" '' 'xl block-attach guest1 phy:/dev/disk/guest3,xvdb,w'
becomes "block-list: both" '^51728 +0 +1 +4' 'xl block-list guest1'
prints "the guest has it" '^131072$' 'in_guest guest1 "cat /sys/block/xvdb/size"'
prints "block-detach" '' 'xl block-detach guest1 xvdb'
becomes "block-list: one" '^1$' 'xl block-list guest1 | grep -c ^5'
prints "sysrq" '^0$' 'xl sysrq guest1 s; echo $?'
prints "the guest obeys" '' 'console_has guest1 "sysrq: .*Sync"'
prints "debug-keys" '^0$' 'xl debug-keys h; echo $?'
prints "dmesg" '[a-z]' 'xl dmesg'

# The console: what is typed arrives, ctrl-] leaves.
console()
{
    echo 'xl console guest1' >&4
    sleep 2
    # The name differs from what the line echoes.
    printf 'echo con-$((40 + 2))-sole\n' >&4
    dom0_wait_for 120 '^con-42-sole' || return 1
    printf '\035' >&4
    sleep 1
    dom0_prints '^left$' 'echo left'
}
tap "console" console

prints "reboot" '^2$' \
    'xl reboot guest1; wait_for 240 reborn guest1 1; xl domid guest1'
prints "the next life is up" '^yes$' 'wait_for 240 lives guest1 2 && echo yes'
# Which of the two it says depends on who sees the end first, xl or its daemon.
prints "shutdown" 'has been (shut down, reason code 0|destroyed)' \
    'xl shutdown -w guest1'
prints "it is gone" '^alone$' 'left_alone'
prints "destroy" '^alone$' 'up guest1; xl destroy guest1; left_alone'
if [ "${HYPERVISOR:-vouch}" = vouch ]; then
    prints "getenforce" '^Enforcing' 'xl getenforce; true'
    prints "list -Z" '^Domain-0 .*:dom0_t' 'xl list -Z'
fi
now=$(clock_offset)
tap "dom0's clock goes as this machine's ($offset, $now)" \
    test $((now - offset)) -ge -5 -a $((now - offset)) -le 5
dom0_stop
tap_end

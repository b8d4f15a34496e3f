# SPDX-License-Identifier: MIT
# Many lives, and what they may not leave behind.

crashed()
{
    case $(state_of "$1") in
    *c*) return 0 ;;
    esac
    return 1
}

# Every other life ends while the kernel boots, the rest once it is up.
cycle()
{
    local life=0
    while [ $life -lt "$1" ]; do
        life=$((life + 1))
        if [ $((life % 2)) = 0 ]; then
            up guest1 >/dev/null || return 1
        else
            xl create -q /etc/xen/guest1.cfg || return 1
        fi
        xl destroy guest1 || return 1
        wait_for 240 alone || return 1
    done
    echo "$life lives"
}

# Free memory, dom0's event channels, xenstore's nodes, loop devices, threads
# that serve disks and network.
left_over()
{
    echo "memory $(xl info free_memory), $(lsevtchn 0 | wc -l) ports," \
        "$(xenstore-ls / | wc -l) nodes, $(losetup -a | wc -l) loops," \
        "$(ls -d /sys/class/net/vif* 2>/dev/null | wc -l) interfaces"
}

#!/bin/bash
# SPDX-License-Identifier: MIT
# How guests end and what is left of them: kernel panic, reboot, each action
# that a configuration can name, the watchdog, and CYCLES (10) lives that leave
# memory, event channels, grants and xenstore as they were.
set -u
. tests/scenario/lib/tap.sh
. tests/scenario/lib/dom0.sh

: "${CYCLES:=10}"
dom0_start life
tap "dom0 gives a shell" dom0_run true || tap_end

panic='echo 1 >/proc/sys/kernel/sysrq; echo c >/proc/sysrq-trigger'
# crash ACTION [LINE]: guest1 panics, with that on_crash.
crash()
{
    dom0_run "p='$panic'"
    prints "on_crash=$1: up" '^Parsing' "up guest1 'on_crash=\"$1\"' ${2:-}"
    dom0_run 'id=$(domid guest1); in_guest guest1 "$p"' >/dev/null
}

dom0_run "GUEST_TIMEOUT=2"
crash destroy
prints "a panic destroys it" '^gone$' 'wait_for 240 alone && echo gone'
crash restart
prints "a panic restarts it" '^anew$' \
    'wait_for 240 reborn guest1 $id && wait_for 240 lives guest1 2 && echo anew'
dom0_run 'down guest1' >/dev/null
crash preserve
prints "a panic leaves it for inspection" '^guest1 .* (-|r|p|b|s)*c' \
    'wait_for 240 crashed guest1; xl list'
prints "until it is destroyed" '^gone$' \
    'xl destroy guest1; wait_for 240 alone && echo gone'
# The dead one keeps its disk, which xl gives to one guest only, as on Xen.
crash rename-restart "'disk=[]'"
prints "a panic renames the dead one" '^guest1-[0-9].* (-|r|p|b|s)*c' \
    'wait_for 240 lives guest1 2 && xl list'
prints "another is in its place" '^guest1 ' 'xl list'
dom0_run 'for n in $(xl list | awk "NR > 2 { print \$1 }"); do xl destroy $n; done' \
    >/dev/null
dom0_run 'GUEST_TIMEOUT=20'

prints "on_reboot=destroy: up" '^Parsing' "up guest1 'on_reboot=\"destroy\"'"
prints "a guest that reboots is gone" '^gone$' \
    'xl reboot guest1; wait_for 240 alone && echo gone'
prints "on_poweroff=restart: up" '^Parsing' "up guest1 'on_poweroff=\"restart\"'"
prints "a guest that powers off comes again" '^anew$' \
    'id=$(domid guest1); xl shutdown guest1
wait_for 240 reborn guest1 $id && echo anew'
dom0_run 'down guest1' >/dev/null

prints "on_watchdog=destroy: up" '^Parsing' "up guest1 'on_watchdog=\"destroy\"'"
prints "a guest that feeds its watchdog no more is gone" '^gone$' \
    'in_guest guest1 "modprobe xen_wdt timeout=3; echo >/dev/watchdog" >/dev/null
wait_for 240 alone && echo gone'

# A first life, so that what dom0 allocates once is there.
dom0_run 'cycle 1' >/dev/null
before=$(dom0_run left_over)
DOM0_TIMEOUT=$((60 + CYCLES * 60)) prints "$CYCLES lives" "^$CYCLES lives$" \
    "cycle $CYCLES"
tap_is "nothing is left of them" "$(dom0_run 'sleep 2; left_over')" "$before"
prints "dom0's kernel has nothing to complain about" '^0$' \
    "dmesg | grep -cE 'WARNING:|BUG:|Oops|Call Trace|lockup|general prot'; true"
dom0_stop
tap_end

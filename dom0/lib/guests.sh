# SPDX-License-Identifier: MIT
# The guests of `make run GUESTS=2`, from /etc/xen/guest1.cfg and so on: started
# by xl, and what they say on their consoles told on dom0's.

# guests_names COUNT: those that this image has a configuration of.
guests_names()
{
    number=0
    while [ "$number" -lt "${1:-0}" ]; do
        number=$((number + 1))
        [ ! -e "/etc/xen/guest$number.cfg" ] || echo "guest$number"
    done
}

guests_start()
{
    for name in $(guests_names "$1"); do
        if ! xl create "/etc/xen/$name.cfg" >"/run/log/xl-$name" 2>&1; then
            say "$name: $(tail -n 1 "/run/log/xl-$name")"
            return 1
        fi
        say "$name: created, domain $(xl domid "$name")"
    done
}

# guest_says NAME REGEX: waits for it on the guest's console, where a shell's
# prompt may stand before it, and tells it. While it waits it says so, for what
# has no word for long is taken for dead.
guest_says()
{
    local log line tries
    log=/run/log/xen/console/guest-$1.log
    tries=1500
    while [ "$tries" -gt 0 ]; do
        line=$(tr -d '\r' <"$log" 2>/dev/null | grep -a -m 1 "guest: $2")
        if [ -n "$line" ]; then
            say "$1: ${line##*guest: }"
            return 0
        fi
        usleep 200000
        tries=$((tries - 1))
        [ $((tries % 100)) -ne 0 ] || say "$1: not yet \"$2\""
    done
    say "$1: in vain for \"$2\"; it ends: $(tail -n 1 "$log")"
    return 1
}

# Each one's script `meet` (guest/bin/meet) says these.
guests_meet()
{
    local what name line
    for what in 'Linux .* is up' 'peer .* answers' 'disk .* verified'; do
        for name in $(guests_names "$1"); do
            guest_says "$name" "$what" || return 1
        done
    done
    xl list | while read -r line; do
        say "$line"
    done
}

guests_stop()
{
    for name in $(guests_names "$1"); do
        timeout 30 xl shutdown -w "$name" >/dev/null 2>&1 ||
            xl destroy "$name" 2>/dev/null
    done
}

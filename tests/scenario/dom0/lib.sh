# SPDX-License-Identifier: MIT
# What scenarios do in dom0, sourced by its shell: guests that are started and
# waited for, and commands typed at a guest's console.

export PS1= TERM=vt102
. /guests/files/traffic.sh
. /guests/files/life.sh
log_of()
{
    echo "/run/log/xen/console/guest-$1.log"
}

seconds()
{
    cut -d . -f 1 /proc/uptime
}

# wait_for SECONDS COMMAND...
wait_for()
{
    local end=$(($(seconds) + $1))
    shift
    while ! "$@" >/dev/null 2>&1; do
        if [ "$(seconds)" -ge "$end" ]; then
            echo "waited in vain: $*"
            return 1
        fi
        usleep 200000
    done
}

# console_has NAME REGEX [SECONDS]
console_has()
{
    wait_for "${3:-240}" grep -aEq "$2" "$(log_of "$1")" && return 0
    tail -n 12 "$(log_of "$1")"
    tail -n 5 "/run/log/xen/xl-$1.log"
    return 1
}

# Without what the configuration has its guest do.
words="console=hvc0 quiet panic=5 vouch.ip="

# up NAME [CONFIGURATION LINE...]: started, and its user space is there.
up()
{
    local name=$1
    shift
    : >"$(log_of "$name")"
    xl create "/etc/xen/$name.cfg" "extra=\"${words}10.0.2.10${name#guest}/24\"" \
        "$@" || return 1
    console_has "$name" '^guest: Linux .* is up'
}

# Since `up`, so many user spaces have come up.
lives()
{
    [ "$(grep -c '^guest: Linux .* is up' "$(log_of "$1")")" -ge "$2" ]
}

domid()
{
    xl domid "$1" 2>/dev/null
}

state_of()
{
    xl list "$1" 2>/dev/null | awk 'NR == 2 { print $5 }'
}

# A domain of that name, but no longer the one with that number.
reborn()
{
    [ "$(domid "$1")" -gt "$2" ]
}

gone()
{
    ! xl domid "$1" >/dev/null 2>&1
}

# The list has no domain but dom0, not even one that is still dying.
alone()
{
    [ "$(xl list | wc -l)" = 2 ]
}

# left_alone: waits until dom0 is; what remains, and what its xl said,
# if it does not come to that.
left_alone()
{
    local log
    wait_for 120 alone && echo alone && return 0
    xl list
    xenstore-ls -f /local/domain/0/backend | grep -E '/(state|online|hotplug-status) '
    for log in /run/log/xen/xl-*.log; do
        echo "$log:"
        tail -n 5 "$log"
    done
    return 1
}

down()
{
    local name
    for name in "$@"; do
        gone "$name" || xl destroy "$name"
    done
    wait_for 30 alone || xl list
}

# memory_is_back MIB: so much is free again, which xl rounds down, but for what the
# hypervisor keeps for good once it was needed.
memory_is_back()
{
    local free
    sleep 1
    free=$(xl info free_memory)
    [ "$free" -ge $(($1 - 1)) ] || {
        echo "$free MiB are free, $1 were"
        return 1
    }
}

# in_guest NAME COMMAND: types it at the console; what is printed, and its
# status.
in_guest()
{
    local log tty mark from limit=${GUEST_TIMEOUT:-120} status serial
    serial=$(cut -d ' ' -f 1 /proc/uptime)
    mark="@$serial:"
    log=$(log_of "$1")
    tty=$(xenstore-read "/local/domain/$(domid "$1")/console/tty") || return 1
    from=$(stat -c %s "$log")
    echo "{ $2; }; s=\$?; echo; echo @$serial:\$s@" >"$tty"
    wait_for "$limit" grep -aq "^$mark[0-9]*@" "$log" || {
        tail -c "+$((from + 1))" "$log"
        return 124
    }
    tail -c "+$((from + 1))" "$log" | tr -d '\r' |
        sed -e '1d' -e "/^$mark/,\$d" | sed -e '${/^$/d}'
    status=$(tr -d '\r' <"$log" | sed -n "s/^$mark\([0-9]*\)@\$/\1/p")
    return "$status"
}

# Puts what is printed into one line that says what was expected.
same()
{
    if [ "$1" = "$2" ]; then
        echo same
    else
        echo "$1 is not $2"
    fi
}

# SPDX-License-Identifier: MIT
# dom0's shell on the serial console, typed at and read by a scenario. Lines
# that are typed stay short: a UART has no flow control. What is longer is a
# script in tests/scenario/dom0, which the guests' disk has in /guests/files.

dom0_limit=${SCENARIO_TIMEOUT:-1200}

# dom0_start NAME [ARGUMENT OF tools/run/dom0.sh...]: 0 when the shell is there.
dom0_start()
{
    local name=$1
    shift
    [ "${HYPERVISOR:-vouch}" != xen ] || set -- -x "$@"
    SERIAL=stdio dom0_begin "$name" tools/run/dom0.sh -t "$dom0_limit" "$@"
}

# dom0_begin NAME COMMAND...: the same, of a command whose standard input and
# output are the console.
dom0_begin()
{
    dom0_dir=$BUILD/scenario/$1
    shift
    rm -rf "$dom0_dir"
    mkdir -p "$dom0_dir"
    dom0_console=$dom0_dir/serial.log
    mkfifo "$dom0_dir/keys"
    "$@" <"$dom0_dir/keys" >"$dom0_console" 2>"$dom0_dir/qemu.log" &
    dom0_pid=$!
    exec 4>"$dom0_dir/keys"
    trap dom0_stop EXIT
    dom0_wait_for "${DOM0_BOOT:-400}" '^dom0: a shell' || return 1
    dom0_answers || return 1
    echo "stty -echo; PS1=; cd /tmp" >&4
    dom0_run '. /guests/files/lib.sh'
}

dom0_text()
{
    tr -d '\r\0' <"$dom0_console"
}

# Reads to the end: grep -q would leave the other end of the pipe to fail.
dom0_says()
{
    dom0_text | grep -aE -e "$1" >/dev/null
}

# dom0_wait_for SECONDS REGEX
dom0_wait_for()
{
    local end=$((SECONDS + $1))
    while [ $SECONDS -lt $end ] && kill -0 "$dom0_pid" 2>/dev/null; do
        dom0_says "$2" && return 0
        sleep 0.2
    done
    dom0_says "$2" && return 0
    echo "the console does not say $2; it ends:"
    dom0_text | tail -n 15
    return 1
}

# What is typed before the shell reads is lost.
dom0_answers()
{
    local tries=60
    while [ $tries -gt 0 ]; do
        echo 'echo there$((6 * 7))' >&4
        dom0_wait_for 1 '^there42' >/dev/null && return 0
        tries=$((tries - 1))
    done
    echo "dom0's shell does not answer"
    return 1
}

# dom0_run COMMAND: what it prints, and its exit status.
dom0_run()
{
    local mark end offset status output
    mark="@$EPOCHREALTIME:"
    offset=$(stat -c %s "$dom0_console")
    echo "$1; printf '\n%s%d@\n' '$mark' \$?" >&4
    end=$((SECONDS + ${DOM0_TIMEOUT:-300}))
    while true; do
        output=$(tail -c "+$((offset + 1))" "$dom0_console" |
            tr -d '\r\0')
        status=$(sed -n "s/^$mark\([0-9]*\)@\$/\1/p" <<<"$output")
        [ -z "$status" ] || break
        if [ $SECONDS -ge $end ] || ! kill -0 "$dom0_pid" 2>/dev/null; then
            printf 'no end of: %s\n%s\n' "$1" "$output"
            return 124
        fi
        sleep 0.1
    done
    sed -e "/^$mark/,\$d" <<<"$output" | sed -e '${/^$/d}'
    return "$status"
}

# dom0_put FILE NAME: a copy of it in dom0, typed in short pieces.
dom0_put()
{
    local piece
    dom0_run ': >/tmp/put' >/dev/null
    while read -r piece; do
        dom0_run "echo $piece >>/tmp/put" >/dev/null
    done < <(od -An -v -tx1 -w32 "$1" | tr -d ' ')
    dom0_run "xxd -r -p /tmp/put >$2"
}

# dom0_prints REGEX COMMAND: it succeeds, and some line matches.
dom0_prints()
{
    local output status=0
    output=$(dom0_run "$2") || status=$?
    if [ $status != 0 ] || ! grep -aEq -e "$1" <<<"$output"; then
        printf '%s: status %d, expected %s, printed:\n%s\n' "$2" $status "$1" \
            "$output"
        return 1
    fi
}

# dom0_fails REGEX COMMAND: it fails, with such a line.
dom0_fails()
{
    local output status=0
    output=$(dom0_run "$2") || status=$?
    if [ $status = 0 ] || ! grep -aEq -e "$1" <<<"$output"; then
        printf '%s: status %d, expected failure and %s, printed:\n%s\n' \
            "$2" $status "$1" "$output"
        return 1
    fi
}

# prints NAME REGEX COMMAND, fails NAME REGEX COMMAND: the same as tests.
prints()
{
    tap "$1" dom0_prints "$2" "$3"
}

fails()
{
    tap "$1" dom0_fails "$2" "$3"
}

# becomes NAME REGEX COMMAND: the same of what takes a moment to come true; the
# command runs again until it prints that.
becomes()
{
    tap "$1" eventually dom0_prints "$2" "$3"
}

dom0_stop()
{
    trap - EXIT
    [ -n "${dom0_pid:-}" ] || return 0
    kill "$dom0_pid" 2>/dev/null
    wait "$dom0_pid" 2>/dev/null
    exec 4>&-
    dom0_pid=
    return 0
}

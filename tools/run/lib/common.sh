# SPDX-License-Identifier: MIT
# Sourced by every script here: progress lines with the seconds since the
# start, one way to fail, and processes that end when the script does.

run_started=${EPOCHREALTIME/./}

run_seconds()
{
    local now=$((${EPOCHREALTIME/./} - run_started))
    printf '%d.%d' $((now / 1000000)) $((now / 100000 % 10))
}

progress()
{
    printf '[%6s s] %s\n' "$(run_seconds)" "$*"
}

fail()
{
    echo "${0##*/}: $*" >&2
    exit 1
}

run_children=()
run_cleanup()
{
    local pid
    for pid in "${run_children[@]}"; do
        kill "$pid" 2>/dev/null || continue
        for _ in 1 2 3 4 5 6 7 8 9 10; do
            kill -0 "$pid" 2>/dev/null || continue 2
            sleep 0.1
        done
        kill -9 "$pid" 2>/dev/null
    done
    return 0
}
trap run_cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# A unix socket's path has at most 107 characters; a state folder may be deep.
run_wait_for_socket()
{
    local _
    for _ in $(seq 200); do
        [ -S "$1" ] && return 0
        sleep 0.05
    done
    return 1
}

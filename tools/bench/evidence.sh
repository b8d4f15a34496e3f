#!/bin/bash
# SPDX-License-Identifier: MIT
#
# evidence.sh [CLIENTS]
#
# How much evidence vouchd makes when so many (100) wait: the daemon on a
# machine of files, with a software TPM (tests/scenario/vouchd.t), asked by
# CLIENTS at once, three rounds each; as the TPM is, and with a TPM that takes
# 300 ms more for each quote. Prints rows "NAME VALUE". Times are of this host,
# which the clients share with the daemon.
set -u
. tools/run/lib/common.sh
. tools/run/lib/tpm.sh

clients=${1:-100}
rounds=3
BUILD=${BUILD:-build}
VOUCH=${VOUCH:-$BUILD/host/vouch}
work=$(mktemp -d "${TMPDIR:-/tmp}/evidence.XXXXXX") || exit 2
machine=$(mktemp -d /tmp/vouchd.XXXXXX) || exit 2
export VOUCHD_DOUBLE=$machine
trap 'run_cleanup; tpm_end; rm -rf "$work" "$machine"' EXIT
uuid=11111111-1111-1111-1111-111111111111

# start QUOTE
start()
{
    "$BUILD/host/vouchd-double" -d "$work/kept" -q "$1" \
        -t "swtpm:path=$tpm_sockets/c" >"$work/log" 2>&1 &
    vouchd_pid=$!
    run_children+=("$vouchd_pid")
    for _ in $(seq 100); do
        grep -q '^vouchd: up' "$work/log" && return 0
        sleep 0.05
    done
    fail "vouchd does not start"
}

# All have their streams before the first asks.
ask()
{
    perl tools/bench/evidence-clients.pl "$machine" "$clients" "$rounds" \
        "$uuid" || fail "a client has no evidence"
}

# measure NAME QUOTE
measure()
{
    local seconds quotes
    rm -f "$machine/domains"
    start "$2"
    seconds=$(ask) || exit 1
    kill "$vouchd_pid"
    wait "$vouchd_pid" 2>/dev/null
    quotes=$(grep -c 'one quote for' "$work/log")
    echo "evidence.$1.asked $((clients * rounds))"
    echo "evidence.$1.quotes $quotes"
    echo "evidence.$1.ms $seconds"
    sed -n 's/.*one quote for \([0-9]*\),.*/\1/p' "$work/log" | sort -n |
        tail -n 1 | sed "s/^/evidence.$1.largest /"
}

tpm_new "$work"
tpm_start_for_tools
head -c 33800 /dev/urandom >"$machine/log"
printf '#!/bin/sh\nsleep 0.3\nexec %s "$@"\n' "$(readlink -f "$VOUCH")" \
    >"$work/slow"
chmod +x "$work/slow"
measure swtpm "$VOUCH"
measure slow "$work/slow"

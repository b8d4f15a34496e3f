#!/bin/bash
# SPDX-License-Identifier: MIT
# `make run CONSOLE=1`: a shell in dom0 on the serial console, that takes what
# is typed; ctrl-a x ends the machine.
set -u
. tests/scenario/lib/tap.sh
. tests/scenario/lib/run.sh

dir=$BUILD/scenario/console
rm -rf "$dir"
mkdir -p "$dir"
keys=$dir/keys
mkfifo "$keys"
RUN=$dir/run CONSOLE=1 timeout -k 5 "${SCENARIO_TIMEOUT:-600}" \
    tools/run/run.sh <"$keys" >"$dir.out" 2>&1 &
machine=$!
exec 3>"$keys"

says()
{
    tr -d '\r\0' <"$dir.out" | grep -aE "$1" >/dev/null
}

wait_for()
{
    local end=$((SECONDS + ${SCENARIO_TIMEOUT:-600}))
    while [ $SECONDS -lt $end ] && kill -0 $machine 2>/dev/null; do
        says "$1" && return
        sleep 0.5
    done
    says "$1" && return
    echo "the console does not say $1; it ends:"
    tr -d '\r\0' <"$dir.out" | tail -n 15
    return 1
}

tap "dom0 says that it gives a shell" wait_for '^dom0: a shell'

# What is typed before the shell reads is lost.
answers()
{
    echo 'echo I am $(id -u) in $(uname -s)' >&3
    sleep 1
    says '^I am 0 in Linux'
}
tap "the shell runs what is typed" eventually answers
printf '\001x' >&3
ended=0
wait $machine || ended=$?
tap_is "ctrl-a x ends it" "$ended" 0
exec 3>&-
tap_end

#!/bin/bash
# SPDX-License-Identifier: MIT
# A TPM that is silent from the hypervisor's first words on: the console says
# measured=no and the machine boots. Later moments are not tried here: a signal
# that follows the console comes after all of a small guest's measurements.
set -u
. tests/scenario/lib/tap.sh
. tools/run/lib/common.sh
. tools/run/lib/tpm.sh
. tests/scenario/lib/early.sh

kernel=$BUILD/guest/hypercalls.elf
policy=$BUILD/policy/vouch-policy

# Sends the signal once the console has the line.
mute_at()
{
    local end=$((SECONDS + 120))
    while [ $SECONDS -lt $end ] && kill -0 "$proxy" 2>/dev/null; do
        grep -aEq -e "$1" "$2" 2>/dev/null && break
        sleep 0.02
    done
    kill -USR1 "$proxy" 2>/dev/null
}

# silent NAME LINE: mute from that line of the console on.
silent()
{
    local name=mute-$1 watcher
    rm -f "$early/$name.serial"
    tpm_new "$early"
    tpm_start_for_machine
    "$BUILD/host/mute-tpm" "$tpm_sockets/q" "$tpm_sockets/m" &
    proxy=$!
    run_children+=("$proxy")
    run_wait_for_socket "$tpm_sockets/q"
    mute_at "$2" "$early/$name.serial" &
    watcher=$!
    EARLY_TIMEOUT=400 tap "$1: boots all the same" early_boot "$name" \
        '^\(vouch\).* dom0 shut down: power off' "console=com1 noreboot" \
        "$kernel,$policy" -chardev "socket,id=tpm,path=$tpm_sockets/q" \
        -tpmdev emulator,id=tpm,chardev=tpm -device tpm-tis,tpmdev=tpm
    tap_has "$1: says that nothing is measured" "$early/$name.serial" \
        '^\(vouch\).*TPM.*measured=no'
    kill "$watcher" "$proxy" 2>/dev/null
    wait "$watcher" "$proxy" 2>/dev/null
    tpm_stop
    tpm_end
}

silent first-word 'Vouch, loaded by'
tap_end

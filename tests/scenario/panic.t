#!/bin/bash
# SPDX-License-Identifier: MIT
# A panic, made by a machine check that QEMU's monitor injects while a guest
# runs: it says what, where and by whose calls, stops every CPU, and halts or
# restarts as the command line says.
set -u
. tests/scenario/lib/tap.sh

build=${BUILD:-build}
hypervisor=${HYPERVISOR_FILE:-$build/hv/vouch.elf}
policy=${POLICY_FILE:-$build/policy/vouch-policy}
guest=$build/guest/preempt.elf
dir=$build/scenario/panic
rm -rf "$dir"
mkdir -p "$dir"

# Uncorrected error in bank 1, context corrupt (Intel SDM 3B, 15.3.2.2).
machine_check="1 0xb200000000000000 0x7 0x0 0x0"

wait_for()
{
    local end=$((SECONDS + 60))
    while [ $SECONDS -lt $end ]; do
        grep -aEq -e "$1" "$console" && return
        kill -0 $qemu 2>/dev/null || break
        sleep 0.05
    done
    has_line "$console" "$1"
}

# boot NAME CMDLINE CPU: until the guest runs, then the machine check.
boot()
{
    console=$dir/$1.serial
    : >"$console"
    mkfifo "$dir/$1.in" "$dir/$1.out"
    timeout -k 5 90 qemu-system-x86_64 -machine q35 -accel tcg -cpu max \
        -smp 2 -m 512 -nodefaults -display none -vga none -no-reboot \
        -serial "file:$console" -kernel "$hypervisor" -append "$2" \
        -initrd "$guest,$policy" -chardev "pipe,id=mon,path=$dir/$1" \
        -mon chardev=mon </dev/null >"$dir/$1.qemu" 2>&1 &
    qemu=$!
    cat "$dir/$1.out" >"$dir/$1.monitor" &
    reader=$!
    wait_for '^ok 1 ' || return 1
    timeout 10 sh -c "echo 'mce $3 $machine_check' >'$dir/$1.in'"
    wait_for 'panic: machine check'
}

finish()
{
    kill $qemu 2>/dev/null
    wait $qemu 2>/dev/null
    wait $reader 2>/dev/null
}

# CPU 0 runs the guest, or the hypervisor for it.
boot halt noreboot 0
tap_has "says what" "$console" 'panic: machine check'
tap "halts" wait_for 'halted'
tap_has "says where" "$console" 'rip [0-9a-f]{4}:[0-9a-f]{16}'
tap_has "shows the registers" "$console" 'r13 [0-9a-f]{16} r14 [0-9a-f]{16}'
tap_has "shows the last hypercalls" "$console" 'last hypercalls'
before=$(grep -ac '^ok ' "$console")
sleep 2
tap_is "nothing runs any more" "$(grep -ac '^ok ' "$console")" "$before"
finish

# CPU 1 has nothing to run, so that it is in the hypervisor.
boot restart "" 1
tap "restarts" wait_for 'restarting'
tap_has "shows a trace of names" "$console" \
    '^\(vouch\) .*    [0-9a-f]{16} [a-z_0-9.]+\+0x'
ended=0
for _ in $(seq 600); do
    kill -0 $qemu 2>/dev/null || { ended=1; break; }
    sleep 0.1
done
tap_is "the machine is reset" "$ended" 1
finish
tap_end

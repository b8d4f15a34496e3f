#!/bin/bash
# SPDX-License-Identifier: MIT
# The stub-domain kernel (vtpm/base) and small static programs on it
# (tests/scenario/base): in the image and as a ramdisk, as the first domain and
# as xl builds a domain of 8 MiB. HYPERVISOR=xen runs all on Debian's Xen.
set -u
. tests/scenario/lib/tap.sh
. tests/scenario/lib/dom0.sh

image=$BUILD/hv/vouch.elf
[ "${HYPERVISOR:-vouch}" != xen ] || image=$BUILD/dom0/xen
log=$(mktemp "${TMPDIR:-/tmp}/base.XXXXXX") || exit 1

# boot OPTION... KERNEL WORD...: its output is also in $log
boot()
{
    local options=() status
    while [ "${1#-}" != "$1" ]; do
        options+=("$1")
        [ "$1" = -k ] || [ "$1" = -i ] || { options+=("$2") && shift; }
        shift
    done
    tools/bench/boot-guest.sh -t 120 -p "$BUILD/policy/vouch-policy" \
        "${options[@]}" "$image" "$@" >"$log" 2>&1
    status=$?
    cat "$log"
    return $status
}

# dies PROGRAM-ARGUMENT REGEX: the domain crashes, with one line like that.
dies()
{
    boot -k "$BUILD/vtpm/test-faults" -- "$1" &&
        [ "$(grep -cE "^vtpm: the program $2" "$log")" = 1 ] &&
        [ "$(grep -c '^vtpm: ' "$log")" = 2 ]
}

tap "the program is in the image" boot "$BUILD/vtpm/test-hello" -- one two
tap_has "its arguments" "$log" '^argument 2: two$'
tap "the program is the ramdisk" \
    boot -r "$BUILD/vtpm/program-hello" "$BUILD/vtpm/base.elf" -- one two
tap_has "its arguments" "$log" '^argument 2: two$'
tap "a program for any address" boot "$BUILD/vtpm/test-pie"
tap "every system call" boot "$BUILD/vtpm/test-calls"
tap_has "all of it was tried" "$log" '^ok 55 - '
tap "all memory" boot "$BUILD/vtpm/test-memory"
tap "OpenSSL" boot -r "$BUILD/vtpm/program-crypto" "$BUILD/vtpm/base.elf"
tap "random numbers" boot "$BUILD/vtpm/test-random"
first=$(grep '^random ' "$log")
tap "and again" boot "$BUILD/vtpm/test-random"
tap "that are others" [ "$(grep '^random ' "$log")" != "$first" ]
tap "none without entropy" \
    boot -c qemu64 "$BUILD/vtpm/test-random" -- unseeded

while read -r how line; do
    tap "it dies: $how" dies "$how" "$line"
done <<'END'
null died: page fault at 0x[0-9a-f]+, address 0x8, error 6
text died: page fault at 0x[0-9a-f]+, address 0x4[0-9a-f]+, error 7
constant died: page fault at 0x[0-9a-f]+, address 0x4[0-9a-f]+, error 7
data died: page fault at 0x[0-9a-f]+, address 0x4[0-9a-f]+, error 15
rodata died: page fault at 0x[0-9a-f]+, address 0x4[0-9a-f]+, error 15
kernel died: page fault at 0x[0-9a-f]+, address 0xffffffff80001000, error 4
stack died: page fault at 0x[0-9a-f]+, address 0x3ffb[0-9a-f]+, error 6
illegal died: invalid instruction \(6\)
halt died: general protection fault \(13\)
port died: general protection fault \(13\)
divide died: trap \(0\)
breakpoint died: trap \(3\)
interrupt died: general protection fault \(13\)
step died: trap \(1\)
abort died: general protection fault \(13\)
exit ended with status 3$
END

# A count of instructions, with -icount: 50 ms is the budget of all that is
# before a vTPM is ready.
ready()
{
    local count
    boot -i -r "$BUILD/vtpm/program-crypto" "$BUILD/vtpm/base.elf"
    count=$(sed -n 's/^vtpm: pages: .*; \([0-9]*\) us$/\1/p' "$log")
    echo "$count us"
    [ -n "$count" ] && [ "$count" -lt 8000 ]
}
tap "the program begins after less than 8 ms" ready

# What xl builds: the region ends on a multiple of 4 MiB, here of all memory.
dom0_start base
tap "dom0 gives a shell" dom0_run true || tap_end

# domain NAME KERNEL RAMDISK: it runs to its end; its console is printed.
domain()
{
    dom0_run "printf '%s\n' 'name=\"$1\"' 'type=\"pv\"' 'memory=8' >$1.cfg"
    dom0_run "echo 'kernel=\"/guests/files/$2\"' >>$1.cfg"
    [ -z "$3" ] ||
        dom0_run "echo 'ramdisk=\"/guests/files/$3\"' >>$1.cfg"
    dom0_run "echo 'extra=\"-- ${4:-}\"' >>$1.cfg; echo 'on_crash=\"preserve\"' >>$1.cfg"
    dom0_run "xl create $1.cfg"
    dom0_run "wait_for 60 grep -Eq '^# result|^vtpm: the program' \
        /run/log/xen/console/guest-$1.log; sleep 1; xl list; cat /run/log/xen/console/guest-$1.log"
}
prints_domain()
{
    local output
    output=$(domain "${@:2}") || true
    grep -aEq -e "$1" <<<"$output" && return 0
    echo "$output"
    return 1
}
tap "8 MiB: the program is the ramdisk" prints_domain '^# result: pass' \
    ramdisk base.elf program-crypto
tap "8 MiB: the program is in the image" prints_domain '^# result: pass' \
    image test-crypto ''
tap "8 MiB: all memory" prints_domain '^# result: pass' \
    memory base.elf program-memory
tap "8 MiB: a program that is not one" \
    prints_domain '^vtpm: the program is not an ELF file' other base.elf lib.sh
tap "8 MiB: it dies" prints_domain \
    '^vtpm: the program died: page fault at 0x[0-9a-f]+, address 0x8, error 6' \
    dies base.elf program-faults null
prints "xl sees a crash" '^dies .*---sc-' 'xl list'
prints "of this and the one without a program, only" '^3$' \
    "xl list | grep -vc '^Name'"
dom0_stop
rm -f "$log"
tap_end

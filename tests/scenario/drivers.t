#!/bin/bash
# SPDX-License-Identifier: MIT
# The drivers of the stub-domain kernel (vtpm/base) between real ends: Debian's
# xl, Linux's xen-tpmfront in a Debian guest, libxenvchan in dom0. The program
# on it only echoes (tests/scenario/base/echo.c). HYPERVISOR=xen runs it on
# Debian's Xen.
set -u
. tests/scenario/lib/tap.sh
. tests/scenario/lib/dom0.sh

dom0_start drivers
tap "dom0 gives a shell" dom0_run '. /guests/files/drivers.sh' || tap_end
prints "a stub domain starts in 8 MiB" '' 'start_echo' || tap_end

there_and_back='bytes there and back$'
prints "its stream" "300000 $there_and_back" 'talk 300000'
prints "a client that leaves in the middle" '' 'talk 0'
for count in 5000 5001 5002; do
    prints "the next client has a stream of its own" \
        "$count $there_and_back" "talk $count"
done
prints "the program saw each end" '^5$' \
    'sleep 1; echo_says "echo: stream: Broken pipe" | wc -l'

prints "a guest with it as its TPM" '' 'with_tpm guest1' || tap_end
prints "the program was asked" '^echo: guest [0-9]+$' 'echo_says guest'
prints "the device waits" '^2$' 'backend_state guest1'
prints "Linux's driver connects" '' \
    'in_guest guest1 "modprobe xen-tpmfront"; in_guest guest1 "ls /dev/tpm0"'
prints "and so do we" '^4$' 'backend_state guest1'
prints "a command and its answer" '^800100000010000000006162636465.*66$' \
    'teach_guest guest1; in_guest guest1 "ask abcdef"'
prints "a hundred" '^100$' 'ask_many guest1 100'
prints "the driver lets go of it" '' \
    'in_guest guest1 "echo vtpm-0 >/sys/bus/xen/drivers/vtpm/unbind"'
prints "the program hears of it" 'is gone$' 'echo_says gone'
prints "the device waits again" '^2$' 'backend_state guest1'
prints "the driver comes again" '^80010000001000000000676869676869$' \
    'in_guest guest1 "echo vtpm-0 >/sys/bus/xen/drivers/vtpm/bind"
    in_guest guest1 "ask ghighi"'

prints "another guest cannot have it" '' 'refused guest2'
prints "which the stub domain says" 'domain [0-9]+ wants this TPM too' \
    'echo_says wants'
prints "the first goes on" '^80010000001000000000616161616161$' \
    'in_guest guest1 "ask aaaaaa"'

prints "the guest ends" '' 'xl destroy guest1 && wait_for 120 gone guest1'
prints "nothing is left of its device" '^0$' \
    'xenstore-ls /local/domain/$(domid echo)/backend | grep -c state; true'
prints "its stream still works" "7000 $there_and_back" 'talk 7000'
prints "the stub domain ends" '' 'down echo'
tap_has_not "the hypervisor has nothing to complain about" "$dom0_console" \
    '^\(vouch\).*(panic|PANIC|BUG|WARN)'
dom0_stop
tap_end

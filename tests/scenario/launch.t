#!/bin/bash
# SPDX-License-Identifier: MIT
# Other TPMs, firmware and loaders. Each boots; where the chain of measurement
# has a hole, the verdict is not TRUSTED and says why.
set -u
. tests/scenario/lib/tap.sh
. tests/scenario/lib/run.sh
. tests/scenario/lib/machines.sh
export CPUS=1 # the host has few

machines_run "
crb      | TPM=crb                    | kernel-log pcrs | 1
no-tpm   | TPM=none                   | kernel-log      | 4
bios     | FIRMWARE=bios              | kernel-log pcrs | 1
tboot    | FIRMWARE=bios LAUNCH=tboot | kernel-log pcrs | 1
tbootefi | LAUNCH=tboot               | kernel-log      | 1
"
verdict_of()
{
    tap_has "$1: $2" "$BUILD/scenario/$1.out" "$3"
}
verdict_of crb "the hypervisor's PCRs are not its alone" \
    '^UNTRUSTED: .*not-exclusive'
verdict_of no-tpm "there is no evidence without a TPM" 'no evidence: no TPM'
verdict_of bios "nobody measured GRUB and the hypervisor" '^UNTRUSTED'
tap_has "no-tpm: the hypervisor says that nothing is measured" \
    "$BUILD/scenario/no-tpm.serial" '^\(vouch\).*measured=no'
tap_end

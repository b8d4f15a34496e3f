#!/bin/bash
# SPDX-License-Identifier: MIT
# A tenant's guest with a TPM: end to end as `make run` has it, then root in
# dom0 against it: memory, registers, dumps, another TPM, late attachment, the
# stored state of another, of earlier, and of none, and the machine's own PCRs.
set -u
. tests/scenario/lib/tap.sh
. tests/scenario/lib/run.sh
. tests/scenario/lib/dom0.sh
. tests/scenario/lib/attested.sh

scenario_run attested TENANT=1
tap_is "end to end: the exit status" "$status" 0
tap_has "the guest has what was released to it" "$dir.out" \
    'tenant1: it has the secret'
tap_has "the verdict" "$dir.out" '^TRUSTED'
tap_has "the vTPM domain and the guest are in it" "$dir.out" 'guest kernel'

attested_start attested-dom0 || {
    tap "dom0 with a TPM" false
    tap_end
}
dom0_run '. /guests/files/attested.sh' >/dev/null
prints "vouch create" 'evidence|^$' 'tenant_up && echo evidence' || tap_end
prints "list -Z: the guest is launched" \
    '^tenant1 .*tenant01_u:guest_r:launched_t' 'xl list -Z'
prints "list -Z: its TPM as well" \
    '^tenant1-tpm .*tenant01_u:guest_r:vtpm_launched_t' 'xl list -Z'
prints "vouchd stored the state" 'stored, [0-9]+ bytes' 'cat /run/log/vouchd'
prints "and is asked for evidence" 'one quote for 1' 'cat /run/log/vouchd'
prints "vouch vtpm list" 'slot [01]: [0-9]+ bytes, version [0-9]+' \
    'vouch vtpm --dir /guests/vouch list'

# ---- root in dom0 ----
for victim in tenant1 tenant1-tpm; do
    fails "registers of $victim" '.' \
        "xenctx -a \$(domid $victim) 2>&1"
    fails "a dump of $victim" '.' "xl dump-core $victim /tmp/core 2>&1"
done
fails "late attachment" '.' \
    'xl vtpm-attach tenant1 backend=tenant1-tpm 2>&1'
prints "a second TPM domain" '^$' 'second_tpm; sleep 5'
fails "which is attached to the same guest" '.' \
    'xl vtpm-attach tenant1 backend=second 2>&1'
fails "PCR 22 by root" '.' \
    "tpm2_pcrextend 22:sha256=$(printf '%064d' 1) 2>&1"
fails "PCR 21 by root" '.' \
    "tpm2_pcrextend 21:sha256=$(printf '%064d' 1) 2>&1"
for page in 1 2 3 4; do
    fails "locality $page by /dev/mem" '.' \
        "devmem 0xfed4${page}000 8 2>&1"
done
fails "save" '.' 'xl save tenant1 /tmp/saved 2>&1'
dom0_run 'xl destroy second; u=$(tenant_state); tenant_down' >/dev/null

# ---- stored states ----
dom0_run 'cp -r $states/$u /tmp/old' >/dev/null
prints "its next life has the same TPM" evidence 'tenant_up && echo evidence'
dom0_run 'tenant_down; cp -r $states/$u /tmp/new' >/dev/null
dom0_run 'cp /tmp/old/* $states/$u/' >/dev/null
prints "an older state is refused" 'state replayed' 'tenant_refused replayed'
dom0_run 'tenant_down; rm $states/$u/*' >/dev/null
prints "no state is refused" 'state lost' 'tenant_refused lost'
dom0_run 'tenant_down; head -c 5000 /dev/urandom >$states/$u/slot0' >/dev/null
prints "anything else is refused" 'state foreign' 'tenant_refused foreign'
dom0_run 'tenant_down; cp /tmp/new/* $states/$u/' >/dev/null
prints "what was stored last is accepted" evidence \
    'tenant_up && echo evidence'
attested_stop
tap_end

#!/bin/bash
# SPDX-License-Identifier: MIT
# Root in dom0 against a guest with a TPM, on one machine that boots from
# firmware on: memory and registers, a late TPM, a second one, answers in its
# place, its stored states, the machine's PCRs and the hypervisor's calls. Each
# refusal is looked for by its reason, beside something like it that works.
set -u
. tests/scenario/lib/tap.sh
. tests/scenario/lib/dom0.sh
. tests/scenario/lib/attested.sh
export CPUS=1 # the host has few

verifies()
{
    tap "$1" tenant_verifies
}

# refuses NAME REASON [CONFIGURATION]: the vTPM says so and does not serve; no
# new TPM in place of the one that was.
refuses()
{
    local said
    # The hypervisor's own lines come in between.
    said=$(dom0_run "tenant_refused ${3:-}" | grep -v '^(vouch)')
    tap_is "$1" "$said" "vtpm: $2
back end: 1
vouch create: 1"
}

# Not within `tap`, whose command runs in a subshell: the machine would end there.
attested_start attested >"$BUILD/scenario/attested.start" 2>&1
tap "dom0 with a TPM, its states open" attested_is_up || {
    sed 's/^/# /' "$BUILD/scenario/attested.start"
    tap_end
}
tenant_ask
prints "vouch create" '^created$' 'vouch create $tenant && echo created' ||
    tap_end
verifies "its evidence verifies" || tap_end
key=$(tenant_key)
life=$(tenant_life)
prints "list -Z: the guest is launched" \
    '^tenant1 .* tenant01_u:guest_r:launched_t$' 'xl list -Z'
prints "list -Z: its TPM as well" \
    '^tenant1-tpm .* tenant01_u:guest_r:vtpm_launched_t$' 'xl list -Z'
dom0_run 'state=$(tenant_state); cp -r $states/$state /tmp/old' >/dev/null
prints "vouch vtpm show" '^  slot [01]: [0-9]+ bytes, start [0-9]+, store [0-9]+$' \
    'vouch vtpm --dir $states show $state'
prints "vouch vtpm export" '^0$' \
    'vouch vtpm --dir $states export $state -o /tmp/old.json; echo $?'

tap "vouch vtpm certify: the operator's CA certifies its EK" tenant_certify
dom0_put "$RUN/ek.crt" /tmp/ek.crt
prints "vouch vtpm certificate" '^0$' \
    'vouch vtpm --dir $states certificate $state /tmp/ek.crt; echo $?'

# ---- memory and registers ----
dom0_run 'xl create -q -p /etc/xen/guest1.cfg memory=96 vif=[] disk=[]' \
    >/dev/null
prints "a frame of a guest that nobody launched" '^map: mapped, 0x' \
    'attack_frame guest1'
prints "and its registers" '^Call Trace:' 'xenctx $(domid guest1) 2>&1'
dom0_run 'xl destroy guest1; xl dmesg -c >/dev/null' >/dev/null
for victim in tenant1 tenant1-tpm; do
    fails "a frame of $victim" '^map: refused: No such process$' \
        "attack_frame $victim"
    prints "registers of $victim" '^xc_vcpu_getcontext: No such process$' \
        "xenctx \$(domid $victim) 2>&1"
done
fails "a dump" "Couldn't map live_shinfo .*No such process" \
    'xl dump-core tenant1 /tmp/core 2>&1'
prints "the log names who, what and whom" \
    'denied  \{ getvcpucontext \} for .*tcontext=tenant01_u:guest_r:launched_t tclass=domain' \
    'xl dmesg'
fails "save" '^Failed to save domain' 'xl save tenant1 /tmp/saved 2>&1'
prints "the guest lives" '^alive$' 'in_guest tenant1 "echo alive"'
prints "pause" '^tenant1 .* [-r]-?b?-?p' 'xl pause tenant1; xl list tenant1'
prints "unpause, console" '^here$' \
    'xl unpause tenant1; in_guest tenant1 "echo here"'

# ---- the hypervisor's calls, the machine's TPM ----
prints "what dom0 may ask of the hypervisor" '^state_read: done$' \
    '/tmp/attacker state_read 0'
prints "and of the guest" '^launch_info: done$' \
    '/tmp/attacker launch_info $(domid tenant1)'
for call in state_key state_mark identity; do
    fails "$call, which is a vTPM's" "^$call: refused: No such process$" \
        "/tmp/attacker $call \$(domid tenant1)"
done
prints "the log names the call" \
    'denied  \{ serve \} for .*tcontext=tenant01_u:guest_r:launched_t tclass=measure .*hc=vouch_op.identity' \
    'xl dmesg'
prints "the TPM's locality 0" '^physical: mapped, 0x00011014$' \
    '/tmp/attacker physical 0xfed40f00'
for locality in 1 2 3 4; do
    fails "its locality $locality" \
        '^physical: refused: Operation not permitted$' \
        "/tmp/attacker physical 0xfed4${locality}f00"
done
value=sha256=$(printf '%064d' 1)
prints "PCR 16 by root" '^0$' "tpm2_pcrextend 16:$value && tpm2_pcrreset 16; echo \$?"
for pcr in 21 22; do
    fails "PCR $pcr by root" 'bad locality' "tpm2_pcrextend $pcr:$value 2>&1"
    fails "PCR $pcr begun anew" 'bad locality' "tpm2_pcrreset $pcr 2>&1"
done

# ---- the next life ----
tenant_ask
prints "reboot" '^0$' 'xl reboot tenant1; echo $?'
verifies "the pair is another, and its evidence verifies"
tap_is "with the same key" "$(tenant_key)" "$key"
tap "in another life" test "$(tenant_life)" -gt "$life"
prints "its TPM has the EK's certificate" \
    "^$(sha256sum <"$RUN/ek.crt" | cut -d ' ' -f 1)" \
    'in_guest tenant1 "tpm2_nvread -T device:/dev/tpm0 0x1c0000a | sha256sum"'

# ---- another TPM, late ----
# Linux's xenwatch then waits in that driver's probe: no reboot after this.
dom0_run 'tpm_create second' >/dev/null
fails "late attachment" 'Unable to add vtpm with id 1' \
    'xl vtpm-attach tenant1 backend=second 2>&1'
dom0_run 'tpm_offer tenant1 second' >/dev/null
prints "past xl" 'gives no key for this guest: -3$' \
    "tpm_says second 'gives no key'"
prints "it is not served" '^1$' 'tpm_state second tenant1'
dom0_run 'xl destroy second' >/dev/null
dom0_run 'tenant_down; cp -r $states/$state /tmp/new' >/dev/null

# ---- stored states ----
dom0_run 'tenant_restore /tmp/old' >/dev/null
refuses "an older state" 'state replayed: a newer one was stored'
fails "vouch vtpm import where one is" 'a state is stored; --force replaces' \
    'vouch vtpm --dir $states import /tmp/old.json 2>&1'
prints "import --force" '^0$' \
    'tenant_restore /tmp/new; vouch vtpm --dir $states import /tmp/old.json --force; echo $?'
refuses "an older state that was exported" \
    'state replayed: a newer one was stored'
dom0_run 'rm $states/$state/slot*' >/dev/null
refuses "no state" 'state lost: nothing is stored, but there was a state'
dom0_run 'tenant_restore /tmp/new; damage $(newest_slot)' >/dev/null
refuses "one byte changed" 'state foreign or damaged'
dom0_run 'tenant_restore /tmp/new; u=11111111-2222-3333-4444-555555555555
cp -r $states/$state $states/$u
(cat $tenant; echo "uuid=\"$u\"") >/tmp/other.cfg' >/dev/null
refuses "a copy for another guest" 'state foreign or damaged' /tmp/other.cfg

# ---- plain xl ----
tenant_ask
prints "plain xl, the TPM first" '^0$' \
    'tpm_create tenant1-tpm; xl create -q $tenant "uuid=\"$state\""; echo $?'
verifies "its evidence verifies"
tap_is "with the same key again" "$(tenant_key)" "$key"
dom0_run 'xl destroy tenant1; xl destroy tenant1-tpm; wait_for 240 alone' \
    >/dev/null
prints "vouch vtpm list" '^11111111-2222-3333-4444-555555555555$' \
    'vouch vtpm --dir $states list'
prints "vouch vtpm destroy" '^0$' \
    'vouch vtpm --dir $states destroy $state; echo $?'
fails "it is no longer there" 'nothing is stored' \
    'vouch vtpm --dir $states show $state 2>&1'

# ---- answers in its place ----
dom0_run 'tpm_create tenant1-tpm; tpm_create second
xl create -q -p $tenant "uuid=\"$state\""' >/dev/null
prints "a destroyed state begins anew" '^vtpm: a new TPM' \
    "tpm_says tenant1-tpm '^vtpm: (a new TPM|ready)'"
dom0_run "tpm_says tenant1-tpm '^vtpm: ready'; tpm_redirect tenant1 second" \
    >/dev/null
prints "a second TPM of a guest" 'it has to be gone first' \
    "tpm_says second 'gone first'"
prints "does not serve it" '^1$' 'tpm_state second tenant1'
tenant_ask
dom0_run 'xl unpause tenant1' >/dev/null
prints "led to it by the store, the guest has no TPM" 'No such file' \
    "console_has tenant1 '^guest: Linux .* is up'; sleep 5
in_guest tenant1 'ls /dev/tpm0'; true"
tap_is "and sends no evidence" "$(tenant_answers 1 && echo evidence)" ''
dom0_run 'for i in tenant1 tenant1-tpm second; do xl destroy $i; done' >/dev/null
attested_stop
tap_end

# SPDX-License-Identifier: MIT
# The tenant's side: who waits for a guest's evidence, judges it offline, and
# lets it have a secret. It shares with the guest a disk that nobody trusts, and
# with the operator the manifest.

tenant_firmware="OVMF 2022.11-6+deb12u2, q35, 2048 MiB, 2 CPUs, virtio disk"

# Reference values of the vTPM and of the tenant's guest, from their files, and
# the hypervisor's words: which vTPM gets keys, and who approves of the machine.
tenant_words()
{
    local vtpm state
    vtpm=$("$VOUCH" ref make vtpm --bundle "$VTPM_BUNDLE" \
        -o "$RUN/vtpm.json") || fail "the vTPM has no reference values"
    "$VOUCH" ref make guest --name tenant1 --bundle "$TENANT_BUNDLE" \
        -o "$RUN/tenant1.json" || fail "the guest has no reference values"
    state=$("$VOUCH" vtpm state-key "$RUN/operator.pub") ||
        fail "the operator's key is none"
    HV_CMDLINE="$HV_CMDLINE $vtpm $state"
}

# The operator approves of the machine that the manifest describes: its
# hypervisor may have the key of what vTPMs store. PCR 0 is left out, for with
# this firmware it depends on how many CPUs and how much memory the machine has,
# and the manifest's firmware need not be of this one: another firmware would
# pass, which is no matter where QEMU brings it.
tenant_approve()
{
    "$VOUCH" vtpm authorize --key "$RUN/operator.key" \
        --manifest "$RUN/manifest.json" --manifest-key "$RUN/operator.pub" \
        --firmware "$tenant_firmware" --select 2,4,7,8,9,21 \
        -o "$RUN/approval" >"$RUN/approved" || fail "the machine's state could not be approved"
}

tenant_new()
{
    tenant_nonce=$(od -An -v -tx1 -N 32 /dev/urandom | tr -d ' \n')
    echo "$tenant_nonce" >"$RUN/tenant1.nonce"
    mailbox_new "$RUN/tenant1.img" "$tenant_nonce"
}

# tenant_wait_for FILE: until the guest's reply has it, in $RUN/tenant1/, or
# until it says that there will be none, or the machine ends.
tenant_wait_for()
{
    local size=0 last=$SECONDS now
    while machine_is_running && [ $((SECONDS - last)) -lt "$STALL" ]; do
        machine_tell
        now=$(stat -c %s "$machine/serial.log")
        if [ "$now" != "$size" ]; then
            size=$now
            last=$SECONDS
        fi
        if mailbox_open "$RUN/tenant1.img" "$RUN/tenant1" 2>/dev/null; then
            [ -f "$RUN/tenant1/$1" ]
            return
        fi
        sleep 0.3
    done
    return 1
}

tenant_verify()
{
    "$VOUCH" verify --manifest "$RUN/manifest.json" \
        --manifest-key "$RUN/operator.pub" --nonce "$tenant_nonce" \
        --guest tenant1 "$@" "$RUN/tenant1/evidence.json"
}

# The secret goes out only to what the same manifest accepts.
tenant_release()
{
    head -c 32 /dev/urandom >"$RUN/secret"
    "$VOUCH" release --manifest "$RUN/manifest.json" \
        --manifest-key "$RUN/operator.pub" --nonce "$tenant_nonce" \
        --guest tenant1 --secret "$RUN/secret" -o "$RUN/release" "$RUN/tenant1/evidence.json" &&
        mailbox_answer "$RUN/tenant1.img" "$RUN/release"
}

# The verdict in $tenant_status: as vouch verify's, 4 without evidence, 5 when
# the guest did not get what was released to it.
tenant_attest()
{
    tenant_status=4
    if ! tenant_wait_for evidence.json; then
        progress "tenant1: no evidence came"
        return
    fi
    progress "tenant1: evidence of $(stat -c %s \
        "$RUN/tenant1/evidence.json") bytes"
    tenant_status=0
    tenant_verify >"$RUN/tenant1.verdict" || tenant_status=$?
    if [ "$tenant_status" != 0 ]; then
        mailbox_refuse "$RUN/tenant1.img"
        progress "tenant1: not trusted, nothing is released"
        return
    fi
    tenant_release || fail "no release for what was verified"
    progress "tenant1: verified, a secret is released to it"
    if tenant_wait_for secret.sha256 &&
        [ "$(cat "$RUN/tenant1/secret.sha256")" = \
            "$(sha256sum <"$RUN/secret" | cut -d ' ' -f 1)" ]; then
        progress "tenant1: it has the secret"
    else
        tenant_status=5
        progress "tenant1: it does not have the secret"
    fi
}

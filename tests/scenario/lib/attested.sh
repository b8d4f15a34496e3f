# SPDX-License-Identifier: MIT
# dom0's shell (lib/dom0.sh) on the whole machine of `make run`, with reference
# values and approval as there, and the tenant's side: nonces, and a verdict on
# what the guest sends. Boots from firmware on, so that a verdict is one of the
# whole chain.
. tools/run/lib/common.sh
. tools/run/lib/mailbox.sh
. tools/run/lib/tenant.sh

# attested_start NAME: 0 when dom0's shell is there. Leaves $RUN and the machine.
attested_start()
{
    RUN=$BUILD/scenario/$1-run
    tenant_disk=$RUN/tenant1.img
    CONSOLE=1 TENANT=1 RUN=$RUN dom0_begin "$1" timeout -k 5 "$dom0_limit" \
        tools/run/run.sh || return 1
    dom0_run '. /guests/files/attested.sh' >/dev/null
}

attested_is_up()
{
    dom0_prints 'versions is open' \
        'wait_for 120 grep "^vouchd: up" $vouchd_log; cat $vouchd_log'
}

# The machine has the file open: it is written, not made anew.
tenant_ask()
{
    tenant_nonce=$(od -An -v -tx1 -N 32 /dev/urandom | tr -d ' \n')
    mailbox_new "$RUN/asked.img" "$tenant_nonce"
    dd if="$RUN/asked.img" of="$tenant_disk" bs=1M conv=notrunc status=none
}

# tenant_answers SECONDS: the guest's evidence is in $RUN/tenant1.
tenant_answers()
{
    local end=$((SECONDS + $1))
    while ! mailbox_open "$tenant_disk" "$RUN/tenant1" 2>/dev/null; do
        [ $SECONDS -lt $end ] || return 1
        sleep 0.3
    done
    [ -f "$RUN/tenant1/evidence.json" ]
}

# Evidence over the last nonce has come, and everything in it is good.
tenant_verifies()
{
    tenant_answers 400 || {
        echo "no evidence came"
        dom0_run 'tail -n 5 /run/log/xen/console/guest-tenant1.log'
        return 1
    }
    tenant_verify
}

# tenant_says SED: what the last verdict says, from what the script prints.
tenant_says()
{
    tenant_verify | sed -n "$1"
}

# The key that signed the last evidence, and which life of the guest it was.
tenant_key()
{
    sed -n '/"guest": {/,$s/.*"public": "\([^"]*\)".*/\1/p' \
        "$RUN/tenant1/evidence.json"
}

tenant_life()
{
    tenant_says 's/^its instance \([0-9]*\),.*/\1/p'
}

# A certificate for the EK of the guest's TPM, from a CA of the operator's, after
# the last evidence: $RUN/ek.crt.
tenant_certify()
{
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
        -subj "/CN=operator's CA" -keyout "$RUN/ca.key" -out "$RUN/ca.crt" \
        2>/dev/null &&
        "$VOUCH" vtpm certify --manifest "$RUN/manifest.json" \
            --manifest-key "$RUN/operator.pub" --guest tenant1 \
            --nonce "$tenant_nonce" --ca-key "$RUN/ca.key" \
            --ca-cert "$RUN/ca.crt" -o "$RUN/ek.crt" \
            "$RUN/tenant1/evidence.json"
}

attested_stop()
{
    dom0_stop
}

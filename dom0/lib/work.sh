# SPDX-License-Identifier: MIT
# What dom0 does unless it is to be a shell: guests, evidence, then the checks
# that the mailbox names, then the reply.

work_evidence()
{
    nonce=$(mailbox_nonce)
    if [ -z "$nonce" ]; then
        return
    fi
    if [ ! -e /dev/tpmrm0 ]; then
        say "no TPM: no evidence"
        echo "no TPM" >/run/reply/evidence.error
        return
    fi
    say "making evidence over nonce $nonce"
    if vouch quote --nonce "$nonce" -o /run/reply/evidence.json \
        >/run/reply/quote.log 2>&1; then
        say "evidence of $(stat -c %s /run/reply/evidence.json) bytes"
    else
        say "no evidence: $(tail -n 1 /run/reply/quote.log)"
        cp /run/reply/quote.log /run/reply/evidence.error
    fi
}

work_check()
{
    check=/lib/vouch/checks/$1
    if [ ! -x "$check" ]; then
        say "check $1: not in this image"
        echo "not ok" >"/run/reply/check-$1.status"
        return
    fi
    mkdir -p "/run/reply/$1"
    if (cd "/run/reply/$1" && "$check") >"/run/reply/check-$1.log" 2>&1; then
        say "check $1: ok"
        echo "ok" >"/run/reply/check-$1.status"
    else
        say "check $1: failed: $(tail -n 1 "/run/reply/check-$1.log")"
        echo "not ok" >"/run/reply/check-$1.status"
    fi
}

# Guests do what their configuration says, while dom0 tells what they reach.
work_guests()
{
    count=$(mailbox_guests)
    [ -n "$count" ] || return
    if guests_start "$count" && guests_meet "$count"; then
        echo "ok" >/run/reply/guests.status
    else
        echo "not ok" >/run/reply/guests.status
    fi
    guests_stop "$count"
}

# A tenant's guest and its verifier have no use for what dom0 says of it.
work_tenants()
{
    count=$(mailbox_tenants)
    number=0
    while [ "$number" -lt "${count:-0}" ]; do
        number=$((number + 1))
        if tenant_start "tenant$number"; then
            tenant_wait "tenant$number"
        fi
    done
}

work_domains()
{
    [ -n "$(mailbox_guests)$(mailbox_tenants)" ] || return
    if toolstack_start && vouchd_start; then
        work_guests
        work_tenants
    fi
    cp /run/log/xen/console/* /run/log/xen/*.log /run/reply/
}

work()
{
    if ! mailbox_find; then
        say "no mailbox disk: nothing to do"
        return
    fi
    say "mailbox is $mailbox"
    work_domains
    work_evidence
    for name in $(mailbox_checks); do
        work_check "$name"
    done
    dmesg >/run/reply/dmesg
    if mailbox_reply /run/reply; then
        say "reply sent"
    else
        say "the reply could not be written"
    fi
}

#!/bin/bash
# SPDX-License-Identifier: MIT
# One byte of one component is changed after the reference values were made:
# the machine still boots, the verdict is UNTRUSTED, and it names exactly that
# component.
set -u
. tests/scenario/lib/tap.sh
. tests/scenario/lib/run.sh

# blamed [EVIDENCE NONCE]: the components that the verdict blames: rows that
# differ, without those that only follow from another.
blamed()
{
    "$VOUCH" verify --json --manifest "$dir/run/manifest.json" \
        --manifest-key "$dir/run/operator.pub" \
        --nonce "${2:-$(cat "$dir/run/nonce")}" \
        "$dir/run/${1:-reply/evidence.json}" |
        perl -MJSON::PP -e 'my $v = decode_json(join "", <>);
            print join " ", map { $_->{component} }
                grep { $_->{result} eq "differs" } @{$v->{components}};'
}

for component in hypervisor cmdline policy kernel initrd grubcfg; do
    scenario_run "tamper-$component" TAMPER="$component"
    tap_has "$component: one byte was changed" "$dir.out" 'tampering: .*0x'
    tap_has "$component: the machine boots all the same" "$dir.serial" \
        '^dom0: reply sent'
    tap_is "$component: the exit status" "$status" 1
    tap_has "$component: the verdict is UNTRUSTED" "$dir.out" '^UNTRUSTED'
    tap_is "$component: it is what the verdict blames" "$(blamed)" "$component"
done

# What guests with TPMs are made of. Another launcher or vTPM is another image of
# dom0, for which nobody approved: there are no keys, so no guest, and dom0's own
# evidence tells why.
for component in launcher vtpm; do
    scenario_run "tamper-$component" TENANT=1 TAMPER="$component"
    tap_has "$component: one byte was changed" "$dir.out" 'tampering: .*0x'
    tap_has "$component: there is no guest's evidence" "$dir.out" \
        'tenant1: no evidence came'
    tap_is "$component: the exit status" "$status" 1
    tap_has "$component: the verdict is UNTRUSTED" "$dir.out" '^UNTRUSTED'
    tap "$component: dom0's initrd is blamed" \
        grep -qw initrd <<<"$(blamed)"
done
for component in guest-kernel guest-initrd guest-cmdline; do
    scenario_run "tamper-$component" TENANT=1 TAMPER="$component"
    tap_has "$component: one byte was changed" "$dir.out" 'tampering: .*0x'
    tap_has "$component: nothing is released" "$dir.out" \
        'not trusted, nothing is released'
    tap_is "$component: the exit status" "$status" 1
    tap_has "$component: the verdict is UNTRUSTED" "$dir.out" '^UNTRUSTED'
    tap_is "$component: it is what the verdict blames" "$(blamed \
        tenant1/evidence.json "$(cat "$dir/run/tenant1.nonce")")" "$component"
done
tap_end

#!/bin/bash
# SPDX-License-Identifier: MIT
# One byte of a component is changed after the reference values were made: the
# machine still boots, the verdict is UNTRUSTED, and it names exactly that
# component. Those joined by "+" are changed in one boot, and exactly they are
# named. TAMPERS="NAMES" takes others, `make soak` each by itself.
set -u
. tests/scenario/lib/tap.sh
. tests/scenario/lib/run.sh
export CPUS=1 # the host has few

# blamed EVIDENCE NONCE [OPTION...]: the components that the verdict
# blames: rows that differ, without those that only follow from another.
blamed()
{
    "$VOUCH" verify --json --manifest "$dir/run/manifest.json" \
        --manifest-key "$dir/run/operator.pub" \
        --nonce "$(cat "$dir/run/$2")" "${@:3}" "$dir/run/$1" |
        perl -MJSON::PP -e 'my $v = decode_json(join "", <>);
            print join "+", sort map { $_->{component} }
                grep { $_->{result} eq "differs" } @{$v->{components}};'
}

tampered() # COMPONENTS [VARIABLE...]
{
    scenario_run "tamper-$1" TAMPER="${1//+/ }" "${@:2}"
    tap_has "$1: one byte was changed" "$dir.out" 'tampering: .*0x'
    tap_is "$1: the exit status" "$status" 1
    tap_has "$1: the verdict is UNTRUSTED" "$dir.out" '^UNTRUSTED'
}

# Of the host: the machine boots, and dom0's evidence tells.
host() # COMPONENTS
{
    tampered "$1"
    tap_has "$1: the machine boots all the same" "$dir.serial" \
        '^dom0: reply sent'
    tap_is "$1: it is what the verdict blames" "$(blamed \
        reply/evidence.json nonce)" "$1"
}

# What guests with TPMs are made of. Another launcher or vTPM is another image of
# dom0, for which nobody approved: there are no keys, so no guest, and dom0's own
# evidence tells why; another vTPM was launched all the same, and is logged.
dom0s() # COMPONENTS BLAMED
{
    tampered "$1" TENANT=1
    tap_has "$1: there is no guest's evidence" "$dir.out" \
        'tenant1: no evidence came'
    tap_is "$1: what the verdict blames" "$(blamed \
        reply/evidence.json nonce)" "$2"
}

# Of the guest: it runs and has a TPM, and its own evidence tells.
guests() # COMPONENTS
{
    tampered "$1" TENANT=1
    tap_has "$1: nothing is released" "$dir.out" \
        'not trusted, nothing is released'
    tap_is "$1: it is what the verdict blames" "$(blamed \
        tenant1/evidence.json tenant1.nonce --guest tenant1)" "$1"
}

: "${TAMPERS:=hypervisor+initrd+policy cmdline+grubcfg+kernel
    launcher+vtpm guest-cmdline+guest-initrd+guest-kernel}"
for components in $TAMPERS; do
    case $components in
    launcher) dom0s launcher initrd ;;
    vtpm | launcher+vtpm) dom0s "$components" initrd+vtpm ;;
    guest-*) guests "$components" ;;
    *) host "$components" ;;
    esac
done
tap_end

#!/bin/bash
# SPDX-License-Identifier: MIT
# What `make run` runs when everything is built: reference values from the
# files, a boot in QEMU with a software TPM, in it a tenant's guest; the guest's
# evidence, the verdict, and a secret for it; else dom0's evidence, and that
# verdict. Exit status: vouch verify's (0 trusted, 1 untrusted, 2 malformed, 3
# stale); 4 when there is no evidence to appraise.
#
# Environment: what lib/machine.sh and ../image/mkdisk.sh say, and
#   RUN=build/run   where all state is
#   CONSOLE=1       a shell in dom0 on this terminal, no verdict
#   TAMPER="NAMES"  change one byte of each of these components after the
#                   reference values were made (tamper.sh)
#   CHECKS="NAMES"  dom0/checks to run as well
#   GUESTS=2        so many guests, which ping each other and write their disks
#   TENANT=         no tenant's guest
set -euo pipefail

here=$(dirname "$0")
top=$here/../..
for part in common tpm mailbox machine tenant; do
    . "$here/lib/$part.sh"
done

: "${RUN:=build/run}" "${CONSOLE:=}" "${TAMPER:=}" "${CHECKS:=}"
: "${POLICY_FILE=}" "${VOUCH:=build/host/vouch}" "${LAUNCH:=grub}"
: "${ENDORSEMENTS:=$top/dom0/firmware}"
disk=$RUN/disk.img

make_disk()
{
    FIRMWARE=$FIRMWARE LAUNCH=$LAUNCH "$here/../image/mkdisk.sh" "$disk"
    progress "disk: $(du -m "$disk" | cut -f 1) MiB with GRUB, $(
        cd "$disk.d/boot" && echo *)"
}

enroll()
{
    tpm_start_for_tools
    "$VOUCH" enroll --tcti "swtpm:path=$tpm_sockets/c" -o "$RUN/ak.pub" ||
        fail "the TPM could not be enrolled"
    [ -z "$TENANT" ] ||
        "$VOUCH" vtpm setup --tcti "swtpm:path=$tpm_sockets/c" ||
        fail "the TPM has no place for a counter"
    tpm_stop
    progress "TPM: fresh swtpm, its attestation key is enrolled"
}

# Reference values are those of the whole chain, firmware to GRUB to hypervisor.
# Of another launch of the same files, the verdict says what is missing. No CA
# vouches for the TPM, which this script made itself.
make_reference()
{
    local file endorsements=() images=() esp=$disk.d
    if [ "$FIRMWARE $LAUNCH" != "efi grub" ]; then
        FIRMWARE=efi LAUNCH=grub "$here/../image/mkdisk.sh" "$RUN/efi.img"
        esp=$RUN/efi.img.d
    fi
    for file in "$ENDORSEMENTS"/*.json; do
        endorsements+=(--firmware "$file")
    done
    [ -z "$TENANT" ] ||
        images=(--vtpm "$RUN/vtpm.json" --guest "$RUN/tenant1.json")
    "$VOUCH" ref make --key "$RUN/operator.key" --esp "$esp" \
        --embedded "$top/dom0/grub-embed.cfg" "${endorsements[@]}" \
        "${images[@]}" --ak "$RUN/ak.pub" --accept-unproven-ek \
        -o "$RUN/manifest.json" ||
        fail "the reference values could not be made"
    progress "reference values: computed from the files, nothing booted yet"
}

boot()
{
    progress "boot: $CPUS CPUs ($CPU), $MEM MiB, TPM $TPM, $FIRMWARE"
    machine_start "$RUN" "$disk" "$RUN/mailbox.img"
    [ -z "$TENANT" ] || tenant_attest
    machine_watch ||
        fail "no word for $STALL s; see the end of $RUN/serial.log"
    local status=0
    machine_wait || status=$?
    case $status in
    0) progress "boot: the machine powered itself off" ;;
    124 | 137) fail "no end after $TIMEOUT s; see $RUN/serial.log" ;;
    *) fail "QEMU failed ($status): $(tail -n 1 "$RUN/qemu.log")" ;;
    esac
}

collect()
{
    if ! mailbox_open "$RUN/mailbox.img" "$RUN/reply"; then
        echo "run: dom0 sent nothing; the end of $RUN/serial.log is:" >&2
        machine_console | tail -n 12 >&2
        exit 4
    fi
    if [ -f "$RUN/reply/evidence.error" ]; then
        echo "run: no evidence: $(tail -n 1 "$RUN/reply/evidence.error")" >&2
        exit 4
    fi
    progress "evidence: $(stat -c %s "$RUN/reply/evidence.json") bytes"
}

# As the mailbox takes it; empty without one.
approval_hex()
{
    [ ! -f "$RUN/approval" ] || od -An -v -tx1 "$RUN/approval" | tr -d ' \n'
}

# With a TPM the reference values are made, and the machine is approved, as for
# a verdict: what a guest sends can be verified beside the shell.
run_console()
{
    mailbox_new "$RUN/mailbox.img" "" "approval=$(approval_hex)"
    [ "$TPM" = none ] || tpm_start_for_machine
    machine_arguments "$RUN" "$disk" "$RUN/mailbox.img"
    progress "a shell in dom0 follows; ctrl-a x ends it"
    "${machine_qemu[@]}" -serial mon:stdio
}

rm -rf "$RUN"
mkdir -p "$RUN"
[ "$TPM" = none ] || tpm_new "$RUN"
trap 'run_cleanup; [ "$TPM" = none ] || tpm_end' EXIT

# Keys for guests' TPMs need a TPM and a policy.
if [ "$TPM" = none ] || [ -z "$POLICY_FILE" ]; then
    TENANT=
fi
"$VOUCH" ref keygen -o "$RUN/operator.key" -p "$RUN/operator.pub"
[ -z "$TENANT" ] || tenant_words
[ -z "$CONSOLE" ] ||
    DOM0_CMDLINE="$DOM0_CMDLINE vouch.shell ${GUESTS:+vouch.guests=$GUESTS}"
make_disk
if [ "$TPM" != none ]; then
    enroll
    # Another hypervisor has no policy, and there is nothing to appraise.
    [ -z "$POLICY_FILE" ] || make_reference
fi
if [ -n "$GUESTS$TENANT" ]; then
    cp --sparse=always "$GUESTS_DISK" "$RUN/guests.img"
fi
if [ -n "$TENANT" ]; then
    tenant_approve
    tenant_new
fi
for component in $TAMPER; do
    progress "tampering: $("$here/tamper.sh" "$disk" "$component" \
        "$RUN/guests.img")"
done
if [ -n "$CONSOLE" ]; then
    run_console
    exit
fi
nonce=$(od -An -v -tx1 -N 32 /dev/urandom | tr -d ' \n')
echo "$nonce" >"$RUN/nonce"
mailbox_new "$RUN/mailbox.img" "$nonce" "checks=$CHECKS" "guests=$GUESTS" \
    "tenants=${TENANT:+1}" "approval=$(approval_hex)"
tenant_status=4
boot
collect
if [ -n "$GUESTS" ]; then
    [ "$(cat "$RUN/reply/guests.status")" = ok ] ||
        fail "a guest did not do what it should; see $RUN/reply/"
    progress "guests: each of $GUESTS reached the others and verified its disk"
fi
[ -n "$POLICY_FILE" ] || exit 0
[ "$tenant_status" != 5 ] || fail "what was released did not arrive"
progress "verdict:"
if [ "$tenant_status" != 4 ]; then
    cat "$RUN/tenant1.verdict"
    exit "$tenant_status"
fi
status=0
"$VOUCH" verify --manifest "$RUN/manifest.json" \
    --manifest-key "$RUN/operator.pub" --nonce "$nonce" \
    "$RUN/reply/evidence.json" || status=$?
exit $status

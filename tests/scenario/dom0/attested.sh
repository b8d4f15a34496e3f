# SPDX-License-Identifier: MIT
# Guests with TPMs, and what root in dom0 does to them. The tenant's disk is the
# machine's, and its verifier outside.

tenant=/etc/xen/tenant1.cfg
tpm_log=/run/log/xen/console/guest-tenant1-tpm.log
states=/guests/vouch
vouchd_log=/run/log/xen/vouchd.log
cp /guests/files/attacker /tmp/attacker

# The frame of its ring to the store: of a PV guest it is told there.
frame_of()
{
    xenstore-read "/local/domain/$(domid "$1")/store/ring-ref"
}

# Root's program, at a frame or in the name of a guest.
attack_frame()
{
    /tmp/attacker map "$(domid "$1")" "$(frame_of "$1")"
}

# tpm_create NAME: a TPM domain by plain xl, ready.
tpm_create()
{
    : >"$(log_of "$1")"
    xl create -q /dev/null "name=\"$1\"" 'type="pv"' 'memory=8' \
        'kernel="/usr/lib/vouch/launcher"' \
        'ramdisk="/usr/lib/vouch/vtpm.bundle"' \
        'seclabel="tenant01_u:guest_r:vtpm_t"' &&
        wait_for 120 xenstore-exists \
            "/local/domain/$(domid "$1")/data/vouch/ring-ref"
}

# tpm_offer GUEST NAME: the store tells that domain that it has the guest's
# device, past xl; tpm_redirect tells the guest and vouchd too that it is there.
tpm_offer()
{
    guest=$(domid "$1")
    back=$(domid "$2")
    front=/local/domain/$guest/device/vtpm/0
    path=/local/domain/$back/backend/vtpm/$guest/0
    xenstore-write "$path/frontend" "$front" "$path/frontend-id" "$guest" \
        "$path/online" 1 "$path/handle" 0 "$path/state" 1
    xenstore-chmod -r "$path" "n$back" "r$guest"
}

tpm_redirect()
{
    tpm_offer "$1" "$2"
    xenstore-write "$front/backend" "$path" "$front/backend-id" "$back" \
        "/libxl/$guest/device/vtpm/0/backend" "$path"
}

# tpm_state NAME GUEST: its back end's, of that guest; 1: not served.
tpm_state()
{
    xenstore-read "/local/domain/$(domid "$1")/backend/vtpm/$(domid "$2")/0/state"
}

# tpm_says NAME REGEX [SECONDS]: on its console.
tpm_says()
{
    wait_for "${3:-240}" grep -aEq "$2" "$(log_of "$1")" ||
        tr -d '\r' <"$(log_of "$1")"
    tr -d '\r' <"$(log_of "$1")" | grep -aE "$2"
}

# Its state belongs to its UUID.
tenant_state()
{
    xenstore-read "/local/domain/$(domid tenant1)/vm" | sed 's,/vm/,,'
}

tenant_down()
{
    gone tenant1 || xl destroy tenant1
    wait_for 240 alone
}

# tenant_restore FOLDER: its stored state is that.
tenant_restore()
{
    rm -f "$states/$state"/slot*
    cp "$1"/* "$states/$state/"
}

# The slot that was written last, by the version in its header.
newest_slot()
{
    vouch vtpm --dir $states show "$state" |
        sed -n 's/.*slot \([01]\):.* start \([0-9]*\), store \(.*\)/\2 \3 \1/p' |
        sort -n -k 1,1 -k 2,2 | tail -n 1 | sed "s,.* ,$states/$state/slot,"
}

# One byte of its ciphertext is another.
damage()
{
    local byte
    byte=$(dd if="$1" bs=1 skip=200 count=1 2>/dev/null | xxd -p)
    printf '%02x' $((0x$byte ^ 1)) | xxd -r -p |
        dd of="$1" bs=1 seek=200 conv=notrunc 2>/dev/null
}

# tenant_refused [CONFIGURATION]: the pair is started; its TPM tells why it
# serves nobody, and does not.
tenant_refused()
{
    : >$tpm_log
    vouch create "${1:-$tenant}" >/tmp/refused 2>&1 &
    wait_for 240 grep -aEq '^vtpm: (state |ready|the |a new)' $tpm_log
    tr -d '\r' <$tpm_log | grep -aE '^vtpm: (state |ready|the |a new)'
    echo "back end: $(tpm_state tenant1-tpm tenant1)"
    xl destroy tenant1-tpm
    wait $!
    echo "vouch create: $?"
    wait_for 240 alone
}

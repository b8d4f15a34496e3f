# SPDX-License-Identifier: MIT
# dom0's shell (lib/dom0.sh) on a machine with a software TPM, where guests can
# have TPMs: the operator's key is on the hypervisor's command line, and what
# the PCRs hold after this boot, without firmware's and GRUB's part, is approved:
# `vouch vtpm authorize` would refuse to.
. tools/run/lib/common.sh
. tools/run/lib/tpm.sh

# withtpm_start NAME [ARGUMENT OF tools/run/dom0.sh...]: 0 when vouchd is up and
# its table open.
withtpm_start()
{
    local name=$1 words work=$BUILD/scenario/$1-tpm
    shift
    rm -rf "$work"
    mkdir -p "$work"
    tpm_new "$work"
    tpm_start_for_tools
    "$VOUCH" vtpm setup --tcti "swtpm:path=$tpm_sockets/c" || return 1
    tpm_stop
    "$VOUCH" ref keygen -o "$work/operator.key" -p "$work/operator.pub"
    words=$("$VOUCH" vtpm state-key "$work/operator.pub")
    words="$words $("$VOUCH" ref make vtpm --bundle "$VTPM_BUNDLE" \
        -o "$work/vtpm.json")"
    tpm_start_for_machine
    DOM0_BOOT=${DOM0_BOOT:-400} dom0_start "$name" -a "$words" "$@" -- -chardev \
        "socket,id=tpm,path=$tpm_sockets/m" \
        -tpmdev emulator,id=tpm,chardev=tpm -device tpm-tis,tpmdev=tpm \
        ${WITHTPM_QEMU:-} || return 1
    trap withtpm_stop EXIT
    withtpm_approve "$work"
}

withtpm_stop()
{
    dom0_stop
    tpm_stop
    tpm_end
}

withtpm_approve()
{
    dom0_run 'mkdir -p /guests/vouch; vouch vtpm pcrs' >"$1/pcrs" || return 1
    tests/scenario/lib/approve.py "$1/operator.key" "$1/pcrs" \
        0,2,4,7,8,9,17,18,21 "$1/approval" || return 1
    dom0_put "$1/approval" /guests/vouch/approval
    dom0_run '(vouchd -d /guests/vouch >/run/log/vouchd 2>&1 &)' >/dev/null
    dom0_prints 'versions is open' \
        'wait_for 30 grep -q "^vouchd: up" /run/log/vouchd; cat /run/log/vouchd'
}

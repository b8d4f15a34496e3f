#!/bin/bash
# SPDX-License-Identifier: MIT
# The optional driver (vtpm/front) in a Debian guest, beside the kernel's own:
# what the kernel knows of the TPM, /dev/tpmrm0, its speed; it leaves and comes
# again, and the guest's evidence is made with it as without.
set -u
. tests/scenario/lib/tap.sh
. tests/scenario/lib/dom0.sh
. tests/scenario/lib/withtpm.sh

WITHTPM_QEMU="-drive \
    id=front,if=none,format=raw,readonly=on,file=$BUILD/front/front.tar \
    -device virtio-blk-pci,drive=front"
withtpm_start front || {
    tap "dom0 with a TPM" false
    tap_end
}
dom0_run '. /guests/files/front.sh' >/dev/null
prints "a guest with a TPM" '' 'front_up' || tap_end
prints "the driver is brought to it" 'vouch_tpmfront.ko' \
    'g "cd /tmp; tar xvf /dev/xvda"' || tap_end

# least COMMAND: microseconds. A busy host adds to the others.
least()
{
    dom0_run "$1" | sed -n 's/^least \([0-9]*\) us,.*/\1/p'
}

# ---- the kernel's own driver ----
prints "the kernel's driver takes it for a TPM 1.2" '^1$' \
    'g "modprobe xen-tpmfront; cat /sys/class/tpm/tpm0/tpm_version_major"'
fails "which has no resource manager" '' 'g "ls /dev/tpmrm0"'
stock_us=$(dom0_run 'g "/tmp/tpm-time /dev/tpm0 50"' |
    sed -n 's/.*median \([0-9]*\) us.*/\1/p')
tap "its GetRandom waits for 5 ms: $stock_us us" [ "${stock_us:-0}" -ge 5000 ]

# ---- ours ----
prints "loaded, ours is bound to nothing yet" '' \
    'g "insmod vouch_tpmfront.ko; ! ls -d /sys/bus/xen/drivers/vouch_tpmfront/vtpm-0"'
prints "the kernel's driver lets go" '' \
    'g "echo vtpm-0 >/sys/bus/xen/drivers/vtpm/unbind; rmmod xen-tpmfront"'
bind='echo vtpm-0 >/sys/bus/xen/drivers/vouch_tpmfront/bind'
appears='n=0; until [ -e /dev/tpmrm0 ] || [ \$n = 50 ]; do usleep 100000; n=\$((n + 1)); done'
prints "ours takes it" '' "g '$bind'; g \"$appears; ls /dev/tpmrm0\""
prints "the kernel knows its version" '^2$' \
    'g "cat /sys/class/tpm/tpm0/tpm_version_major"'
prints "and its banks" '^/sys/class/tpm/tpm0/pcr-sha384$' \
    'g "ls -d /sys/class/tpm/tpm0/pcr-sha384"'
for device in tpm0 tpmrm0; do
    ours_us=$(least "g '/tmp/tpm-time /dev/$device 200'")
    tap "$device: GetRandom is much faster: $ours_us us" \
        [ "${ours_us:-9999}" -lt 2500 ]
done
prints "events, not polls" 'vouch_tpmfront' 'g "grep tpmfront /proc/interrupts"'

# ---- tools by the resource manager ----
prints "tpm2_getrandom" '^[0-9a-f]{32}$' \
    'g "export TPM2TOOLS_TCTI=device:/dev/tpmrm0; tpm2_getrandom --hex 16; echo"'
prints "tpm2_pcrread: what was launched" '^ *4 *: 0x[0-9A-F]{64}$' \
    'g "tpm2_pcrread sha256:4"'
fails "it is not all zeros" '' 'g "tpm2_pcrread sha256:4 | grep 0x00000000"'
prints "a signing key" '' 'g "tpm2_createprimary -Q -C o -G ecc256:ecdsa-sha256:null \
-a \"fixedtpm|fixedparent|sensitivedataorigin|userwithauth|restricted|sign\" -c ak.ctx"'
prints "its public part" '' 'g "tpm2_readpublic -Q -c ak.ctx -f pem -o ak.pem"'
prints "tpm2_quote" '' \
    'g "tpm2_quote -Q -c ak.ctx -l sha256:4,8,9 -q abcd -m quote -s sig -g sha256"'
prints "which is right" '' \
    'g "tpm2_checkquote -Q -u ak.pem -m quote -s sig -q abcd -g sha256"'
fails "over this nonce only" '' \
    'g "tpm2_checkquote -Q -u ak.pem -m quote -s sig -q abce -g sha256"'
prints "more keys than the TPM has room for" '^(> )?5$' 'g "for i in 1 2 3 4 5; do \
tpm2_createprimary -Q -C o -G ecc -c k\$i.ctx && echo made; done | grep -c made"'
prints "vouch quote" 'evidence' \
    'g "vouch quote --nonce $(printf %064d 7) -o /tmp/evidence && ls /tmp/evidence"'

# ---- it leaves and comes again ----
prints "unbound and unloaded" '' \
    'g "echo vtpm-0 >/sys/bus/xen/drivers/vouch_tpmfront/unbind; \
rmmod vouch_tpmfront && ! ls /dev/tpm0"'
prints "loaded again, it finds its device" '' \
    "g \"insmod vouch_tpmfront.ko; $appears; ls /dev/tpmrm0\""
prints "and works" '^least ' 'g "/tmp/tpm-time /dev/tpmrm0 20"'
prints "unbound while a program uses it" '' \
    'g "/tmp/tpm-time /dev/tpmrm0 10000 2>/dev/null & sleep 1; \
echo vtpm-0 >/sys/bus/xen/drivers/vouch_tpmfront/unbind; wait; true"'
prints "bound again" '' "g '$bind'; g \"$appears; ls /dev/tpmrm0\""
prints "vouch quote still works" 'evidence' \
    'g "rm /tmp/evidence; vouch quote --nonce $(printf %064d 8) -o /tmp/evidence && ls /tmp/evidence"'
prints "the kernel complains of nothing" '^0$' \
    'g "dmesg | grep -cE \"BUG|WARNING|Oops|Call Trace|hung\"; true"'
prints "the vTPM domain goes: the driver lets go of what is gone" '' \
    'xl destroy front-tpm; sleep 3; g "! timeout 20 /tmp/tpm-time /dev/tpm0 1 2>/dev/null"'
withtpm_stop
tap_end

#!/bin/bash
# SPDX-License-Identifier: MIT
# Makes firmware endorsements: what the firmware of this QEMU machine measures
# before it starts GRUB, for several memory sizes and processor models.  Made
# once for an OVMF build, on a machine that its maker trusts, and committed as
# dom0/firmware/*.json.  No hypervisor is involved: GRUB starts Debian's kernel
# through its EFI stub, which keeps the firmware's event log.
#
#   tools/run/endorse.sh OUT.json "MEM CPUS CPU DISK_BUS NIC"...
set -euo pipefail

here=$(dirname "$0")
for part in common tpm mailbox machine; do
    . "$here/lib/$part.sh"
done
: "${RUN:=build/endorse}" "${VOUCH:=build/host/vouch}"
: "${DOM0:=build/dom0/amd64}"
export MTOOLS_SKIP_CHECK=1
out=$1
shift

make_disk()
{
    HYPERVISOR_FILE=$DOM0/vmlinuz KERNEL_FILE= INITRD_FILE=$DOM0/initramfs.cpio \
        POLICY_FILE= HV_CMDLINE= DOM0_CMDLINE= \
        "$here/../image/mkdisk.sh" "$RUN/disk.img"
    printf '%s\n' 'linuxefi /boot/hypervisor console=ttyS0 quiet panic=10' \
        'initrdefi /boot/initramfs' 'boot' >"$RUN/grub.cfg"
    mcopy -o -i "$RUN/disk.img" "$RUN/grub.cfg" ::/grub/grub.cfg
    cp "$DOM0/vmlinuz" "$RUN/vmlinuz"
    mcopy -o -i "$RUN/disk.img" "$RUN/vmlinuz" ::/boot/hypervisor
}

# take_log NUMBER MEM CPUS CPU DISK_BUS NIC
take_log()
{
    local dir=$RUN/$1
    MEM=$2 CPUS=$3 CPU=$4 DISK_BUS=$5 NIC=$6
    mkdir -p "$dir"
    tpm_new "$dir"
    mailbox_new "$dir/mailbox.img" "" pcrs
    machine_start "$dir" "$RUN/disk.img" "$dir/mailbox.img"
    machine_wait || fail "QEMU ended with $?"
    tpm_end
    mailbox_open "$dir/mailbox.img" "$dir/reply" ||
        fail "no reply; see $dir/serial.log"
    [ "$(cat "$dir/reply/check-pcrs.status")" = ok ] ||
        fail "$(cat "$dir/reply/check-pcrs.log")"
    progress "log of: ${*:2}"
}

rm -rf "$RUN"
mkdir -p "$RUN"
make_disk
number=0
for machine in "$@"; do
    number=$((number + 1))
    # shellcheck disable=SC2086 # five words
    take_log "$number" $machine
done
[ -n "$out" ] || exit 0

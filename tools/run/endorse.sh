#!/bin/bash
# SPDX-License-Identifier: MIT
# Makes firmware endorsements: what the firmware of this QEMU machine measures
# before it starts GRUB, for several numbers of CPUs and sizes of memory.  Made
# once for an OVMF build, on a machine that its maker trusts, and committed as
# dom0/firmware/*.json.  No hypervisor is involved: GRUB starts Debian's kernel
# through its EFI stub, which keeps the firmware's event log.
#
#   tools/run/endorse.sh ["MEM CPUS DISK_BUS"...]    after `make dom0`
#
# Environment: RUN=build/endorse  OUT=dom0/firmware  OVMF  CPU  NIC
set -euo pipefail

here=$(dirname "$0")
for part in common tpm mailbox machine; do
    . "$here/lib/$part.sh"
done
: "${RUN:=build/endorse}" "${VOUCH:=build/host/vouch}"
: "${DOM0:=build/dom0/amd64}"
export MTOOLS_SKIP_CHECK=1
: "${OUT:=$here/../../dom0/firmware}"

usual=("2048 1 virtio" "2048 2 virtio" "2048 4 virtio" "2048 8 virtio"
    "1024 1 virtio" "1024 2 virtio" "1024 4 virtio" "1024 8 virtio"
    "512 1 virtio" "512 2 virtio" "512 4 virtio" "512 8 virtio"
    "2048 2 ahci")

make_disk()
{
    HYPERVISOR_FILE=$DOM0/vmlinuz KERNEL_FILE= INITRD_FILE=$DOM0/initramfs.cpio \
        POLICY_FILE= HV_CMDLINE= DOM0_CMDLINE= GRUB_MODULES="linux linuxefi" \
        "$here/../image/mkdisk.sh" "$RUN/disk.img"
    printf '%s\n' 'linuxefi /boot/hypervisor console=ttyS0 quiet panic=10' \
        'initrdefi /boot/initramfs' 'boot' >"$RUN/grub.cfg"
    mcopy -o -i "$RUN/disk.img" "$RUN/grub.cfg" ::/grub/grub.cfg
    cp "$DOM0/vmlinuz" "$RUN/vmlinuz"
    mcopy -o -i "$RUN/disk.img" "$RUN/vmlinuz" ::/boot/hypervisor
}

# take_log NAME: boots once, to $dir/reply.
take_log()
{
    local dir=$RUN/$1
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
}

# endorse MEM CPUS DISK_BUS
endorse()
{
    MEM=$1 CPUS=$2 DISK_BUS=$3
    local name=ovmf-${version//[^A-Za-z0-9.]/_}-q35-$1m-$2cpu-$3
    take_log "$name"
    "$VOUCH" ref endorse --from-log "$RUN/$name/reply/pcrs/log" \
        --name "OVMF $version, q35, $1 MiB, $2 CPUs, $3 disk" \
        -o "$OUT/$name.json"
    progress "$OUT/$name.json"
}

version=$(dpkg-query -W -f '${Version}' ovmf)
rm -rf "$RUN"
mkdir -p "$RUN" "$OUT"
make_disk
[ $# != 0 ] || set -- "${usual[@]}"
for machine in "$@"; do
    # shellcheck disable=SC2086 # three words
    endorse $machine
done

#!/bin/bash
# SPDX-License-Identifier: MIT
# dom0 with its toolstack and the guests' disk, without firmware, GRUB and TPM:
# QEMU hands the hypervisor and its modules over itself, so that a shell where
# xl works is there in some ten seconds. Serial console on this terminal.
#
#   tools/run/dom0.sh [-x] [-t SECONDS] [-m MIB] [-s CPUS] [-a "HV ARGUMENTS"]
#       [-k "KERNEL ARGUMENTS"] [-d DISK] [-f HOSTPORT] [-i] [-r INITRAMFS]
#       [-- QEMU ARGUMENT...]
#   -x  Debian's Xen 4.17 instead of Vouch
#   -i  one CPU, whose clock counts instructions
#   -r  instead of dom0's initramfs
#   -d  the guests' disk (build/guests/disk.img), whose changes are lost;
#       -D the same, but they stay
#   -f  the host's port that leads to guest1's ssh port; the next, to guest2's
set -euo pipefail

build=${BUILD:-build}
hypervisor=vouch seconds=600 memory=2048 cpus=2 hv_args= kernel_args=
disk=$build/guests/disk.img snapshot=on port= cpu=${CPU:-}
accel=(-accel "tcg,thread=multi") initramfs=
while getopts xt:m:s:a:k:d:D:f:ir: option; do
    case $option in
    x) hypervisor=xen ;;
    t) seconds=$OPTARG ;;
    m) memory=$OPTARG ;;
    s) cpus=$OPTARG ;;
    a) hv_args=$OPTARG ;;
    k) kernel_args=$OPTARG ;;
    d) disk=$OPTARG ;;
    D) disk=$OPTARG snapshot=off ;;
    f) port=$OPTARG ;;
    i)
        cpus=1 cpu=${cpu:-max,-smap,-smep}
        accel=(-accel "tcg,thread=single" -icount "shift=0,sleep=off"
            -rtc "base=2026-01-01T00:00:00,clock=vm")
        ;;
    r) initramfs=$OPTARG ;;
    *)
        sed -n '3,18s/^# \{0,1\}//p' "$0" >&2
        exit 2
        ;;
    esac
done
shift $((OPTIND - 1))
[ "${1:-}" != -- ] || shift

dom0=$build/dom0/${DOM0_FLAVOUR:-amd64}
modules="$dom0/vmlinux console=hvc0 quiet panic=10 vouch.shell $kernel_args"
modules="$modules,${initramfs:-$dom0/initramfs.cpio}"
case $hypervisor in
vouch)
    image=$build/hv/vouch.elf
    hv_args="console=com1 dom0_mem=${DOM0_MEM:-768M} $hv_args"
    modules="$modules,${POLICY_FILE:-$build/policy/vouch-policy}"
    : "${cpu:=max}"
    ;;
xen)
    # QEMU 7.2's TCG gets iretq wrong under SMAP (docs/caveats.md).
    image=$build/dom0/xen
    hv_args="console=com1 com1=115200,8n1 dom0_mem=${DOM0_MEM:-768M},max:${DOM0_MEM:-768M} $hv_args"
    : "${cpu:=max,-smap,-smep}"
    ;;
esac

network="user,id=net,restrict=on"
if [ -n "$port" ]; then
    network="$network,hostfwd=tcp:127.0.0.1:$port-10.0.2.101:22"
    network="$network,hostfwd=tcp:127.0.0.1:$((port + 1))-10.0.2.102:22"
fi
exec timeout -k 5 "$seconds" qemu-system-x86_64 -machine q35 \
    "${accel[@]}" -cpu "$cpu" -smp "$cpus" -m "$memory" \
    -nodefaults -display none -vga none -no-reboot -monitor none \
    -serial "${SERIAL:-mon:stdio}" -kernel "$image" -append "$hv_args" \
    -initrd "$modules" -netdev "$network" \
    -device virtio-net-pci,netdev=net,romfile= \
    -drive "id=guests,if=none,format=raw,snapshot=$snapshot,file=$disk" \
    -device virtio-blk-pci,drive=guests,serial=vouch-guests "$@"

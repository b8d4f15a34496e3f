#!/bin/sh
# SPDX-License-Identifier: MIT
#
# dev-boot.sh [-t seconds] [-p path] [-c cpu] [-s cpus] [-m MiB] [-M machine]
#             [-v image] [-a "hypervisor arguments"]
#             [-k kernel] [-K "kernel arguments"] [-i initrd] [-x policy]
#             [-T] [-- qemu arguments]
#
# Boots the hypervisor for a developer, serial line on standard output, in a
# machine of its own that leaves nothing behind.  path is how it is loaded:
#   kernel  QEMU's multiboot 1 loader (the default, fastest)
#   bios    SeaBIOS, GRUB, multiboot 2
#   efi     OVMF, GRUB, multiboot 2 with the EFI 64-bit entry
#   tboot   SeaBIOS, GRUB, tboot, 32-bit entry
#   efi-tboot  OVMF, GRUB, tboot, 32-bit entry
# -T gives the machine a TPM (swtpm, tpm-tis).
set -u

here=$(cd "$(dirname "$0")/.." && pwd)
seconds=30 path=kernel cpu=max cpus=2 memory=512 machine=q35
image=$here/build/hv/vouch.elf hv_args= kernel= kernel_args= initrd= policy=
tpm=no
while getopts t:p:c:s:m:M:v:a:k:K:i:x:T option; do
    case $option in
    t) seconds=$OPTARG ;;
    p) path=$OPTARG ;;
    c) cpu=$OPTARG ;;
    s) cpus=$OPTARG ;;
    m) memory=$OPTARG ;;
    M) machine=$OPTARG ;;
    v) image=$OPTARG ;;
    a) hv_args=$OPTARG ;;
    k) kernel=$OPTARG ;;
    K) kernel_args=$OPTARG ;;
    i) initrd=$OPTARG ;;
    x) policy=$OPTARG ;;
    T) tpm=yes ;;
    *)
        sed -n '4,18s/^# \{0,1\}//p' "$0" >&2
        exit 2
        ;;
    esac
done
shift $((OPTIND - 1))
[ "${1:-}" = -- ] && shift

dir=$(mktemp -d "${TMPDIR:-/tmp}/dev-boot.XXXXXX") || exit 2
swtpm_pid=
cleanup() {
    [ -n "$swtpm_pid" ] && kill "$swtpm_pid" 2>/dev/null
    rm -rf "$dir"
}
trap cleanup EXIT
trap 'exit 130' INT TERM

set -- -accel tcg,thread=multi -cpu "$cpu" -smp "$cpus" -m "$memory" \
    -machine "$machine" -display none -monitor none -net none -no-reboot \
    -serial stdio "$@"

if [ "$tpm" = yes ]; then
    mkdir "$dir/tpm"
    swtpm_setup --tpm2 --tpmstate "$dir/tpm" --pcr-banks sha256 \
        --overwrite >/dev/null 2>&1 || exit 2
    swtpm socket --tpm2 --tpmstate dir="$dir/tpm" \
        --ctrl type=unixio,path="$dir/tpm.sock" >/dev/null 2>&1 &
    swtpm_pid=$!
    set -- "$@" -chardev socket,id=tpm0,path="$dir/tpm.sock" \
        -tpmdev emulator,id=tpm0,chardev=tpm0 -device tpm-tis,tpmdev=tpm0
    while [ ! -S "$dir/tpm.sock" ]; do sleep 0.1; done
fi

# tboot 1.10.5 loses its way when a module fits below it, in 7 MiB.
pad() {
    if [ "$(stat -c %s "$1")" -lt 8388608 ]; then
        truncate -s 8M "$1"
    fi
}

# The commands GRUB runs, and the files they name, under $dir/root.
grub_root() {
    mkdir -p "$dir/root/boot/grub"
    cp "$image" "$dir/root/boot/hypervisor"
    {
        echo "set timeout=0"
        echo "serial --unit=0 --speed=115200"
        echo "terminal_output serial"
        case $path in
        *tboot)
            gzip -dc /boot/tboot.gz >"$dir/root/boot/tboot"
            pad "$dir/root/boot/hypervisor"
            echo "multiboot2 /boot/tboot logging=serial,memory" \
                "serial=115200 loglvl=all ignore_prev_err=true"
            echo "module2 --nounzip /boot/hypervisor /boot/hypervisor $hv_args"
            ;;
        *)
            echo "multiboot2 /boot/hypervisor $hv_args"
            ;;
        esac
        for file in kernel initrd policy; do
            eval "source=\$$file"
            [ -n "$source" ] || continue
            cp "$source" "$dir/root/boot/$file"
            case $path in *tboot) pad "$dir/root/boot/$file" ;; esac
            arguments=
            [ "$file" = kernel ] && arguments=$kernel_args
            echo "module2 --nounzip /boot/$file $arguments"
        done
        echo boot
    } >"$dir/root/boot/grub/grub.cfg"
}

case $path in
kernel)
    modules=
    for file in kernel initrd policy; do
        eval "source=\$$file"
        [ -n "$source" ] || continue
        arguments=
        [ "$file" = kernel ] && arguments=" $kernel_args"
        modules="$modules${modules:+,}$source$arguments"
    done
    set -- "$@" -kernel "$image" -append "$hv_args"
    [ -n "$modules" ] && set -- "$@" -initrd "$modules"
    ;;
bios | tboot)
    grub_root
    grub-mkrescue -d /usr/lib/grub/i386-pc --fonts= --locales= --themes= \
        --install-modules="biosdisk iso9660 normal multiboot2 serial" \
        -o "$dir/disk.iso" "$dir/root" >"$dir/grub.log" 2>&1 ||
        { cat "$dir/grub.log" >&2; exit 2; }
    set -- "$@" -boot d -cdrom "$dir/disk.iso"
    ;;
efi | efi-tboot)
    grub_root
    echo 'search --no-floppy --set=root --file /boot/hypervisor
configfile ($root)/boot/grub/grub.cfg' >"$dir/embed.cfg"
    grub-mkstandalone -O x86_64-efi -o "$dir/grub.efi" --fonts= --locales= \
        --themes= --modules="part_gpt fat serial normal search \
        search_fs_file configfile multiboot2 tpm" \
        "boot/grub/grub.cfg=$dir/embed.cfg" || exit 2
    truncate -s 128M "$dir/esp.img"
    mformat -i "$dir/esp.img" -F -v ESP -N 12345678 ::
    mmd -i "$dir/esp.img" ::/EFI ::/EFI/BOOT
    mcopy -i "$dir/esp.img" "$dir/grub.efi" ::/EFI/BOOT/BOOTX64.EFI
    mcopy -s -i "$dir/esp.img" "$dir/root/boot" ::/boot
    cp /usr/share/OVMF/OVMF_VARS_4M.fd "$dir/vars.fd"
    set -- "$@" -drive if=pflash,format=raw,readonly=on,file=/usr/share/OVMF/OVMF_CODE_4M.fd \
        -drive if=pflash,format=raw,file="$dir/vars.fd" \
        -drive file="$dir/esp.img",format=raw,if=virtio
    ;;
*)
    echo "dev-boot: no such path: $path" >&2
    exit 2
    ;;
esac

timeout "$seconds" qemu-system-x86_64 "$@" </dev/null

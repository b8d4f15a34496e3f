#!/bin/sh
# SPDX-License-Identifier: MIT
#
# boot-guest.sh [options] HYPERVISOR GUEST.elf [guest argument...]
#
# Boots one small PV guest as dom0 on a hypervisor in QEMU and prints its
# serial output.  Exit status: 0 the guest's last word was "# result: pass",
# 1 it was not, 2 wrong usage or no way to boot, 124 the time was up.
#
# A hypervisor with a multiboot1 header is loaded by QEMU itself, any other by
# a GRUB disk for BIOS and multiboot2.  Vouch gets the policy as its second
# module.
#
#   -t SECONDS   give up after this long (60)
#   -i           count instructions: TSC ticks are instructions (icount)
#   -s CPUS -m MIB -c CPUMODEL   the machine (1, 512, max,-smap,-smep)
#   -v VCPUS     of dom0 (as many as CPUs)
#   -a ARGS      more words for the hypervisor's command line
#   -p POLICY    policy module (build/policy/vouch-policy)
#   -r FILE      the guest's ramdisk
#   -g           by GRUB in any case
#   -T           with a TPM (swtpm, tpm-tis), new each time
#   -e SOCKET    with the TPM that has this control socket
#   -k           the guest must be killed: 0 if the hypervisor says that it was
set -u

seconds=60 icount='' cpus=1 memory=512 model=max,-smap,-smep hv_args=
policy=build/policy/vouch-policy grub='' vcpus='' killed='' ramdisk='' tpm=''
socket=''
while getopts t:is:m:c:a:p:r:gv:e:kT option; do
    case $option in
    t) seconds=$OPTARG ;;
    i) icount=1 ;;
    s) cpus=$OPTARG ;;
    m) memory=$OPTARG ;;
    c) model=$OPTARG ;;
    a) hv_args=$OPTARG ;;
    p) policy=$OPTARG ;;
    r) ramdisk=$OPTARG ;;
    g) grub=1 ;;
    e) socket=$OPTARG ;;
    k) killed=1 ;;
    T) tpm=1 ;;
    v) vcpus=$OPTARG ;;
    *) sed -n '4,28s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
    esac
done
shift $((OPTIND - 1))
if [ $# -lt 2 ]; then
    sed -n '4,28s/^# \{0,1\}//p' "$0" >&2
    exit 2
fi
hypervisor=$1 guest=$2
shift 2
for file in "$hypervisor" "$guest"; do
    if [ ! -r "$file" ]; then
        echo "boot-guest: cannot read $file" >&2
        exit 2
    fi
done

dir=$(mktemp -d "${TMPDIR:-/tmp}/boot-guest.XXXXXX") || exit 2
qemu_pid='' swtpm_pid=''
cleanup() {
    [ -n "$qemu_pid" ] && kill "$qemu_pid" 2>/dev/null
    [ -n "$swtpm_pid" ] && kill "$swtpm_pid" 2>/dev/null
    rm -rf "$dir"
}
trap cleanup EXIT
trap 'exit 130' INT TERM

# The machine, as positional parameters, so that no word is split twice.
guest_args="$*"
set -- -cpu "$model" -smp "$cpus" -m "$memory" -display none -nodefaults \
    -no-reboot -serial "file:$dir/serial" -net none
if [ -n "$icount" ]; then
    set -- "$@" -accel tcg,thread=single -icount shift=0,sleep=off \
        -rtc base=2026-01-01T00:00:00,clock=vm
else
    set -- "$@" -accel tcg
fi

if [ -n "$tpm" ]; then
    mkdir "$dir/tpm"
    swtpm_setup --tpm2 --tpmstate "$dir/tpm" --pcr-banks sha256 \
        --overwrite >"$dir/tpm.log" 2>&1 || exit 2
    swtpm socket --tpm2 --tpmstate dir="$dir/tpm" \
        --ctrl type=unixio,path="$dir/tpm/socket" >/dev/null 2>&1 &
    swtpm_pid=$!
    while [ ! -S "$dir/tpm/socket" ] && kill -0 "$swtpm_pid" 2>/dev/null; do
        sleep 0.05
    done
    socket=$dir/tpm/socket
fi
if [ -n "$socket" ]; then
    set -- "$@" -chardev "socket,id=tpm,path=$socket" \
        -tpmdev emulator,id=tpm0,chardev=tpm -device tpm-tis,tpmdev=tpm0
fi

last_words='^# result: '
if [ -n "$killed" ]; then
    last_words='^# result: |Hardware Dom0 crashed|dom0 shut down: crash|panic:'
fi

# Linear page tables are an option of Xen's that Vouch does not have.
if grep -aq '(XEN)' "$hypervisor"; then
    hv_args="console=com1 com1=115200,8n1 dom0_mem=64M,max:64M \
pv-linear-pt=false \
dom0_max_vcpus=${vcpus:-$cpus} $hv_args"
    guest_args="hv=xen $guest_args"
    policy=''
else
    hv_args="console=com1,115200 dom0_mem=64M dom0_max_vcpus=${vcpus:-$cpus} noreboot \
$hv_args"
    guest_args="hv=vouch $guest_args"
    if [ ! -r "$policy" ]; then
        echo "boot-guest: no policy: $policy" >&2
        exit 2
    fi
fi

grub_disk() {
    mkdir -p "$dir/iso/boot/grub" &&
        cp "$hypervisor" "$dir/iso/hypervisor" &&
        cp "$guest" "$dir/iso/guest" || return 1
    {
        echo "set timeout=0"
        echo "multiboot2 /hypervisor $hv_args"
        echo "module2 /guest $guest_args"
        if [ -n "$ramdisk" ]; then
            cp "$ramdisk" "$dir/iso/ramdisk" || return 1
            echo "module2 /ramdisk"
        fi
        if [ -n "$policy" ]; then
            cp "$policy" "$dir/iso/policy" || return 1
            echo "module2 /policy"
        fi
        echo "boot"
    } >"$dir/iso/boot/grub/grub.cfg"
    grub-mkrescue -d /usr/lib/grub/i386-pc --fonts= --locales= --themes= \
        --install-modules="biosdisk iso9660 normal multiboot2" \
        -o "$dir/disk.iso" "$dir/iso" >"$dir/grub.log" 2>&1
}

if [ -z "$grub" ] && grub-file --is-x86-multiboot "$hypervisor"; then
    set -- "$@" -kernel "$hypervisor" -append "$hv_args" \
        -initrd "$guest $guest_args${ramdisk:+,$ramdisk}${policy:+,$policy}"
elif grub-file --is-x86-multiboot2 "$hypervisor"; then
    if ! grub_disk; then
        echo "boot-guest: cannot make the GRUB disk" >&2
        cat "$dir/grub.log" >&2
        exit 2
    fi
    set -- "$@" -boot d -cdrom "$dir/disk.iso"
else
    echo "boot-guest: $hypervisor has no multiboot header" >&2
    exit 2
fi

: >"$dir/serial"
timeout "$seconds" qemu-system-x86_64 "$@" </dev/null 2>"$dir/qemu.log" &
qemu_pid=$!
while kill -0 "$qemu_pid" 2>/dev/null; do
    if grep -Eq "$last_words" "$dir/serial"; then
        sleep 0.2
        break
    fi
    sleep 0.1
done
status=0
if grep -Eq "$last_words" "$dir/serial"; then
    kill "$qemu_pid" 2>/dev/null
    wait "$qemu_pid" 2>/dev/null
else
    wait "$qemu_pid"
    status=$?
fi
qemu_pid=''
tr -d '\r' <"$dir/serial"
if [ "$status" -ne 0 ]; then
    cat "$dir/qemu.log" >&2
    echo "boot-guest: no result; QEMU ended with status $status" >&2
fi
if [ -n "$killed" ]; then
    # A hypervisor that panics also says something; it is not that.
    grep -Eq 'panic|Panic|FATAL' "$dir/serial" && exit 1
    grep -Eq 'Hardware Dom0 crashed|dom0 shut down: crash' "$dir/serial"
    exit
fi
case $(tr -d '\r' <"$dir/serial" | grep '^# result: ' | tail -n 1) in
'# result: pass') exit 0 ;;
esac
[ "$status" -eq 124 ] && exit 124
exit 1

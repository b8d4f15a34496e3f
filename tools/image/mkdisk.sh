#!/bin/bash
# SPDX-License-Identifier: MIT
# A bootable disk from files, with mtools or xorriso only: no root, no loop
# device, nothing of the host's boot files.  What goes on it is also left as
# plain files in OUT.d, which is what reference values are computed from.
#
#   tools/image/mkdisk.sh OUT       with these variables:
#     FIRMWARE     efi: an ESP with GRUB and its tpm module (default)
#                  bios: the same files behind grub-pc
#     LAUNCH       grub (default) or tboot (TBOOT is its image)
#     HYPERVISOR_FILE KERNEL_FILE INITRD_FILE POLICY_FILE
#                  what to boot; an empty one is left out
#     HV_CMDLINE DOM0_CMDLINE
#     GRUB_MODULES more modules that GRUB can load (none are needed)
set -euo pipefail

here=$(dirname "$0")
dom0=$here/../../dom0
out=$1
tree=$out.d
firmware=${FIRMWARE:-efi}
launch=${LAUNCH:-grub}
export LC_ALL=C SOURCE_DATE_EPOCH=0 MTOOLS_SKIP_CHECK=1

fail()
{
    echo "mkdisk: $*" >&2
    exit 1
}

# A copy: what is built later must not change what was put here.
put()
{
    [ -n "$1" ] || return 0
    [ -f "$1" ] || fail "no such file: $1"
    cp --reflink=auto "$1" "$tree/$2"
}

# Double quotes in a command line would end GRUB's string.
write_cmdline()
{
    case "$HV_CMDLINE$DOM0_CMDLINE" in
    *[\"\\\$]*) fail "a command line cannot hold \", \\ or \$" ;;
    esac
    printf 'set hv_cmdline="%s"\nset dom0_cmdline="%s"\n' \
        "$HV_CMDLINE" "$DOM0_CMDLINE" >"$tree/grub/cmdline.cfg"
}

# A line whose module is not there is left out, not booted as an error.
write_grub_cfg()
{
    local policy="" drop=()
    [ -z "$POLICY_FILE" ] || policy="module2 --nounzip /boot/policy"
    [ -n "$KERNEL_FILE" ] || drop+=(-e '/vmlinux/d')
    [ -n "$INITRD_FILE" ] || drop+=(-e '/initramfs/d')
    sed -e "s|^@POLICY@|$policy|" -e '/^$/d' "${drop[@]}" \
        "$dom0/grub.cfg.in" >"$tree/grub/grub.cfg"
    [ "$launch" != tboot ] || add_tboot
}

# tboot goes first, and the hypervisor becomes its first module. tboot 1.10.5
# walks off the end of what multiboot 2 told it if any module lies below its
# own image at 8 MiB, where grub-pc puts small ones; multiboot 1 does not have
# that. On EFI all modules lie above, and multiboot 2 is what keeps the ACPI
# root pointer.
add_tboot()
{
    local first='multiboot2 /boot/tboot.gz $tboot_cmdline'
    sed -i "s|^multiboot2 \(.*\)|$first\nmodule2 --nounzip \1|" \
        "$tree/grub/grub.cfg"
    if [ "$firmware" = bios ]; then
        sed -i -e 's/^multiboot2/multiboot/' -e 's/^module2/module/' \
            "$tree/grub/grub.cfg"
    fi
    printf 'set tboot_cmdline="%s"\n' \
        "logging=serial serial=115200 ignore_prev_err=true" \
        >>"$tree/grub/cmdline.cfg"
    put "$TBOOT" boot/tboot.gz
}

fill_tree()
{
    rm -rf "$tree"
    mkdir -p "$tree/boot" "$tree/grub"
    put "$HYPERVISOR_FILE" boot/hypervisor
    put "$KERNEL_FILE" boot/vmlinux
    put "$INITRD_FILE" boot/initramfs
    put "$POLICY_FILE" boot/policy
    write_cmdline
    write_grub_cfg
}

# grub-mkstandalone puts the time of day into its memory disk's tar headers.
# They become 0, so that the same GRUB gives the same bytes and the same PCR 4.
without_times()
{
    perl -0777 -pi -e '
        my $at = 0;
        while (($at = index($_, "ustar", $at)) >= 0) {
            my $start = $at++ - 257;
            next if $start < 0 || substr($_, $start + 136, 12) !~ /^[0-7]{11}/;
            my $head = substr($_, $start, 512);
            substr($head, 136, 12) = "00000000000\0";
            substr($head, 148, 8) = " " x 8;
            substr($head, 148, 8) =
                sprintf("%06o\0 ", unpack("%32C*", $head));
            substr($_, $start, 512) = $head;
        }' "$1"
}

make_grub()
{
    local modules="part_msdos part_gpt fat serial normal search
        search_fs_file configfile multiboot2 gzio echo tpm"
    mkdir -p "$tree/EFI/BOOT"
    grub-mkstandalone -O x86_64-efi -o "$tree/EFI/BOOT/BOOTX64.EFI" \
        --modules="$modules" --install-modules="$modules ${GRUB_MODULES:-}" \
        --fonts= --locales= --themes= \
        "boot/grub/grub.cfg=$dom0/grub-embed.cfg" 2>"$out.log" || {
        cat "$out.log" >&2
        fail "grub-mkstandalone failed"
    }
    without_times "$tree/EFI/BOOT/BOOTX64.EFI"
}

make_efi()
{
    make_grub
    local size
    size=$(du -sm --apparent-size "$tree" | cut -f 1)
    rm -f "$out"
    truncate -s $((size + 48))M "$out"
    mformat -i "$out" -F -v VOUCH -N 56435548 ::
    # What is no partition table must not look like one.
    dd if=/dev/zero of="$out" bs=1 seek=446 count=64 conv=notrunc status=none
    mcopy -i "$out" -s -Q "$tree"/* ::
}

make_bios()
{
    # The core image finds the disk and then /boot/grub/grub.cfg on it.
    mkdir -p "$tree/boot/grub"
    cat "$dom0/grub-embed.cfg" >"$tree/boot/grub/grub.cfg"
    grub-mkrescue -d /usr/lib/grub/i386-pc --fonts= --locales= --themes= \
        -o "$out" "$tree" >"$out.log" 2>&1 || {
        cat "$out.log" >&2
        fail "grub-mkrescue failed"
    }
}

: "${HYPERVISOR_FILE=}" "${KERNEL_FILE=}" "${INITRD_FILE=}" "${POLICY_FILE=}"
: "${HV_CMDLINE=}" "${DOM0_CMDLINE=}" "${TBOOT=}"
mkdir -p "$(dirname "$out")"
fill_tree
case $firmware in
efi) make_efi ;;
bios) make_bios ;;
*) fail "FIRMWARE is efi or bios, not $firmware" ;;
esac

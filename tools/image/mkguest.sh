#!/bin/bash
# SPDX-License-Identifier: MIT
# What guests boot: Debian's generic and cloud kernels, as they are packaged
# and unpacked, and root file systems made from Debian's packages: one with an
# ssh server; for the cloud kernel, a small one for guests with little memory, and
# one with what a guest needs that has a TPM. Of that and the cloud kernel is
# tenant1.bundle.
#
#   tools/image/mkguest.sh OUTDIR FLAVOUR...
# makes OUTDIR/vmlinuz-FLAVOUR, vmlinux-FLAVOUR, initramfs.cpio, small.cpio,
# tpm.cpio, tenant1.bundle and manifest.json. $BUILD has vouch.
set -euo pipefail

here=$(dirname "$0")
top=$here/../..
out=$1
shift
build=${BUILD:-build}
unpack_kernel=${UNPACK_KERNEL:-$build/host/unpack-kernel}
. "$here/lib/root.sh"

stage_guest()
{
    mkdir -p "$stage"/{dev,proc,sys,run,tmp,etc/dropbear,root/.ssh}
    chmod 700 "$stage/root" "$stage/root/.ssh"
    ln -s bin "$stage/sbin"
    stage_busybox
    ln -s bin/busybox "$stage/init"
    install -m 644 "$top/guest/inittab" "$stage/etc/inittab"
    install -m 755 "$top/guest/rc" "$stage/etc/rc"
    install -m 755 "$top/dom0/udhcpc.script" "$stage/etc/udhcpc.script"
    install -m 755 "$top"/guest/bin/* "$stage/bin/"
    echo 'root:*:0:0:root:/root:/bin/sh' >"$stage/etc/passwd"
    echo 'root:x:0:' >"$stage/etc/group"
    echo /bin/sh >"$stage/etc/shells"
}

stage_kernels()
{
    local flavour kernel release
    for flavour in "$@"; do
        kernel=$(kernel_package "$flavour")
        release=${kernel#linux-image-}
        stage_modules "$release" "$(tree_of "$kernel")" "$top/guest/modules"
    done
}

unpack_kernels()
{
    local flavour kernel
    for flavour in "$@"; do
        kernel=$(kernel_package "$flavour")
        cp "$(tree_of "$kernel")/boot/vmlinuz-${kernel#linux-image-}" \
            "$out/vmlinuz-$flavour"
        "$unpack_kernel" "$out/vmlinuz-$flavour" "$out/vmlinux-$flavour"
    done
}

# A key for each build: whoever has the build folder may enter the guests.
stage_key()
{
    if [ ! -f "$out/id" ]; then
        ssh-keygen -q -t ed25519 -N '' -C guests -f "$out/id"
    fi
    install -m 600 "$out/id.pub" "$stage/root/.ssh/authorized_keys"
}

mkdir -p "$out"
kernels=()
for flavour in "$@"; do
    kernels+=("$(kernel_package "$flavour")")
done
mapfile -t more < <(grep -v '^#' "$top/guest/packages-tpm")
root_fetch "$top/guest/packages" "${kernels[@]}" "${more[@]}"
files=("${@/#/vmlinuz-}" "${@/#/vmlinux-}" initramfs.cpio small.cpio tpm.cpio
    tenant1.bundle)
unpack_kernels "$@"

stage=$out/small
rm -rf "$stage"
stage_guest
stage_kernels cloud-amd64
write_cpio "$out/small.cpio"

stage=$out/tpm
rm -rf "$stage"
stage_guest
stage_kernels cloud-amd64
stage_tpm2_tools
stage_program "$build/host/vouch"
install -D -m 644 -t "$stage/lib/vouch" "$top/dom0/lib/mailbox.sh"
stage_loader
write_cpio "$out/tpm.cpio"
"$build/host/vouch" bundle make --kernel "$out/vmlinux-cloud-amd64" \
    --initrd "$out/tpm.cpio" --cmdline "$(cat "$top/guest/tenant1.cmdline")" \
    -o "$out/tenant1.bundle"

stage=$out/root
rm -rf "$stage"
stage_guest
stage_kernels "$@"
stage_program "$(tree_of dropbear-bin)/usr/sbin/dropbear"
stage_loader
stage_key
write_cpio "$out/initramfs.cpio"
write_manifest "${kernels[*]}" "${files[@]}"

#!/bin/bash
# SPDX-License-Identifier: MIT
# dom0's kernel and root file system from Debian's packages.
#
#   tools/image/mkroot.sh OUTDIR FLAVOUR
#     FLAVOUR  amd64 or cloud-amd64
# makes OUTDIR/vmlinuz, vmlinux, initramfs.cpio and manifest.json. What is built
# here comes from $BUILD: vouch and vouchd, the launcher and the vTPM's bundle.
set -euo pipefail

here=$(dirname "$0")
top=$here/../..
out=$1 flavour=$2
build=${BUILD:-build}
unpack_kernel=${UNPACK_KERNEL:-$build/host/unpack-kernel}
stage=$out/root
. "$here/lib/root.sh"

# What xl's hotplug scripts run, in the shape they know: busybox's losetup and
# flock say and take other things.
stage_shell_tools()
{
    stage_program "$(tree_of bash)/bin/bash"
    stage_program "$(tree_of util-linux)/usr/bin/flock"
    stage_program "$(tree_of mount)/sbin/losetup"
    stage_program "$(tree_of iproute2)/bin/ip"
    stage_program "$(tree_of iproute2)/sbin/bridge"
    stage_program "$(tree_of nftables)/usr/sbin/nft"
}

# Debian's own layout, for its scripts and its wrapper know it. Of the package
# comes what a toolstack needs; not what is for HVM, for tracing, or in OCaml
# and Python.
stage_toolstack()
{
    local utils common name
    utils=$(tree_of xen-utils-4.17)/usr/lib/xen-4.17/bin
    common=$(tree_of xen-utils-common)
    for name in xl xenstored xenconsoled xenconsole xen-init-dom0 xentop \
        xenstore-control lsevtchn xen-diag xenctx xenpm xenwatchdogd \
        libxl-save-helper flask-getenforce flask-setenforce \
        flask-loadpolicy flask-get-bool flask-set-bool flask-label-pci; do
        stage_program "$utils/$name" usr/lib/xen-4.17/bin
        if [ -L "$common/usr/sbin/$name" ]; then
            install -d "$stage/usr/sbin"
            cp -P "$common/usr/sbin/$name" "$stage/usr/sbin/$name"
        fi
    done
    install -D -m 755 -t "$stage/usr/lib/xen-common/bin" \
        "$common/usr/lib/xen-common/bin/xen-utils-wrapper"
    install -D -m 755 -t "$stage/etc/xen/scripts" "$common/etc/xen/scripts"/*
    install -D -m 644 -t "$stage/etc/xen" "$common/etc/xen/xl.conf"
    stage_xenstore_clients "$(tree_of xenstore-utils)/usr/bin"
    # glibc loads this one by name, when xl ends a thread.
    install -m 644 "$(find_library libgcc_s.so.1)" \
        "$stage/lib/x86_64-linux-gnu/libgcc_s.so.1"
    # xentop is the one program that wants to know the terminal.
    install -D -m 644 -t "$stage/lib/terminfo/v" \
        "$(tree_of ncurses-base)/lib/terminfo/v/vt102"
}

stage_xenstore_clients()
{
    local name
    stage_program "$1/xenstore" usr/bin
    for name in read write rm exists list ls chmod watch; do
        ln -s xenstore "$stage/usr/bin/xenstore-$name"
    done
}

# What programs write goes to /run, for nothing else can be written.
stage_places()
{
    mkdir -p "$stage"/{dev,proc,sys,run,tmp,etc,guests,var}
    ln -s bin "$stage/sbin"
    ln -s ../run "$stage/var/run"
    ln -s ../run/lock "$stage/var/lock"
    ln -s ../run/lib "$stage/var/lib"
    ln -s ../run/log "$stage/var/log"
}

stage_ours()
{
    install -m 755 "$top/dom0/init" "$stage/init"
    install -D -m 755 "$top/dom0/udhcpc.script" "$stage/etc/udhcpc.script"
    mkdir -p "$stage/lib/vouch"
    install -m 644 "$top"/dom0/lib/*.sh "$stage/lib/vouch/"
    mkdir -p "$stage/lib/vouch/checks"
    install -m 755 "$top"/dom0/checks/* "$stage/lib/vouch/checks/"
    install -m 644 "$top"/dom0/guests/*.cfg "$stage/etc/xen/"
    echo 'root:x:0:0:root:/:/bin/sh' >"$stage/etc/passwd"
    echo 'root:x:0:' >"$stage/etc/group"
}

stage_built()
{
    stage_program "$build/host/vouch"
    stage_program "$build/host/vouchd" usr/sbin
    install -D -m 644 "$build/vtpm/launcher.elf" "$stage/usr/lib/vouch/launcher"
    install -D -m 644 -t "$stage/usr/lib/vouch" "$build/vtpm/vtpm.bundle"
}

kernel=$(kernel_package "$flavour")
release=${kernel#linux-image-}
root_fetch "$top/dom0/packages" "$kernel"
kernel_tree=$(tree_of "$kernel")

rm -rf "$stage"
mkdir -p "$stage"
cp "$kernel_tree/boot/vmlinuz-$release" "$out/vmlinuz"
"$unpack_kernel" "$out/vmlinuz" "$out/vmlinux"
stage_places
stage_busybox
stage_modules "$release" "$kernel_tree" "$top/dom0/modules"
stage_tpm2_tools
stage_shell_tools
stage_toolstack
stage_built
stage_loader
stage_ours
write_cpio "$out/initramfs.cpio"
write_manifest "$release" vmlinuz vmlinux initramfs.cpio

#!/bin/bash
# SPDX-License-Identifier: MIT
# dom0's kernel and root file system from Debian's packages.  The same package
# versions give the same bytes: sorted names, owner 0, one fixed time.
#
#   tools/image/mkroot.sh OUTDIR FLAVOUR VOUCH
#     FLAVOUR  amd64 or cloud-amd64
#     VOUCH    the vouch program that makes the evidence
# makes OUTDIR/vmlinuz, vmlinux, initramfs.cpio and manifest.json.
set -euo pipefail

here=$(dirname "$0")
top=$here/../..
out=$1 flavour=$2 vouch=$3
unpack_kernel=${UNPACK_KERNEL:-build/host/unpack-kernel}
stage=$out/root
export LC_ALL=C
umask 022

fail()
{
    echo "mkroot: $*" >&2
    exit 1
}

# The metapackage names the kernel package proper.
kernel_package()
{
    apt-cache depends --important "linux-image-$flavour" |
        awk '$2 ~ /^linux-image-[0-9]/ && !found++ { print $2 }'
}

stage_busybox()
{
    install -D -m 755 "$(tree_of busybox-static)/bin/busybox" \
        "$stage/bin/busybox"
    "$stage/bin/busybox" --list | grep -vx busybox | while read -r applet; do
        ln -sf busybox "$stage/bin/$applet"
    done
}

stage_module()
{
    local name=$1
    [ -f "$stage/lib/modules/$release/$name" ] && return
    install -D -m 644 "$modules/$name" "$stage/lib/modules/$release/$name"
}

# What depmod says that a module needs comes with it; the small index that is
# left over is for the modules that are there.
stage_modules()
{
    local index=$out/modules.dep name path optional dependency
    depmod -n -b "$kernel_tree" "$release" |
        grep '^kernel/[^ ]*\.ko:' >"$index"
    while read -r name; do
        optional=${name%%[!?]*}
        name=${name#\?}
        path=$(awk -F: -v want="$name" '{
            file = $1; sub(/.*\//, "", file); sub(/\.ko$/, "", file)
            gsub(/-/, "_", file); gsub(/-/, "_", want)
            if (file == want) print $1 }' "$index")
        if [ -z "$path" ]; then
            [ -n "$optional" ] || fail "the kernel has no module $name"
            continue
        fi
        for dependency in "$path" \
            $(sed -n "s|^$path:||p" "$index"); do
            stage_module "$dependency"
        done
    done < <(grep -v '^#' "$top/dom0/modules")
    cp "$modules"/modules.{order,builtin,builtin.modinfo} \
        "$stage/lib/modules/$release/"
    depmod -b "$stage" "$release"
    rm -f "$stage/lib/modules/$release"/modules.{order,builtin.modinfo} \
        "$stage/lib/modules/$release"/*.bin \
        "$stage/lib/modules/$release"/modules.{devname,softdep}
}

needed_by()
{
    readelf -d "$1" 2>/dev/null | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p'
}

# The library, from the packages that dom0/packages lists and from no other.
find_library()
{
    local name=$1 tree found
    for tree in "${trees[@]}"; do
        for found in "$tree"/{lib,usr/lib}/x86_64-linux-gnu/"$name" \
            "$tree"/lib64/"$name"; do
            if [ -e "$found" ]; then
                readlink -f "$found"
                return
            fi
        done
    done
    return 1
}

stage_libraries()
{
    local name file
    while read -r name; do
        [ -e "$stage/lib/x86_64-linux-gnu/$name" ] && continue
        file=$(find_library "$name") ||
            fail "$1 needs $name, which no package in dom0/packages has"
        install -D -m 644 "$file" "$stage/lib/x86_64-linux-gnu/$name"
        stage_libraries "$file"
    done < <(needed_by "$1")
}

stage_program()
{
    install -D -m 755 "$1" "$stage/bin/$(basename "$1")"
    stage_libraries "$1"
}

stage_tpm2_tools()
{
    local tree
    tree=$(tree_of tpm2-tools)
    stage_program "$tree/usr/bin/tpm2"
    find "$tree/usr/bin" -type l -lname tpm2 -printf '%f\n' |
        while read -r name; do
            ln -sf tpm2 "$stage/bin/$name"
        done
    # libtss2-tctildr loads this one by name.
    local tcti
    tcti=$(find_library libtss2-tcti-device.so.0)
    install -m 644 "$tcti" \
        "$stage/lib/x86_64-linux-gnu/libtss2-tcti-device.so.0"
    stage_libraries "$tcti"
}

stage_loader()
{
    local loader
    loader=$(find_library ld-linux-x86-64.so.2)
    install -D -m 755 "$loader" "$stage/lib64/ld-linux-x86-64.so.2"
}

stage_ours()
{
    mkdir -p "$stage"/{dev,proc,sys,run,tmp,etc}
    install -m 755 "$top/dom0/init" "$stage/init"
    install -D -m 755 "$top/dom0/udhcpc.script" "$stage/etc/udhcpc.script"
    mkdir -p "$stage/lib/vouch"
    install -m 644 "$top"/dom0/lib/*.sh "$stage/lib/vouch/"
    mkdir -p "$stage/lib/vouch/checks"
    install -m 755 "$top"/dom0/checks/* "$stage/lib/vouch/checks/"
    echo 'root:x:0:0:root:/:/bin/sh' >"$stage/etc/passwd"
    echo 'root:x:0:' >"$stage/etc/group"
}

# Uncompressed: unpacking costs the machine more instructions than reading.
write_cpio()
{
    find "$stage" -exec touch -h -d @0 {} +
    (cd "$stage" && find . -mindepth 1 -print0 | sort -z |
        cpio --quiet --null --create --format=newc --reproducible \
            --owner=0:0) >"$out/initramfs.cpio.new"
    mv "$out/initramfs.cpio.new" "$out/initramfs.cpio"
}

# NAME VERSION SHA256 lines become one JSON file.
write_manifest()
{
    local package version sha256 comma=""
    {
        echo '{'
        echo "  \"kernel\": \"$release\","
        echo '  "packages": ['
        while read -r package version sha256 _; do
            printf '%s    {"name": "%s", "version": "%s", "sha256": "%s"}' \
                "$comma" "$package" "$version" "$sha256"
            comma=$',\n'
        done <<<"$fetched"
        printf '\n  ],\n  "files": [\n'
        comma=""
        for file in vmlinuz vmlinux initramfs.cpio; do
            printf '%s    {"name": "%s", "size": %s, "sha256": "%s"}' \
                "$comma" "$file" "$(stat -c %s "$out/$file")" \
                "$(sha256sum <"$out/$file" | cut -d ' ' -f 1)"
            comma=$',\n'
        done
        printf '\n  ]\n}\n'
    } >"$out/manifest.json.new"
    mv "$out/manifest.json.new" "$out/manifest.json"
}

tree_of()
{
    awk -v want="$1" '$1 == want { print $4 }' <<<"$fetched"
}

kernel=$(kernel_package)
[ -n "$kernel" ] || fail "apt knows no linux-image-$flavour"
mapfile -t packages < <(grep -v '^#' "$top/dom0/packages")
fetched=$("$here/fetch.sh" "$kernel" "${packages[@]}" | sort)
mapfile -t trees < <(cut -d ' ' -f 4 <<<"$fetched")
kernel_tree=$(tree_of "$kernel")
release=${kernel#linux-image-}
modules=$kernel_tree/lib/modules/$release

rm -rf "$stage"
mkdir -p "$stage"
cp "$kernel_tree/boot/vmlinuz-$release" "$out/vmlinuz"
"$unpack_kernel" "$out/vmlinuz" "$out/vmlinux"
stage_busybox
stage_modules
stage_tpm2_tools
stage_program "$vouch"
stage_loader
stage_ours
write_cpio
write_manifest

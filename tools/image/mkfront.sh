#!/bin/bash
# SPDX-License-Identifier: MIT
# The guests' own TPM driver (vtpm/front), for exactly the kernel that they
# boot: Debian's headers of it are downloaded and unpacked under the build
# folder, as the kernel is, and never installed.
#
#   tools/image/mkfront.sh OUTDIR GUESTDIR [FILE...]
# makes OUTDIR/vouch_tpmfront.ko and OUTDIR/front.tar, which has it and FILEs,
# for the kernel in GUESTDIR/manifest.json.
set -euo pipefail

here=$(dirname "$0")
top=$(realpath "$here/../..")
out=$(realpath -m "$1") manifest=$2/manifest.json
shift 2
headers=$out/headers
export LC_ALL=C
umask 022

fail()
{
    echo "mkfront: $*" >&2
    exit 1
}

release=$(sed -n 's/.*linux-image-\([0-9.-]*-cloud-amd64\).*/\1/p' "$manifest" |
    head -n 1)
version=$(sed -n "/\"linux-image-$release\"/s/.*\"version\": \"\([^\"]*\)\".*/\1/p" \
    "$manifest")
[ -n "$version" ] || fail "$manifest names no cloud kernel"

# Links to the unpacked packages, in one tree, whose only absolute path becomes
# relative.
stage_headers()
{
    local common=linux-headers-${release%-cloud-amd64}-common
    local own=linux-headers-$release package found tree makefile
    rm -rf "$headers"
    mkdir -p "$headers"
    while read -r package found _ tree; do
        [ "$found" = "$version" ] ||
            fail "guests boot $version, apt has $package $found"
        cp -al "$tree/usr" "$headers/"
    done < <("$here/fetch.sh" "$own" "$common" "linux-kbuild-${release%%.0-*}")
    makefile=$headers/usr/src/$own/Makefile
    [ -f "$makefile" ] || fail "there are no headers"
    rm "$makefile"
    echo "include ../$common/Makefile" >"$makefile"
}

# By DKMS, as a guest would, in folders of its own.
build_module()
{
    local log=$out/module.log dkms=$out/dkms module
    rm -rf "$dkms"
    mkdir -p "$dkms"/{source,tree,installed}
    cp -r "$top/vtpm/front" "$dkms/source/vouch-tpmfront-1"
    if ! env -u MAKEFLAGS -u MAKELEVEL \
        KCFLAGS="-Werror -ffile-prefix-map=$dkms=." \
        dkms build vouch-tpmfront/1 -k "$release" --sourcetree "$dkms/source" \
        --dkmstree "$dkms/tree" --installtree "$dkms/installed" \
        --kernelsourcedir "$headers/usr/src/linux-headers-$release" \
        >"$log" 2>&1; then
        cat "$log" "$dkms"/tree/vouch-tpmfront/1/build/make.log >&2
        fail "the module could not be built"
    fi
    module=$(find "$dkms/tree/vouch-tpmfront/1/$release" -name '*.ko')
    strip --strip-debug -o "$out/vouch_tpmfront.ko" "$module"
}

mkdir -p "$out"
stage_headers
build_module
mkdir -p "$out/files"
cp "$out/vouch_tpmfront.ko" "$@" "$out/files/"
tar -C "$out/files" --sort=name --owner=0 --group=0 --numeric-owner \
    --mtime=@0 -cf "$out/front.tar.new" vouch_tpmfront.ko \
    $(for file in "$@"; do echo "${file##*/}"; done)
mv "$out/front.tar.new" "$out/front.tar"

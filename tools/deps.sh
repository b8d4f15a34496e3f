#!/bin/bash
# SPDX-License-Identifier: MIT
# The Debian packages that building, running and testing need: names what is
# missing and installs it.  Root is asked for only if something is missing.
# Nothing here touches the host's kernel or boot files: dom0's kernel, tboot
# and Xen are downloaded and unpacked under build/, never installed.
#
#   tools/deps.sh           check, and install what is missing
#   tools/deps.sh --check   check only; exit status 1 if something is missing
set -euo pipefail

build=(make gcc binutils libc6-dev m4 checkpolicy libxen-dev liblzma-dev
    liblz4-dev libzstd-dev zlib1g-dev libssl-dev libtpms-dev libjansson-dev
    libtss2-dev libsepol-dev)
image=(cpio dkms e2fsprogs fdisk kmod mtools openssh-client xorriso grub-common
    grub-efi-amd64-bin grub-pc-bin)
run=(qemu-system-x86 ovmf swtpm swtpm-tools tpm2-tools)
check=(perl libcmocka-dev clang libclang-rt-14-dev setools
    policycoreutils-python-utils cppcheck clang-format-16 clang-tidy lz4
    xz-utils zstd)

is_installed()
{
    [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

missing=()
for package in "${build[@]}" "${image[@]}" "${run[@]}" "${check[@]}"; do
    is_installed "$package" || missing+=("$package")
done

# apt-get download needs package lists as much as an installation does.
has_lists()
{
    local found
    found=$(apt-cache policy linux-image-amd64 2>/dev/null)
    [[ $found == *"Candidate: "[0-9]* ]]
}

if [ ${#missing[@]} = 0 ] && has_lists; then
    exit 0
fi
if [ ${#missing[@]} != 0 ]; then
    echo "deps: missing Debian packages: ${missing[*]}"
else
    echo "deps: this machine has no Debian package lists"
fi
if [ "${1:-}" = --check ]; then
    exit 1
fi

as_root=()
if [ "$(id -u)" != 0 ]; then
    if ! command -v sudo >/dev/null; then
        echo "deps: run this as root:" >&2
        echo "  apt-get update && apt-get install ${missing[*]}" >&2
        exit 1
    fi
    echo "deps: installing them needs root; sudo may ask for your password"
    as_root=(sudo)
fi
export DEBIAN_FRONTEND=noninteractive

# Mirrors fail now and then: three attempts, then the reason apt gave.
attempt()
{
    local try
    for try in 1 2 3; do
        "$@" && return 0
        echo "deps: attempt $try failed: $*" >&2
        sleep $((try * 5))
    done
    return 1
}

attempt "${as_root[@]}" apt-get -q update
if [ ${#missing[@]} != 0 ]; then
    attempt "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -y \
        install --no-install-recommends "${missing[@]}"
fi
for package in "${missing[@]}"; do
    if ! is_installed "$package"; then
        echo "deps: $package could not be installed" >&2
        exit 1
    fi
done
echo "deps: all packages are installed"

#!/bin/bash
# SPDX-License-Identifier: MIT
# Downloads Debian packages without installing them and unpacks each into a
# folder of its own, once: build/cache/debs/NAME.deb, build/cache/tree/NAME/.
# What apt's signed lists say is the SHA-256 is what each file must have.
#
#   tools/image/fetch.sh PACKAGE...
# prints one line for each: PACKAGE VERSION SHA256 TREE
set -euo pipefail

cache=${CACHE:-build/cache}
mkdir -p "$cache/debs" "$cache/tree"
apt=(apt-get -q)
if [ "$(id -u)" = 0 ]; then
    apt+=(-o APT::Sandbox::User=root)
fi

fail()
{
    echo "fetch: $*" >&2
    exit 1
}

is_sha256()
{
    [ -f "$1" ] && echo "$2  $1" | sha256sum --check --status
}

download()
{
    local package=$1 file=$2 sha256=$3 work try
    work=$(mktemp -d "$cache/debs/.new.XXXXXX")
    for try in 1 2 3; do
        if (cd "$work" && "${apt[@]}" download "$package" >log 2>&1) &&
            is_sha256 "$work/$file" "$sha256"; then
            mv "$work/$file" "$cache/debs/$file"
            rm -rf "$work"
            return
        fi
        sleep "$try"
    done
    cat "$work/log" >&2
    rm -rf "$work"
    fail "$package could not be downloaded with SHA-256 $sha256"
}

unpack()
{
    local deb=$1 tree=$2 work
    work=$(mktemp -d "$cache/tree/.new.XXXXXX")
    dpkg-deb -x "$deb" "$work" || fail "$deb could not be unpacked"
    chmod 755 "$work"
    mv -T "$work" "$tree" 2>/dev/null || rm -rf "$work"
}

# One line "'URI' FILE SIZE SHA256:DIGEST" comes for each package.
uris=$("${apt[@]}" --print-uris download "$@") ||
    fail "apt knows no candidate for one of: $*"
while read -r _ file _ digest; do
    sha256=${digest#SHA256:}
    package=${file%%_*}
    version=${file#*_}
    version=${version%_*}
    version=${version//%3a/:}
    [ ${#sha256} = 64 ] || fail "apt's lists have no SHA-256 for $package"
    if ! is_sha256 "$cache/debs/$file" "$sha256"; then
        echo "fetch: downloading $package $version" >&2
        download "$package" "$file" "$sha256"
    fi
    tree=$cache/tree/${file%.deb}
    [ -d "$tree" ] || unpack "$cache/debs/$file" "$tree"
    echo "$package $version $sha256 $tree"
done <<<"$uris"

# SPDX-License-Identifier: MIT
# A root file system from Debian's packages: what dom0's image and the guests'
# have in common.  The same package versions give the same bytes: sorted names,
# owner 0, one fixed time.
#
# The caller sets $out (the folder of what is made), $stage (the root), calls
# root_fetch, then whichever stage_* it wants, write_cpio and write_manifest.

export LC_ALL=C
umask 022

fail()
{
    echo "${0##*/}: $*" >&2
    exit 1
}

# The metapackage names the kernel package proper.
kernel_package()
{
    local name
    name=$(apt-cache depends --important "linux-image-$1" |
        awk '$2 ~ /^linux-image-[0-9]/ && !found++ { print $2 }')
    [ -n "$name" ] || fail "apt knows no linux-image-$1"
    echo "$name"
}

# root_fetch LIST PACKAGE...: the packages that the file LIST names and the
# others, in $fetched and $trees.
root_fetch()
{
    local list=$1
    shift
    mapfile -t packages < <(grep -v '^#' "$list")
    fetched=$("$here/fetch.sh" "$@" "${packages[@]}" | sort)
    mapfile -t trees < <(cut -d ' ' -f 4 <<<"$fetched")
}

tree_of()
{
    awk -v want="$1" '$1 == want { print $4 }' <<<"$fetched"
}

stage_busybox()
{
    install -D -m 755 "$(tree_of busybox-static)/bin/busybox" \
        "$stage/bin/busybox"
    "$stage/bin/busybox" --list | grep -vx busybox | while read -r applet; do
        ln -sf busybox "$stage/bin/$applet"
    done
}

module_path()
{
    awk -F: -v want="$1" '{
        file = $1; sub(/.*\//, "", file); sub(/\.ko$/, "", file)
        gsub(/-/, "_", file); gsub(/-/, "_", want)
        if (file == want) print $1 }' "$2"
}

stage_module()
{
    local to=$stage/lib/modules/$1/$3
    [ -f "$to" ] || install -D -m 644 "$2/lib/modules/$1/$3" "$to"
}

# stage_modules RELEASE TREE LIST: what depmod says that a module needs comes
# with it; the small index that is left over is for the modules that are there.
stage_modules()
{
    local release=$1 tree=$2 name path optional dependency
    local index=$out/modules.dep to=$stage/lib/modules/$1
    depmod -n -b "$tree" "$release" | grep '^kernel/[^ ]*\.ko:' >"$index"
    while read -r name; do
        optional=${name%%[!?]*}
        name=${name#\?}
        path=$(module_path "$name" "$index")
        if [ -z "$path" ]; then
            [ -n "$optional" ] || fail "the kernel has no module $name"
            continue
        fi
        for dependency in "$path" $(sed -n "s|^$path:||p" "$index"); do
            stage_module "$release" "$tree" "$dependency"
        done
    done < <(grep -v '^#' "$3")
    cp "$tree/lib/modules/$release"/modules.{order,builtin,builtin.modinfo} \
        "$to/"
    depmod -b "$stage" "$release"
    rm -f "$to"/modules.{order,builtin.modinfo,devname,softdep} "$to"/*.bin
}

needed_by()
{
    readelf -d "$1" 2>/dev/null | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p'
}

# The library, from the packages that were fetched and from no other.
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
            fail "$1 needs $name, which no listed package has"
        install -D -m 644 "$file" "$stage/lib/x86_64-linux-gnu/$name"
        stage_libraries "$file"
    done < <(needed_by "$1")
}

# stage_program FILE [FOLDER]
stage_program()
{
    local to=$stage/${2:-bin}/${1##*/}
    rm -f "$to"
    install -D -m 755 "$1" "$to"
    stage_libraries "$1"
}

stage_loader()
{
    local loader
    loader=$(find_library ld-linux-x86-64.so.2)
    install -D -m 755 "$loader" "$stage/lib64/ld-linux-x86-64.so.2"
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

# write_cpio FILE: uncompressed, for unpacking costs the machine more
# instructions than reading.
write_cpio()
{
    find "$stage" -exec touch -h -d @0 {} +
    (cd "$stage" && find . -mindepth 1 -print0 | sort -z |
        cpio --quiet --null --create --format=newc --reproducible \
            --owner=0:0) >"$1.new"
    mv "$1.new" "$1"
}

# write_manifest KERNEL FILE...: the packages' NAME VERSION SHA256 and the
# files that were made of them, as JSON.
write_manifest()
{
    local package version sha256 comma="" kernel=$1
    shift
    {
        echo '{'
        echo "  \"kernel\": \"$kernel\","
        echo '  "packages": ['
        while read -r package version sha256 _; do
            printf '%s    {"name": "%s", "version": "%s", "sha256": "%s"}' \
                "$comma" "$package" "$version" "$sha256"
            comma=$',\n'
        done <<<"$fetched"
        printf '\n  ],\n  "files": [\n'
        comma=""
        for file in "$@"; do
            printf '%s    {"name": "%s", "size": %s, "sha256": "%s"}' \
                "$comma" "$file" "$(stat -c %s "$out/$file")" \
                "$(sha256sum <"$out/$file" | cut -d ' ' -f 1)"
            comma=$',\n'
        done
        printf '\n  ]\n}\n'
    } >"$out/manifest.json.new"
    mv "$out/manifest.json.new" "$out/manifest.json"
}

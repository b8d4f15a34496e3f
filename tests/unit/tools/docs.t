#!/bin/bash
# SPDX-License-Identifier: MIT
# What the documents say is there, is there: docs/abi.md is what the tables
# make of it, and every file, function, make target and link that a document
# names exists.  Each kind of claim is also made falsely, and must be noticed.
set -u
cd "$(dirname "$0")/../../.." || exit 1
build=${BUILD:-build}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

number=0
failed=0
result() { # STATUS NAME [FILE]: 0 is ok; FILE is shown otherwise
    number=$((number + 1))
    if [ "$1" -eq 0 ]; then
        echo "ok $number - $2"
    else
        echo "not ok $number - $2"
        [ $# -gt 2 ] && sed 's/^/# /' "$3"
        failed=1
    fi
}

targets=$(sed -n 's/^\.PHONY: *//p' Makefile mk/*.mk | tr ' ' '\n')

# What stands between backquotes, one per line.
quoted() {
    grep -o '`[^`]*`' "$1" | tr -d '`'
}

# complaints DOCUMENT: each thing that it names and that is not there
complaints() {
    local document=$1 name folder
    # file:function, file or folder; a program may be named without its .c.
    # What has a pattern in it is none of these.
    quoted "$document" | grep -E \
        '^(hv|xsm|lib|attest|policy|dom0|tools|tests|mk|docs)/[A-Za-z0-9_./-]+(:[A-Za-z0-9_]+)?$' |
        sort -u | while IFS=: read -r name function; do
        if [ ! -e "$name" ] && [ ! -e "$name.c" ]; then
            echo "$document: no file $name"
        elif [ -n "$function" ] && ! grep -qw -- "$function" "$name"; then
            echo "$document: $name has no $function"
        fi
    done
    quoted "$document" | sed -n 's/^make \([a-z-]*\).*/\1/p' | sort -u |
        while read -r name; do
            grep -qx -- "$name" <<<"$targets" ||
                echo "$document: no target $name"
        done
    folder=$(dirname "$document")
    grep -o '](\([^)#:]*\))' "$document" | tr -d '()]' | sort -u |
        while read -r name; do
            [ -e "$folder/$name" ] || echo "$document: no link to $name"
        done
}

"$build/host/abi-doc" >"$work/abi.md" && diff docs/abi.md "$work/abi.md" \
    >"$work/out" 2>&1
result $? "docs/abi.md is what make docs makes" "$work/out"

rows=$(grep -c '^ROW2\{0,1\}(' hv/abi/hypercalls.def)
calls=$(grep -c '^CALL(' hv/abi/hypercalls.def)
operations=$(sed -n '/^## Hypercalls/,/^## Emulated/p' "$work/abi.md" |
    grep -c '^| [a-z]*[a-z_0-9]* | [0-9]*')
# Each table has a head; families without a table are the CALLs.
tables=$(grep -c '^| operation' "$work/abi.md")
plain=$(grep -c 'On the caller: ' "$work/abi.md")
[ "$rows" -gt 80 ] && [ "$((operations - tables))" = "$rows" ] &&
    [ "$plain" = "$calls" ]
result $? "it has all $rows rows and $calls calls"

# What of the public headers is no row is in docs/coming-from-xen.md, and what
# is one is not: FAMILY HEADER PREFIX, each operation of it by name and number.
public() {
    sed -nE "s/^# *define +($3[a-zA-Z0-9_]+)[[:space:]]+\(?([0-9]+)\)?([[:space:]]*\/\*.*)?$/$1 \1 \2/p" \
        "/usr/include/xen/$2"
}
operations() {
    public domctl domctl.h 'XEN_DOMCTL_[a-z]'
    public sysctl sysctl.h 'XEN_SYSCTL_[a-z]'
    public event_channel_op event_channel.h EVTCHNOP_
    public grant_table_op grant_table.h GNTTABOP_
    public memory_op memory.h XENMEM_
    public physdev_op physdev.h 'PHYSDEVOP_[a-z]'
    public platform_op platform.h XENPF_
    public sched_op sched.h SCHEDOP_
    public vcpu_op vcpu.h VCPUOP_
    public xen_version version.h XENVER_
    public xsm_op xsm/flask_op.h FLASK_
}
# Names that look like operations and are none: fields, flags, sub-operations.
no_operation='vmtrace_[^o]|cpu_featureset_|cpu_policy_|sharing_op_|IRQ_UNMASK'
unexplained() { # DOCUMENT
    local family name number row listed
    sed -n '/^| not there/,/^There, and/p' "$1" >"$work/listed"
    operations | grep -vE "$no_operation" | while read -r family name number; do
        row=$(grep -cE "^ROW2?\($family, [a-z0-9_]+, $number, " \
            hv/abi/hypercalls.def)
        listed=$(grep -cF "\`$name\`" "$work/listed")
        [ "$((row + listed))" -eq 1 ] ||
            echo "$name: $row rows, $listed times in $1"
    done
    sed -nE 's/^#define __HYPERVISOR_([a-z0-9_]+) +([0-9]+)$/\1 \2/p' \
        /usr/include/xen/xen.h | while read -r name number; do
        row=$(grep -cE "^FAMILY\([a-z_]+, +$number," hv/abi/hypercalls.def)
        listed=$(grep -cF "\`$name\`" "$work/listed")
        [ "$((row + listed))" -eq 1 ] ||
            echo "hypercall $name: $row families, $listed times in $1"
    done
}
unexplained docs/coming-from-xen.md >"$work/out"
[ ! -s "$work/out" ] && [ "$(operations | wc -l)" -gt 200 ]
result $? "what Xen has is a row, or said not to be there" "$work/out"
sed 's/`XENMEM_set_pod_target`, //; s/`dm_op`/`dm_op`, `domctl`/' \
    docs/coming-from-xen.md >"$work/wrong.md"
unexplained "$work/wrong.md" >"$work/out"
[ "$(wc -l <"$work/out")" -eq 2 ]
result $? "what is left out there, or too much, is noticed" "$work/out"

for document in *.md docs/*.md; do
    complaints "$document" >"$work/out"
    [ ! -s "$work/out" ]
    result $? "$document: all that it names is there" "$work/out"
done

# The check itself.
cat >"$work/false.md" <<'TEXT'
`hv/nowhere.c` and `hv/mem/page.c:no_such_function`; run `make nothing`; see
[a page](nowhere.md).  But `hv/mem/page.c:page_get` and `make check` are there.
TEXT
complaints "$work/false.md" >"$work/out"
[ "$(wc -l <"$work/out")" = 4 ] && grep -q 'no file hv/nowhere.c$' "$work/out" &&
    grep -q 'has no no_such_function$' "$work/out" &&
    grep -q 'no target nothing$' "$work/out" &&
    grep -q 'no link to nowhere.md$' "$work/out"
result $? "a false claim of each kind is noticed" "$work/out"

echo "1..$number"
exit $failed

#!/bin/bash
# SPDX-License-Identifier: MIT
#
# A file includes what lies below it or beside it, never what is above.  The
# folders from the bottom up; those on one line may include each other.
set -u
cd "$(dirname "$0")/../.." || exit 1

layers='lib
xsm
hv/abi hv/base
hv/cpu
hv/mem
hv/domain
hv/sched hv/evtchn hv/grant hv/measure hv/security
hv/launch
hv/hypercall
hv/boot'

# FILE INCLUDED: what is let pass, and why.  There is none.
exceptions=''

# violations ROOT: each upward or unknown include, with file and line
violations() {
    (cd "$1" && grep -rHno '^ *# *include "[^"]*"' lib xsm hv \
        --include='*.[chS]') |
        awk -F: -v layers="$layers" -v exceptions="$exceptions" '
            function folder(path) {
                match(path, /^hv\/[^\/]*/) || match(path, /^[^\/]*/)
                return substr(path, 1, RLENGTH)
            }
            BEGIN {
                for (n = split(layers, line, "\n"); n > 0; n--) {
                    for (i = split(line[n], name, " "); i > 0; i--) {
                        height[name[i]] = n
                    }
                }
                height["asm_offsets.h"] = 1 # made by the build
                for (i = split(exceptions, line, "\n"); i > 0; i--) {
                    allowed[line[i]] = 1
                }
            }
            {
                split($3, part, "\"")
                from = folder($1)
                to = folder(part[2])
                if (!(from in height)) {
                    print $1 ":" $2 ": " from " has no place in the order"
                } else if (!(to in height)) {
                    print $1 ":" $2 ": " part[2] " is in no known folder"
                } else if (height[to] > height[from] &&
                           !(($1 " " part[2]) in allowed)) {
                    print $1 ":" $2 ": includes " part[2] ", above it"
                }
            }'
}

found=$(violations .)
if [ -z "$found" ]; then
    echo "ok 1 - includes go downward"
else
    echo "not ok 1 - includes go downward"
    echo "$found" | sed 's/^/# /'
fi

# The check itself, on a tree with one wrong file for each kind of mistake.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work"/{lib,xsm,hv/cpu,hv/mem,hv/sched,hv/evtchn,hv/new}
echo '#include "xsm/xsm.h"' >"$work/lib/up.c"
echo '#include "hv/base/log.h"' >"$work/xsm/up.h"
printf '\n# include "hv/mem/page.h"\n' >"$work/hv/cpu/up.S"
echo '#include "lib/bytes.h"' >"$work/hv/new/unplaced.c"
echo '#include "bytes.h"' >"$work/hv/mem/nameless.c"
echo '#include "hv/sched/sched.h"' >"$work/hv/evtchn/beside.c"
printf '#include "hv/cpu/cpu.h"\n#include "hv/mem/page.h"\n' \
    >"$work/hv/mem/down.c"
wanted='hv/cpu/up.S:2: includes hv/mem/page.h, above it
hv/mem/nameless.c:1: bytes.h is in no known folder
hv/new/unplaced.c:1: hv/new has no place in the order
lib/up.c:1: includes xsm/xsm.h, above it
xsm/up.h:1: includes hv/base/log.h, above it'
if [ "$(violations "$work" | sort)" = "$wanted" ]; then
    echo "ok 2 - each wrong include would be named, and no other"
else
    echo "not ok 2 - each wrong include would be named, and no other"
    violations "$work" | sed 's/^/# /'
fi
echo 1..2

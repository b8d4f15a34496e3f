#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Only the dispatcher's table may refer to a handler, so that there is no way to
# one around its permission.
set -u
cd "$(dirname "$0")/../.." || exit 1
build=${BUILD:-build}

handlers=$(nm "$build"/hv/hv/*/*.o | awk '$2 == "T" && $3 ~ /^do_/ {print $3}')
count=$(echo "$handlers" | wc -l)
if [ "$count" -gt 60 ]; then
    echo "ok 1 - $count handlers are defined"
else
    echo "not ok 1 - only $count handlers found: is the hypervisor built?"
fi

outside=$(nm -A "$build"/hv/hv/*/*.o | awk '$2 == "U" && $3 ~ /^do_/' |
    grep -v '/hypercall/rows\.o:')
if [ -z "$outside" ]; then
    echo "ok 2 - nothing but the dispatcher's table refers to them"
else
    echo "not ok 2 - nothing but the dispatcher's table refers to them"
    echo "$outside" | sed 's/^/# /'
fi

# The check itself: an object that does refer to one is found.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
echo 'long do_set_gdt(void); long f(void); long f(void) { return do_set_gdt(); }' |
    gcc -c -x c - -o "$work/around.o"
if nm -A "$work/around.o" | awk '$2 == "U" && $3 ~ /^do_/' | grep -q do_set_gdt
then
    echo "ok 3 - a reference around the dispatcher would be seen"
else
    echo "not ok 3 - a reference around the dispatcher would be seen"
fi
echo 1..3

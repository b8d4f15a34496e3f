#!/bin/bash
# SPDX-License-Identifier: MIT
# Which folder includes what of another: the parts that are built for the host
# as well see nothing of the hypervisor, and nothing sees what is above it.
set -u
cd "$(dirname "$0")/../../.." || exit 1
number=0
failed=0

# above FOLDER PREFIX...: includes of its files that none of the prefixes has
above() {
    local folder=$1 prefixes
    shift
    prefixes=$(IFS='|'; echo "$*")
    grep -rHo '#include "[^"]*"' "$folder" --include='*.[chS]' |
        grep -Ev "#include \"($prefixes)"
}

# only FOLDER PREFIX...
only() {
    local found name="$1/ includes only ${*:2}"
    number=$((number + 1))
    found=$(above "$@")
    if [ -z "$found" ] && [ -n "$(find "$1" -name '*.c')" ]; then
        echo "ok $number - $name"
    else
        echo "not ok $number - $name"
        echo "${found:-no sources}" | sed 's/^/# /'
        failed=1
    fi
}

only lib lib/
only xsm xsm/ lib/
only attest attest/ lib/ tools/image/ hv/abi/vouch.h dom0/vouchd/slots.h
only hv/measure hv/measure/ lib/
only vtpm/tpm vtpm/tpm/ vtpm/base/calls.h hv/abi/vouch.h lib/
only hv hv/ xsm/ lib/ asm_offsets.h

# The check itself: the hypervisor does include more than lib/.
number=$((number + 1))
if above hv lib/ | grep -q '"xsm/'; then
    echo "ok $number - an include of something above would be seen"
else
    echo "not ok $number - an include of something above would be seen"
    failed=1
fi

echo "1..$number"
exit $failed

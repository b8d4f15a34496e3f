#!/bin/sh
# SPDX-License-Identifier: MIT
# The class, initial SID and access vector declarations of the policy, made
# from xsm/classes.def and xsm/initial_sids.def, so that the policy and the
# hypervisor cannot disagree about a name.
# Usage: policy-classes.sh CC, in the top folder.
set -eu
cc=$1

entries() { # FILE MACRO-DEFINITION...
    file=$1
    shift
    "$cc" -E -P -x c "$@" "$file"
}

entries xsm/classes.def '-DXSM_CLASS(c)=class c' '-DXSM_PERMISSION(c,p)='
entries xsm/initial_sids.def '-DXSM_INITIAL_SID(s)=sid s'
entries xsm/classes.def '-DXSM_CLASS(c)=class c' '-DXSM_PERMISSION(c,p)=p' |
    awk '{
        for (i = 1; i <= NF; i++) {
            if ($i == "class") {
                printf "%sclass %s {", (open ? " }\n" : ""), $(++i)
                open = 1
            } else {
                printf " %s", $i
            }
        }
    }
    END { print " }" }'

#!/bin/bash
# SPDX-License-Identifier: MIT
# Our policy, our audit lines and our documents against the public tools: what
# audit2allow and audit2why make of a denial, what checkpolicy refuses, and
# that the compiled policy depends on nothing but its source.
set -u
BUILD=${BUILD:-build}
policy=$BUILD/policy/vouch-policy
check=$BUILD/host/policy-check
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

dom0=system_u:system_r:dom0_t
xen=system_u:system_r:xen_t
one=tenant01_u:guest_r:guest_t
two=tenant02_u:guest_r:guest_t

deny() { "$check" "$policy" "$@" >"$work/line"; [ $? -eq 1 ]; }

deny $dom0 $xen xen kexec &&
    audit2allow -p "$policy" <"$work/line" >"$work/out" 2>&1 &&
    grep -qx 'allow dom0_t xen_t:xen kexec;' "$work/out"
result $? "audit2allow reads a denial" "$work/out"

audit2why -p "$policy" <"$work/line" >"$work/out" 2>&1 &&
    grep -q 'Missing type enforcement (TE) allow rule' "$work/out"
result $? "audit2why explains a missing rule" "$work/out"

deny $one $two grant map_write &&
    audit2why -p "$policy" <"$work/line" >"$work/out" 2>&1 &&
    grep -q 'Constraint DENIED' "$work/out"
result $? "audit2why explains a constraint" "$work/out"

deny default_u:guest_r:domU_t default_u:guest_r:domU_self_t console2 \
    write_own &&
    audit2why -p "$policy" <"$work/line" >"$work/out" 2>&1 &&
    grep -q 'guest_console' "$work/out"
result $? "audit2why names the boolean that would allow" "$work/out"

# A rule that an assertion forbids, in a policy that is otherwise ours.
refused() { # RULE
    sed "s/^# What no rule of this policy may ever grant.*/$1\n&/" \
        "$BUILD/policy/policy.conf" >"$work/bad.conf"
    grep -qF "$1" "$work/bad.conf" || return 1
    ! checkpolicy -t Xen -c 30 -o "$work/bad" "$work/bad.conf" \
        >"$work/out" 2>&1 && grep -q neverallow "$work/out"
}
while read -r rule; do
    refused "$rule"
    result $? "checkpolicy refuses: $rule" "$work/out"
done <<'RULES'
allow dom0_t security_t:security setenforce;
allow dom0_t xen_t:xen microcode;
allow guest_t xen_t:xen physinfo;
allow domU_t guest_t:grant map_read;
allow guest_t dom0_t:mmu map_read;
allow guest_t domU_self_t:mmu map_write;
allow domU_t ioport_t:device2 port_write;
allow guest_t dom0_t:event create;
allow guest_t guest_t:mmu map_read;
allow guest_t guest_t:domain getdomaininfo;
allow guest_t security_t:security check_context;
allow dom0_t dom0_t:domain create;
allow dom0_t domDM_t:domain create;
allow dom0_t guest_t:grant2 transitive;
RULES

mkdir "$work/again" &&
    make -s BUILD="$work/again" "$work/again/policy/vouch-policy" \
        "$work/again/policy/vouch-policy-v24" >"$work/out" 2>&1 &&
    cmp "$policy" "$work/again/policy/vouch-policy" >>"$work/out" 2>&1 &&
    cmp "$policy-v24" "$work/again/policy/vouch-policy-v24" \
        >>"$work/out" 2>&1
result $? "the policy compiles to the same bytes anywhere" "$work/out"

# Tenants are kept apart by a constraint, which no assertion can demand.
"$check" "$policy" tenants >"$work/out" 2>&1 && [ ! -s "$work/out" ]
result $? "no guest reaches another tenant's" "$work/out"
perl -0pe 's/^constrain \{ event .*?;//ms' "$BUILD/policy/policy.conf" \
    >"$work/open.conf" &&
    checkpolicy -t Xen -c 30 -o "$work/open" "$work/open.conf" \
        >"$work/out" 2>&1
"$check" "$work/open" tenants >"$work/out" 2>&1
[ $? -eq 1 ] && grep -q '^so may tenant01_u:.* do to tenant02_u:' "$work/out"
result $? "without the constraint they do, and it is noticed" "$work/out"
# The constraint with another way around it: who it lets through is found.
opened() { # NAME, LINE, SED COMMAND...: of the policy's text
    name=$1 line=$2
    shift 2
    sed "$@" "$BUILD/policy/policy.conf" >"$work/way.conf" &&
        checkpolicy -t Xen -c 30 -o "$work/way" "$work/way.conf" \
            >"$work/out" 2>&1
    "$check" "$work/way" tenants >"$work/out" 2>&1
    [ $? -eq 1 ] && grep -qx "so may $line" "$work/out"
    result $? "noticed: $name" "$work/out"
}
way='s/( u1 == system_u or u2 == system_u/( WAY or u1 == system_u or u2 == system_u/'
opened "what was launched reaches others" \
    "tenant01_u:guest_r:launched_t do to tenant02_u:guest_r:guest_t" \
    -e "${way/WAY/t1 == launched_t}"
opened "what was launched is reached" \
    "tenant01_u:guest_r:guest_t do to tenant02_u:guest_r:vtpm_launched_t" \
    -e "${way/WAY/t2 == vtpm_launched_t}"
opened "an end reaches others" \
    "tenant01_u:object_r:guest_event_t do to tenant02_u:guest_r:guest_t" \
    -e "${way/WAY/t1 == guest_event_t}"
opened "two without a label reach each other" \
    "default_u:guest_r:guest_t do to default_u:guest_r:guest_t" \
    -e 's/u1 != default_u or/u1 == u2 or/'
seq -f 'user many%03g_u roles guest_r;' 300 >"$work/users"
opened "the last of three hundred tenants reaches others" \
    "many300_u:guest_r:guest_t do to tenant02_u:guest_r:guest_t" \
    -e "${way/WAY/u1 == many300_u}" -e "/^user tenant02_u/r $work/users"
"$check" "$policy" $one $one >"$work/out" && grep -q 'grant: map_read' \
    "$work/out" && ! "$check" "$policy" $one $two >"$work/out" &&
    [ ! -s "$work/out" ]
result $? "policy-check says all that one label may do to another" "$work/out"

seinfo "$policy" >"$work/out" 2>&1 && grep -q 'Target Policy: *xen' "$work/out"
result $? "setools reads the policy" "$work/out"

printf 'damaged' >"$work/damaged"
dd if="$policy" bs=1 skip=7 >>"$work/damaged" 2>/dev/null
"$check" "$work/damaged" >"$work/out" 2>&1
[ $? -eq 2 ] && grep -q 'refused: not a policy, at byte 0 of section "header"' \
    "$work/out"
result $? "policy-check says where a policy is wrong" "$work/out"

# Every class:permission that docs/policy.md names exists.
sed -n '/^## Operation/,/^## The policy/p' docs/policy.md |
    grep -oE '\b[a-z0-9]+:[a-z][a-z0-9_]+\b' | sort -u >"$work/named"
sed -nE 's/^XSM_PERMISSION\((\w+), (\w+)\)$/\1:\2/p' xsm/classes.def |
    sort -u >"$work/known"
comm -23 "$work/named" "$work/known" |
    grep -vE ':xen_and$|:the$|^version:xen_$' >"$work/out"
[ ! -s "$work/out" ] && [ "$(wc -l <"$work/named")" -gt 150 ]
result $? "docs/policy.md names permissions that exist" "$work/out"

# No right for an operation that does not exist: what is allowed is asked for
# somewhere, but for what the boolean is kept for.
{
    sed -nE 's/^(ROW2?|CALL|OP|PORT_[A-Z]+)\((.*)\)[^)]*$/\2/p' \
        hv/abi/hypercalls.def hv/hypercall/privops.def hv/hypercall/ports.def
    grep -rhoE 'XSM_PERM(_INIT)?\([a-z0-9]+, [a-z_0-9]+\)' hv |
        sed 's/.*(\(.*\))/\1/'
} | tr -d ' ' | tr ',' '\n' | sort -u >"$work/words"
sesearch -A "$policy" |
    sed -nE 's/^allow [^:]+:([a-z0-9]+) (\{ )?([^};]*).*/\1 \3/p' |
    while read -r class names; do
        for name in $names; do
            echo "$class:$name"
        done
    done | sort -u | grep -vx 'console2:write_own' \
    >"$work/allowed"
while IFS=: read -r class name; do
    grep -qx "$class" "$work/words" && grep -qx "$name" "$work/words" ||
        echo "$class:$name is allowed and never asked for"
done <"$work/allowed" >"$work/out"
[ ! -s "$work/out" ] && [ "$(wc -l <"$work/allowed")" -gt 100 ]
result $? "no right without an operation" "$work/out"

# Information flows, which allow rules one by one do not show.
flows() { # POLICY SOURCE TARGET [EXCLUDED TYPE...]: how many are found
    seinfoflow -p "$1" -m policy/flows.map -w 1 -S -s "$2" -t "$3" "${@:4}" \
        >"$work/out" 2>&1 &&
        sed -n 's/^\([0-9]*\) information flow(s) found.*/\1/p' "$work/out"
}
while read -r source target through; do
    # shellcheck disable=SC2086
    [ "$(flows "$policy" "$source" "$target" $through)" = 0 ]
    result $? "no flow from $source to $target but through $through" "$work/out"
done <<'FLOWS'
domU_t guest_t dom0_t
guest_t domU_t dom0_t
domU_t device_t dom0_t
guest_t iomem_t dom0_t
guest_t xen_t dom0_t
guest_t security_t xen_t
FLOWS
[ "$(flows "$policy" guest_t dom0_t)" -gt 0 ]
result $? "the flow from a guest to dom0 is seen" "$work/out"
sed 's/^# What no rule of this policy may ever grant.*/'\
'allow domU_t unlabeled_t:event send;\n'\
'allow guest_t unlabeled_t:event status;\n&/' \
    "$BUILD/policy/policy.conf" >"$work/hole.conf" &&
    checkpolicy -t Xen -c 30 -o "$work/hole" "$work/hole.conf" \
        >"$work/out" 2>&1 &&
    [ "$(flows "$work/hole" domU_t guest_t dom0_t)" -gt 0 ]
result $? "a hole that no assertion forbids is found as a flow" "$work/out"

sed -nE 's/^ *([a-z0-9_]+) [rwbn] +[0-9]+$/\1/p' policy/flows.map >"$work/map"
sed -nE 's/^XSM_PERMISSION\(\w+, (\w+)\)$/\1/p' xsm/classes.def |
    diff - "$work/map" >"$work/out"
result $? "the map of flows has every permission, in order" "$work/out"

# A check is at most 20 instructions, two of them loads of the matrix.
flags="-std=gnu17 -I. -O2 -ffreestanding -fcf-protection=none"
cat >"$work/check.c" <<'CODE'
#include "xsm/xsm.h"
bool check(const struct xsm *x, label_t s, label_t t, struct xsm_perm p);
bool check(const struct xsm *x, label_t s, label_t t, struct xsm_perm p)
{
    return xsm_allowed(x, s, t, p);
}
CODE
gcc $flags -c "$work/check.c" -o "$work/check.o" 2>"$work/out" &&
    objdump -d --no-show-raw-insn "$work/check.o" |
    sed -n '/<check>:/,$p' | grep -E '^ +[0-9a-f]+:' >>"$work/out" &&
    [ "$(wc -l <"$work/out")" -le 20 ]
result $? "a check is at most 20 instructions" "$work/out"

# A permission that its class does not have does not compile.
compiles() { # CLASS, PERMISSION
    printf '#include "xsm/xsm.h"\nstruct xsm_perm p = XSM_PERM(%s, %s);\n' \
        "$1" "$2" >"$work/token.c"
    gcc $flags -c "$work/token.c" -o "$work/token.o" >"$work/out" 2>&1
}
compiles grant map_read && compiles hypercall2 domctl &&
    ! compiles event map_read && ! compiles grants map_read &&
    ! compiles hypercall domctl
result $? "a permission of another class does not compile" "$work/out"

echo "1..$number"
exit $failed

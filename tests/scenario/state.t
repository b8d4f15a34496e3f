#!/bin/bash
# SPDX-License-Identifier: MIT
# What the operator and dom0 do once for the states of vTPMs, by the command
# line, against a software TPM: the counter, the PCRs, an approval. That the
# hypervisor takes them: tests/unit/hv/measure/seal_test.c.
set -u

build=${BUILD:-build}
vouch=$build/host/vouch
work=$(mktemp -d "${TMPDIR:-/tmp}/vouch-state.XXXXXX")
tcti=swtpm:path=$work/tpm.sock
swtpm_pid=
count=0
failed=0
export TSS2_LOG=all+NONE

clean()
{
    [ -n "$swtpm_pid" ] && kill "$swtpm_pid" 2>/dev/null
    rm -rf "$work"
}
trap clean EXIT

is() # STATUS NAME COMMAND...
{
    local expected=$1 name=$2
    shift 2
    "$@" >"$work/out" 2>&1
    local status=$?
    count=$((count + 1))
    if [ "$status" = "$expected" ]; then
        echo "ok $count - $name"
    else
        echo "not ok $count - $name (status $status)"
        sed 's/^/# /' "$work/out"
        failed=1
    fi
}

tpm2()
{
    command "tpm2_$1" -T "$tcti" "${@:2}"
}

# The index as any tool sees it: a counter of the owner's, nothing else.
is_counter()
{
    tpm2 nvreadpublic 0x1805601 >"$work/public" &&
        grep -q 'value: 0x2020012$\|value: 0x12000202$' "$work/public" &&
        grep -q 'size: 8' "$work/public"
}

mkdir "$work/tpm"
swtpm socket --tpm2 --tpmstate "dir=$work/tpm" \
    --flags not-need-init,startup-clear \
    --server "type=unixio,path=$work/tpm.sock" \
    --ctrl "type=unixio,path=$work/tpm.sock.ctrl" >/dev/null 2>&1 &
swtpm_pid=$!
for _ in $(seq 600); do
    [ -S "$work/tpm.sock" ] && break
    sleep 0.05
done

is 0 "the counter is made" "$vouch" vtpm setup --tcti "$tcti"
is 0 "and left as it is" "$vouch" vtpm setup --tcti "$tcti"
is 0 "the counter is a counter" is_counter
is 0 "it can be made anew" "$vouch" vtpm setup --again --tcti "$tcti"
is 0 "and still is one" is_counter
tpm2 nvundefine -C o 0x1805601 >/dev/null
tpm2 nvdefine -C o -s 8 -a 'ownerread|ownerwrite' 0x1805601 >/dev/null
is 1 "another index is not taken for it" "$vouch" vtpm setup --tcti "$tcti"
is 1 "so the test of it can fail" is_counter
is 0 "it is removed on demand" "$vouch" vtpm setup --again --tcti "$tcti"
is 0 "for a counter" is_counter

# What a boot measures. PCR 21 is for locality 2, which no tool has: it gets a
# value in the file.
for pcr in 0 2 4 7 8 9; do
    tpm2 pcrextend "$pcr:sha256=$(printf '1%.0s' $(seq 64))"
done
is 0 "PCRs are shown" "$vouch" vtpm pcrs --tcti "$tcti" -o "$work/pcrs"
is 0 "all of them" [ "$(wc -l <"$work/pcrs")" = 24 ]
sed -i "s/^21 .*/21 $(printf '2%.0s' $(seq 64))/" "$work/pcrs"
is 0 "keys" "$vouch" ref keygen -o "$work/key" -p "$work/pub"
"$vouch" vtpm state-key "$work/pub" >"$work/word"
is 0 "the word for the command line" grep -qxE 'state=[0-9a-f]{64}' "$work/word"
is 1 "is of a public key" "$vouch" vtpm state-key "$work/pcrs"
is 0 "PCRs are approved" "$vouch" vtpm authorize --key "$work/key" \
    --pcrs "$work/pcrs" -o "$work/approval"
is 0 "in 172 bytes" [ "$(stat -c %s "$work/approval")" = 172 ]
"$vouch" vtpm authorize --key "$work/key" --pcrs "$work/pcrs" \
    -o "$work/approval" >"$work/approved"
is 0 "which ones is said, as pcrs says it" diff "$work/approved" <(
    grep -E '^(0|2|4|7|8|9|17|18|21) ' "$work/pcrs")
is 0 "a choice of them" "$vouch" vtpm authorize --key "$work/key" \
    --pcrs "$work/pcrs" --select 4,8,9,21 -o "$work/approval"
for bad in 21 4,8 4,8,9,24 4,8,9,9 4,8,9,x; do
    is 1 "not $bad" "$vouch" vtpm authorize --key "$work/key" \
        --pcrs "$work/pcrs" --select "$bad" -o "$work/none"
done
grep -v '^9 ' "$work/pcrs" >"$work/fewer"
is 1 "nor what has no value" "$vouch" vtpm authorize --key "$work/key" \
    --pcrs "$work/fewer" --select 4,8,9 -o "$work/none"
sed 's/^9 ./9 x/' "$work/pcrs" >"$work/bad"
is 1 "nor what is no value" "$vouch" vtpm authorize --key "$work/key" \
    --pcrs "$work/bad" -o "$work/none"
# with [PCR BYTE]...: such values, otherwise what was measured.
with()
{
    local script=
    while [ $# -gt 0 ]; do
        script="$script;s/^$1 .*/$1 $(printf "$2%.0s" $(seq 32))/"
        shift 2
    done
    sed "${script#;}" "$work/pcrs" >"$work/untouched"
}
for value in 00 ff; do
    with 17 $value 18 $value
    is 1 "nor a launch that leaves $value" "$vouch" vtpm authorize \
        --key "$work/key" --pcrs "$work/untouched" --select 17,18 \
        -o "$work/none"
    is 1 "whatever else is chosen" "$vouch" vtpm authorize --key "$work/key" \
        --pcrs "$work/untouched" --select 17,18,21 -o "$work/none"
    with 8 $value 9 $value
    is 1 "nor a loader that leaves $value" "$vouch" vtpm authorize \
        --key "$work/key" --pcrs "$work/untouched" --select 4,8,9,21 \
        -o "$work/none"
done
for pcr in 0 2 4 7 8 9 21; do
    with $pcr 00
    is 1 "nor part of a boot" "$vouch" vtpm authorize --key "$work/key" \
        --pcrs "$work/untouched" -o "$work/none"
    "$vouch" vtpm authorize --key "$work/key" --pcrs "$work/untouched" \
        -o "$work/none" 2>"$work/said"
    is 0 "it lacks PCR $pcr" grep -q "into PCR $pcr:" "$work/said"
    grep -v "^$pcr " "$work/pcrs" >"$work/fewer"
    is 1 "nor without a line" "$vouch" vtpm authorize --key "$work/key" \
        --pcrs "$work/fewer" -o "$work/none"
done
with 17 a1 18 a2
is 0 "but a launch that measured" "$vouch" vtpm authorize --key "$work/key" \
    --pcrs "$work/untouched" --select 17,18 -o "$work/launch"
tests/scenario/lib/approve.py "$work/key" "$work/untouched" 17,18 \
    "$work/by.hand"
is 0 "as anybody would have written it" \
    cmp -n 108 "$work/launch" "$work/by.hand"
is 1 "a public key approves nothing" "$vouch" vtpm authorize \
    --key "$work/pub" --pcrs "$work/pcrs" -o "$work/none"
is 0 "and nothing was written" [ ! -e "$work/none" ]
is 2 "values are given once" "$vouch" vtpm authorize --key "$work/key" \
    --pcrs "$work/pcrs" --log "$work/pcrs" -o "$work/none"
echo "1..$count"
exit $failed

#!/bin/bash
# SPDX-License-Identifier: MIT
# The hypervisor itself opens its table of versions with a software TPM, boot
# after boot: tests/guest/states.c as dom0, which is handed an approval and the
# last table. PCR 17 and 18 are approved, which all boots of this machine have
# the same: it has neither firmware that measures nor a dynamic launch, so that
# `vouch vtpm authorize` would not do it.
set -u

build=${BUILD:-build}
vouch=$build/host/vouch
guest=$build/guest/states.elf
work=$(mktemp -d "${TMPDIR:-/tmp}/vouch-states.XXXXXX")
swtpm_pid=
count=0
failed=0
export TSS2_LOG=all+NONE

clean()
{
    stop_tpm
    rm -rf "$work"
}
trap clean EXIT

ok()
{
    count=$((count + 1))
    if [ "$1" = 0 ]; then
        echo "ok $count - $2"
    else
        echo "not ok $count - $2"
        tail -n 40 "$work/log" | sed 's/^/# /'
        failed=1
    fi
}

start_tpm() # OPTION...
{
    swtpm socket --tpm2 --tpmstate "dir=$work/tpm" \
        --ctrl "type=unixio,path=$work/tpm.sock.ctrl" "$@" >/dev/null 2>&1 &
    swtpm_pid=$!
    for _ in $(seq 600); do
        [ -S "$work/tpm.sock.ctrl" ] && return
        sleep 0.05
    done
    echo "Bail out! swtpm does not start"
    exit 1
}

stop_tpm()
{
    [ -n "$swtpm_pid" ] || return 0
    kill "$swtpm_pid" 2>/dev/null
    wait "$swtpm_pid" 2>/dev/null
    swtpm_pid=
    rm -f "$work"/tpm.sock*
}

# boot WHAT EXPECTED TABLE...: what open must say, with these tables behind the
# approval; the table that came out is then $work/WHAT.
boot()
{
    local what=$1 expected=$2
    shift 2
    cat "$work/approval" "$@" >"$work/ramdisk"
    start_tpm
    tools/bench/boot-guest.sh -t 120 -p "$build/policy/vouch-policy" \
        -e "$work/tpm.sock.ctrl" -r "$work/ramdisk" -a "${word-$state}" \
        "$build/hv/vouch.elf" "$guest" >"$work/log" 2>&1 &&
        tr -d '\r' <"$work/log" | grep -qx "# open $expected"
    local status=$?
    stop_tpm
    sed -n 's/^# table //p' "$work/log" | tr -d '\r\n' | xxd -r -p >"$work/$what"
    return $status
}

mkdir "$work/tpm"
start_tpm --server "type=unixio,path=$work/tpm.sock" \
    --flags not-need-init,startup-clear
"$vouch" vtpm setup --tcti "swtpm:path=$work/tpm.sock" >"$work/log" 2>&1
ok $? "the counter is made"
stop_tpm
"$vouch" ref keygen -o "$work/key" -p "$work/pub"
state=$("$vouch" vtpm state-key "$work/pub")
for pcr in 17 18; do
    printf '%s %s\n' $pcr "$(printf 'ff%.0s' $(seq 32))"
done >"$work/pcrs"
tests/scenario/lib/approve.py "$work/key" "$work/pcrs" 17,18 \
    "$work/approval" >"$work/log" 2>&1
ok $? "the machine is approved"

word='' boot none -95
ok $? "without state= there are no states"
word="state=$(printf '0%.0s' $(seq 64))" boot none -13
ok $? "an approval by another key than that of state= is refused"
boot first 0
ok $? "the first table, and a second epoch in the same boot"
boot none -2
ok $? "the next boot needs it"
boot second 0 "$work/first"
ok $? "with it there is a next"
boot none -17 "$work/first"
ok $? "and the first counts no more"
boot third 0 "$work/second"
ok $? "the last one does"
head -c 60 "$work/third" >"$work/changed"
tail -c +62 "$work/third" | cat <(printf x) - >>"$work/changed"
boot none -74 "$work/changed"
ok $? "a changed one is none"
cp "$work/approval" "$work/good"
sed -i 's/^17 f/17 e/' "$work/pcrs"
tests/scenario/lib/approve.py "$work/key" "$work/pcrs" 17,18 "$work/approval"
boot none -13 "$work/third"
ok $? "an approval of another machine is refused"
cp "$work/good" "$work/approval"
boot fourth 0 "$work/third"
ok $? "and leaves everything as it was"
echo "1..$count"
exit $failed

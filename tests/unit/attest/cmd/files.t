#!/bin/bash
# SPDX-License-Identifier: MIT
# What the commands of vouch read and write: keys that are there are not lost,
# no secret is released that is none, and what cannot be read is told as that.
set -u
. tests/scenario/lib/tap.sh
vouch=${BUILD:-build}/host/vouch
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# said STATUS MESSAGE COMMAND...: ends so, and says so.
said()
{
    local status=$1 message=$2
    shift 2
    "$vouch" "$@" >"$work/said" 2>&1
    is_equal "$?" "$status" && has_line "$work/said" "$message"
}
absent() { [ ! -e "$1" ]; }

# ---- the operator's keys ----
keygen() { "$vouch" ref keygen -o "$work/op.key" -p "$work/op.pub"; }
tap "a key pair" keygen
cp "$work/op.key" "$work/kept"
tap "a private key is not replaced" \
    said 1 'op.key exists; remove it first' \
    ref keygen -o "$work/op.key" -p "$work/none"
tap "and is what it was" cmp "$work/op.key" "$work/kept"
tap "nor is there another public one" absent "$work/none"
for name in none ./none; do
    tap "two keys, one file ($name)" said 1 'two keys need two files' \
        ref keygen -o "$work/none" -p "$work/$name"
    tap "neither is there" absent "$work/none"
done
tap "a public key that cannot be written" said 1 'cannot write .*nowhere/pub' \
    ref keygen -o "$work/none" -p "$work/nowhere/pub"
tap "leaves no private one" absent "$work/none"
tap_is "a pipe takes the private one" \
    "$("$vouch" ref keygen -o - -p "$work/piped.pub" | head -n 1)" \
    "-----BEGIN PRIVATE KEY-----"

# ---- secrets ----
release()
{
    "$vouch" release --manifest "$work/none" --manifest-key "$work/op.pub" \
        --nonce 00112233445566778899aabbccddeeff --secret "$1" \
        -o "$work/released" "${2:-$work/none}" 2>&1
    echo $?
}
tap_is "an empty secret is none" "$(release /dev/null)" \
    "vouch release: /dev/null: the secret is empty
1"
echo {} >"$work/manifest"
tap_is "standard input is read once" "$(echo x | "$vouch" release \
    --manifest "$work/manifest" --manifest-key "$work/op.pub" --nonce \
    00112233445566778899aabbccddeeff --secret - -o "$work/released" - 2>&1
    echo $?)" "vouch release: only one file can be -, standard input
2"
tap "nothing is released" absent "$work/released"

# ---- reference values of guests ----
guest() # OPTION...: any ELF will do as a kernel that nobody boots
{
    "$vouch" ref make guest --kernel "$vouch" -o "$work/guest.json" "$@"
}
no_guest() # MESSAGE OPTION...
{
    rm -f "$work/guest.json"
    guest "${@:2}" >"$work/said" 2>&1 && return 1
    has_line "$work/said" "$1" && absent "$work/guest.json"
}
tap "a guest" guest --name web --cmdline "console=hvc0 quiet" \
    --label-user tenant01_u
long=$(printf 'x%.0s' $(seq 1024))
tap "1023 characters" guest --name web --cmdline "${long#x}"
tap "a command line that is too long" \
    no_guest 'at most 1023 characters' --name web --cmdline "$long"
tap "or not printable" no_guest 'not printable' --name web --cmdline $'a\tb'
for name in "" $'a\nb' $'\xff'; do
    tap "a name that is none" no_guest '--name: printable' --name "$name"
done
for label in "" tenant01_u:guest_r $'a\nb'; do
    tap "a label's part that is none" \
        no_guest 'one part of a label' --name web --label-user "$label"
    tap "nor is it a type" \
        no_guest 'one part of a label' --name web --label-type "$label"
done

# ---- keys that are none ----
echo none >"$work/no-key"
for key in no-key missing; do
    tap "ref show: $key" said 2 "$key: (no P-256|No such)" \
        ref show --key "$work/$key" "$work/guest.json"
    tap "log show: $key" said 2 "$key: (no P-256|No such)" \
        log show --manifest "$work/guest.json" --manifest-key "$work/$key" \
        "$work/guest.json"
    tap_is "and nothing else" "$(wc -l <"$work/said")" 1
done
tap_is "what is no evidence is no log" "$(echo {} | "$vouch" log show - 2>&1
    echo $?)" "vouch log show: - is neither a log nor evidence
2"

# ---- long files ----
truncate -s 1025M "$work/long"
tap "a file that is too long" said 1 'cannot read .*long: it has more than 1 GiB' \
    bundle show "$work/long"
tap_end

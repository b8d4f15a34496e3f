#!/bin/bash
# SPDX-License-Identifier: MIT
# vouch --help, of each command too; what is needed and not given is named; the
# manual's synopsis and the usage have the same options.
set -u
. tests/scenario/lib/tap.sh
vouch=${BUILD:-build}/host/vouch
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

help() # WORD...: exit status 0, nothing on standard error
{
    "$vouch" "$@" >"$work/out" 2>"$work/err" && [ ! -s "$work/err" ] &&
        has_line "$work/out" '^usage: vouch '
}
options_of() { grep -oE -- '(^|[^-a-z])--?[a-zA-Z][a-z-]*' | grep -oE -- '-.*' |
    sort -u; }

tap "all commands" help --help
tap "the same" help -h
tap_is "commands" "$(grep -c '^  [a-z]' "$work/out")" 10
tap "which formats it speaks" [ "$("$vouch" --version | grep -c \
    '^vouch: vouch-manifest-1 vouch-evidence-1 ')" = 1 ]
for command in $(sed -n 's/^  \([a-z]*\) .*/\1/p' "$work/out"); do
    tap "$command --help" help "$command" --help
    sed 's/^usage: vouch //' "$work/out" | options_of >"$work/usage"
    sed -n '/^\.SH SYNOPSIS/,/^\.SH DESCRIPTION/p' \
        "docs/man/vouch-$command.1" | sed 's/\\fB\|\\fR\|\\fI/ /g; s/\\-/-/g' |
        options_of >"$work/manual"
    tap_is "$command: the options of its manual" "$(diff "$work/usage" \
        "$work/manual")" ""
    "$vouch" "$command" --no-such-option >"$work/out" 2>&1
    tap_is "$command: wrong usage" $? 2
done
tap "ref make --help" help ref make --help
tap_is "with guest and vtpm" "$(grep -c 'usage: vouch ref make' "$work/out")" 3
tap "ref make guest -h" help ref make guest -h
tap_is "that one" "$(wc -l <"$work/out")" 1
tap "at the end" help ref show manifest.json --help
tap_is "an option's value is none" "$("$vouch" ref make guest --kernel /dev/null \
    --dry-run --name -h 2>&1 >/dev/null; echo $?)" \
    "vouch ref make guest: the guest has no kernel, or one that is too large
1"
tap_is "help that cannot be written" "$("$vouch" quote --help 2>&1 >/dev/full
    echo $?)" "vouch help: cannot write -: No space left on device
1"

# Three operands are too many everywhere.
while read -r words; do
    # shellcheck disable=SC2086
    "$vouch" $words a b c >"$work/wrong" 2>&1
    tap_is "$words: wrong usage" $? 2
done <<'COMMANDS'
enroll
ref keygen
ref endorse
ref make
ref make guest
ref make vtpm
ref show
quote
verify
release
receive
log show
bundle make
bundle show
create
vtpm list
vtpm show
vtpm export
vtpm import
vtpm destroy
vtpm certificate
vtpm certify
vtpm setup
vtpm pcrs
vtpm state-key
vtpm authorize
COMMANDS

# missing OPTION WORD...
missing()
{
    "$vouch" "${@:2}" >"$work/out" 2>&1
    is_equal $? 2 && has_line "$work/out" "^vouch [a-z ]*: $1 is needed"
}
tap "verify without a nonce" missing --nonce verify --manifest x \
    --manifest-key y z
tap "release without a secret" missing --secret release --manifest x \
    --manifest-key y --nonce 00 -o z evidence
tap "keygen with one key" missing -p ref keygen -o x
tap "quote to nowhere" missing -o quote --nonce 00
tap "receive to nowhere" missing -o receive released
tap_end

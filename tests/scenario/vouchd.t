#!/bin/bash
# SPDX-License-Identifier: MIT
# vouchd on a machine that is only files, with a software TPM: what vTPMs store
# is there after a restart, and only they reach it; whoever breaks the protocol
# is dropped, and nobody else; all who wait for evidence share one quote, each
# with a path to its root; the table of versions survives a crash at each step.
set -u
. tests/scenario/lib/tap.sh
. tools/run/lib/common.sh
. tools/run/lib/tpm.sh

double=tests/scenario/vouchd/vtpm.pl
vouchd=$BUILD/host/vouchd-double
work=$BUILD/scenario/vouchd
uuid1=11111111-1111-1111-1111-111111111111
uuid2=22222222-2222-2222-2222-222222222222
rm -rf "$work"
mkdir -p "$work"
# A socket's path is short.
machine=$(mktemp -d /tmp/vouchd.XXXXXX)
export VOUCHD_DOUBLE=$machine

start()
{
    "$vouchd" -d "$work/kept" -q "${QUOTE:-$VOUCH}" \
        -t "swtpm:path=$tpm_sockets/c" >>"$work/log" 2>&1 &
    vouchd_pid=$!
    run_children+=("$vouchd_pid")
    for _ in $(seq 600); do
        grep -q '^vouchd: up' "$work/log" && return 0
        sleep 0.05
    done
    return 1
}

# Not in a subshell, which would keep the process's id to itself.
starts()
{
    start
    tap_is "$1" $? 0
}

stop()
{
    kill -9 "$vouchd_pid"
    wait "$vouchd_pid" 2>/dev/null
}

again()
{
    stop
    mv "$work/log" "$work/log.$RANDOM"
    start
}

# vtpm DOMID UUID QUESTION...
vtpm()
{
    timeout 60 "$double" "$machine" "$@"
}

sum_of() # SIZE BYTE
{
    perl -e 'print $ARGV[1] x $ARGV[0]' "$1" "$2" | sha256sum | cut -c 1-64
}

# The root that a leaf's path leads to (RFC 9162, 2.1.3.2) is what was quoted.
proves() # FILE
{
    perl -MJSON::PP -MMIME::Base64 -MDigest::SHA=sha256 -e '
        local $/;
        my ($file) = @ARGV;
        open my $in, "<", $file or die; my $is = decode_json(<$in>);
        open my $of, "<", "$file.leaf" or die; my $node = pack "H*", <$of>;
        my ($at, $last) = ($is->{proof}{index}, $is->{proof}{count} - 1);
        for my $hex (@{$is->{proof}{path}}) {
            my $other = pack "H*", $hex;
            die "path too long" if $last == 0;
            if ($at & 1 or $at == $last) {
                $node = sha256("\1$other$node");
                until ($at & 1 or $at == 0) { $at >>= 1; $last >>= 1 }
            } else {
                $node = sha256("\1$node$other");
            }
            $at >>= 1; $last >>= 1;
        }
        die "path too short" if $last != 0;
        my $quote = decode_base64($is->{platform}{quote});
        my ($signer) = unpack "x6 n", $quote;
        my ($extra) = unpack "x" . (8 + $signer) . " n/a", $quote;
        die "another root" if $extra ne $node;
        die "format is there" if exists $is->{platform}{format};
    ' "$1"
}

tpm_new "$work"
tpm_start_for_tools
printf 'log' >"$machine/log"
starts "it starts" || tap_end
tap_has "the first table is opened" "$work/log" 'table of versions is open'

# ---- state ----
tap_is "nothing is stored at first" \
    "$(vtpm 1 $uuid1 load:$uuid1:0 | cut -d ' ' -f 1)" ABSENT
tap_is "a state of 200 kB is stored, and loaded" \
    "$(vtpm 1 $uuid1 store:$uuid1:0:200000:x load:$uuid1:0 | tail -n 1)" \
    "OK 200000 $(sum_of 200000 x)"
again
tap_is "it is there after the daemon was killed" \
    "$(vtpm 2 $uuid1 load:$uuid1:0)" "OK 200000 $(sum_of 200000 x)"
tap_is "the other slot is another" \
    "$(vtpm 2 $uuid1 load:$uuid1:1 | cut -d ' ' -f 1)" ABSENT
tap_is "another guest's state is not for it: load, store" \
    "$(vtpm 3 $uuid2 load:$uuid1:0 store:$uuid1:0:5:y | cut -d ' ' -f 1 |
        tr '\n' ' ')" "FAILED FAILED "
tap_is "and is what it was" "$(vtpm 2 $uuid1 load:$uuid1:0)" \
    "OK 200000 $(sum_of 200000 x)"

# ---- the EK's certificate ----
certificate()
{
    "$VOUCH" vtpm --dir "$work/kept" certificate "$@" 2>"$work/said"
}
first_of() { cut -d ' ' -f 1; }
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
    -subj /CN=x -keyout /dev/null -outform DER -out "$work/ek.crt" 2>/dev/null
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
    -subj /CN=x -addext "nsComment=$(sum_of 1 x)$(printf 'x%.0s' $(seq 2000))" \
    -keyout /dev/null -outform DER -out "$work/large.crt" 2>/dev/null
tap_is "there is none at first" \
    "$(vtpm 1 $uuid1 certificate:$uuid1 | first_of)" ABSENT
tap "one is put there" certificate $uuid1 "$work/ek.crt"
given="OK $(stat -c %s "$work/ek.crt") $(sha256sum "$work/ek.crt" | first_of)"
tap_is "and given to the guest's TPM" \
    "$(vtpm 1 $uuid1 certificate:$uuid1)" "$given"
tap_is "not to another's" \
    "$(vtpm 3 $uuid2 certificate:$uuid1 | first_of)" FAILED
tap_is "it is shown" "$("$VOUCH" vtpm --dir "$work/kept" show $uuid1 |
    grep -c 'certificate of its EK')" 1
head -c 100 /dev/urandom >"$work/garbage.crt"
for wrong in garbage large; do
    tap_is "$wrong is refused" \
        "$(certificate $uuid1 "$work/$wrong.crt"; echo $?)" 1
    cat "$work/said"
done
tap_has "as too large" "$work/said" 'a TPM has room for 2048'
tap_is "for a TPM that is not there it is refused" \
    "$(certificate $uuid2 "$work/ek.crt"; echo $?)" 1
tap_is "wrong usage" "$(certificate $uuid1; echo $?) $(
    certificate --remove $uuid1 "$work/ek.crt"; echo $?) $(
    certificate nobody "$work/ek.crt"; echo $?)" "2 2 2"
tap_is "the first is there still" \
    "$(vtpm 1 $uuid1 certificate:$uuid1)" "$given"
cp "$work/kept/$uuid1/certificate" "$work/kept.crt"
cp "$work/large.crt" "$work/kept/$uuid1/certificate"
tap_is "a larger file is not given" \
    "$(vtpm 1 $uuid1 certificate:$uuid1 load:$uuid1:0 | first_of |
        tr '\n' ' ')" "FAILED OK "
cp "$work/kept.crt" "$work/kept/$uuid1/certificate"

# ---- whoever breaks the protocol ----
for raw in 09000000110000000000000000000000 \
    04000000110000000000000000000000 \
    01000000120000000000000000000000 \
    02000000ffffffff0000000000000000 \
    0100000011000000000000000000000000000000000000000000000000000000ff; do
    tap_is "raw $raw: dropped" "$(vtpm 4 $uuid2 raw:$raw)" END
done
tap_is "the daemon is there for the others" \
    "$(vtpm 2 $uuid1 load:$uuid1:0 | cut -d ' ' -f 1)" OK

# ---- whoever is no vTPM, and whoever asks without end ----
echo 23 >"$machine/no-vtpm"
vtpm 23 $uuid1 load:$uuid1:0 >"$work/no-vtpm" &
stranger=$!
sleep 1
kill "$stranger" 2>/dev/null
wait "$stranger" 2>/dev/null
tap_is "nobody listens to a domain that is no vTPM" \
    "$(cat "$work/no-vtpm")$(grep 'domain 23' "$work/log")" ""
sed -i '/^23 /d' "$machine/domains"
tap_is "what is not its to ask: dropped" \
    "$(vtpm 20 $uuid2 flood:$uuid1:20)" END
tap_has "which is said" "$work/log" 'domain 20: dropped: 65 questions'
vtpm 21 $uuid1 flood:$uuid1:10 >"$work/flood" &
flood=$!
sleep 1
tap_is "what is: others are answered" \
    "$(vtpm 22 $uuid2 load:$uuid2:0 | first_of)" ABSENT
tap "before the flood is over" kill -0 "$flood"
wait "$flood"
tap_has "the stream goes on" "$work/flood" '^FAILED'
tap "and the log does not" test "$(grep -c 'domain 2[01]: ' "$work/log")" -lt 60

# ---- evidence ----
tap_is "evidence for one" \
    "$(vtpm 5 $uuid1 "evidence:$work/one" | cut -d ' ' -f 1)" OK
tap "its path leads to the root that was quoted" proves "$work/one"
together=()
for number in $(seq 10 19); do
    vtpm "$number" $uuid1 "evidence:$work/of$number" >"$work/out$number" &
    together+=($!)
done
wait "${together[@]}"
tap_is "evidence for ten at once" "$(cat "$work"/out1? | grep -c ^OK)" 10
for number in $(seq 10 19); do
    tap "path of $number" proves "$work/of$number"
done
tap_has "several of them shared a quote" "$work/log" \
    'one quote for ([2-9]|10), 1 attempt'
tap_is "quotes for ten: fewer than ten" \
    "$(($(grep -c 'one quote for' "$work/log") < 11))" 1

# A log that grows while the quote is made is read again, with a new quote.
printf '#!/bin/sh\n[ -e %s ] || { : >%s; printf more >>%s; }\nexec %s "$@"\n' \
    "$work/grew" "$work/grew" "$machine/log" "$VOUCH" >"$work/growing"
chmod +x "$work/growing"
QUOTE=$work/growing again
tap_is "the log grows meanwhile" \
    "$(vtpm 6 $uuid1 "evidence:$work/grown" | cut -d ' ' -f 1)" OK
tap "the path leads to the later quote" proves "$work/grown"
tap_has "which was a second one" "$work/log" 'one quote for 1, 2 attempts'
tap_is "the log that comes with it is the longer" "$(perl -MJSON::PP \
    -MMIME::Base64 -e 'local $/; print decode_base64(
        decode_json(<>)->{platform}{log})' "$work/grown")" logmore

# The longest answer: 768 KiB, of which the log in base64 is the most.
again
perl -e 'print "x" x 580000' >"$machine/log"
tap_is "evidence with a log of 580 kB" \
    "$(vtpm 6 $uuid1 "evidence:$work/long" | first_of)" OK
tap "its path leads to the root" proves "$work/long"
# The quote is 44 bytes short of it, what the proof adds is twice as long.
perl -e 'print "x" x (3 + int((768 * 1024 + 44 - $ARGV[0]) / 4) * 3)' \
    "$(stat -c %s "$work/one")" >"$machine/log"
tap_is "the proof makes it too long" \
    "$(vtpm 6 $uuid1 "evidence:$work/none" load:$uuid1:0 | first_of |
        tr '\n' ' ')" "FAILED OK "
tap_has "which is said" "$work/log" 'bytes are more than a vTPM takes'
perl -e 'print "x" x 900000' >"$machine/log"
tap_is "or the quote itself" \
    "$(vtpm 6 $uuid1 "evidence:$work/none" load:$uuid1:0 | first_of |
        tr '\n' ' ')" "FAILED OK "
tap_has "which is said as well" "$work/log" 'more evidence than an answer'
printf 'log' >"$machine/log"

QUOTE=/bin/false again
tap_is "no quote: no evidence, but an answer" \
    "$(vtpm 7 $uuid1 "evidence:$work/none" | cut -d ' ' -f 1)" FAILED
tap_is "and the next question is answered" \
    "$(vtpm 7 $uuid1 load:$uuid1:0 | cut -d ' ' -f 1)" OK
tap_is "somebody leaves before the evidence comes" "$(
    vtpm 8 $uuid1 raw:03000000620000000000000000000000 >/dev/null &
    sleep 0.3; kill $!; vtpm 9 $uuid1 load:$uuid1:0 | cut -d ' ' -f 1)" OK

# ---- the table of versions ----
epoch=$(cat "$machine/counter")
again
tap_is "each start is an epoch" "$(cat "$machine/counter")" $((epoch + 1))
stop
cp "$work/kept/table" "$work/table.old"
echo "epoch $((epoch + 2))" >"$work/kept/table.next"
mv "$work/log" "$work/log.1"
starts "a next table that did not count yet"
tap_has "the one before is taken" "$work/log" 'versions is open'
stop
cp "$work/table.old" "$work/kept/table"
mv "$work/log" "$work/log.2"
starts "a next table that counted, but was not renamed"
tap_has "it is taken" "$work/log" 'versions is open'
stop
cp "$work/table.old" "$work/kept/table"
rm "$work/kept/table.next"
mv "$work/log" "$work/log.3"
starts "an old table alone"
tap_has "it is refused, and said" "$work/log" 'versions is not open'

echo "epoch $(cat "$machine/counter") changes 0" >"$work/kept/table"
again
echo 5 >"$machine/changes"
vtpm 2 $uuid1 store:$uuid1:1:10:z >/dev/null
tap "a change of the table is stored" \
    eventually has_line "$work/kept/table" 'changes 5'

# ---- forgetting ----
stored() { "$VOUCH" vtpm --dir "$work/kept" "$@"; }
epoch_is() { is_equal "$(cat "$machine/counter")" "$1"; }
no_file_in() { is_equal "$(ls "$1")" ""; }
same_as_exported() { stored export $uuid1 -o - | cmp -s - "$work/exported"; }
# As a vTPM writes it: the header in front of what is there.
as_state() # FILE UUID VERSION
{
    perl -e 'local $/; binmode STDOUT; open my $in, "<:raw", $ARGV[0] or die;
        my $text = <$in>; print pack("a8VVQ<H32 a32", "VOUCHTPM", 1,
        length $text, $ARGV[2], $ARGV[1] =~ s/-//gr, "salt") . $text' "$@" \
        >"$work/state" && cp "$work/state" "$1"
}
tap_is "what is no state is not exported" \
    "$(stored export $uuid1 -o "$work/stateless" 2>&1; echo $?
        ls "$work/stateless" \
        2>/dev/null)" "vouch vtpm: $uuid1: slot0: no state of $uuid1
1"
bits=$(sed -n 's/.* VOUCH_VERSIONS .*1ull << \([0-9]*\)).*/\1/p' hv/abi/vouch.h)
version7=$(((3 << bits) + 7))
version8=$(((3 << bits) + 8))
as_state "$work/kept/$uuid1/slot0" $uuid1 $version7
as_state "$work/kept/$uuid1/slot1" $uuid1 $version8
first="OK 200072 $(sha256sum "$work/kept/$uuid1/slot0" | first_of)"
epoch=$(cat "$machine/counter")
tap_is "two slots are shown" "$(stored show --json $uuid1 | grep -c sha256)" 2
tap_is "by start and store" "$(stored show $uuid1)" "$uuid1
  slot 0: 200072 bytes, start 3, store 7
  slot 1: 82 bytes, start 3, store 8
  certificate of its EK"
tap_is "as JSON" "$(stored show --json "${uuid1^^}" | perl -MJSON::PP -e '
    local $/; my $is = decode_json(<>); print join " ", $is->{format},
        map { @$_{qw(slot version start store)} } @{$is->{slots}}')" \
    "vouch-vtpm-show-1 0 $version7 3 7 1 $version8 3 8"
tap_is "the list says what it is" \
    "$(stored list --json | grep -c '"format": "vouch-vtpm-list-1"')" 1
tap_is "what cannot be printed is a failure" "$(stored list 2>&1 >/dev/full
    echo $?)" "vouch vtpm: cannot write -: No space left on device
1"
tap "a state is exported" stored export $uuid1 -o "$work/exported"
tap "and destroyed" stored destroy $uuid1
tap "which begins another epoch" eventually epoch_is $((epoch + 1))
tap_has "the hypervisor is told what to forget" "$machine/forgotten" $uuid1
tap_is "and the state is gone" \
    "$(vtpm 2 $uuid1 load:$uuid1:0 | cut -d ' ' -f 1)" ABSENT
tap "and its folder" eventually no_file_in "$work/kept/forgotten"
tap "it can be imported" stored import "$work/exported"
tap_is "and is what it was" "$(vtpm 2 $uuid1 load:$uuid1:0)" "$first"
tap_is "but not over another" \
    "$(stored import "$work/exported" >/dev/null 2>&1; echo $?)" 1
# An import is all of what was exported, or nothing.
sed 's/"slot1": "./"slot1": "!/' "$work/exported" >"$work/damaged"
# refused_import FILE MESSAGE: even by force, and what is stored stays.
refused_import()
{
    tap_is "refused: $2" "$(stored import --force "$1" 2>&1; echo $?)" \
        "vouch vtpm: $1$2
1"
    tap "and what is stored is there still" same_as_exported
}
refused_import "$work/damaged" ' is no exported state'
printf '{"format": "vouch-vtpm-1", "uuid": "%s"}\n' $uuid1 >"$work/empty"
refused_import "$work/empty" ' has no slot'
sed "s/$uuid1/$uuid2/" "$work/exported" >"$work/others"
refused_import "$work/others" ": slot0: no state of $uuid2"
sed 's/"slot1": "./"slot1": "A/' "$work/exported" >"$work/odd"
refused_import "$work/odd" ": slot1: no state of $uuid1"
mkdir "$work/kept/$uuid2"
cp "$work/ek.crt" "$work/kept/$uuid2/certificate"
tap_is "a certificate alone is not exported" \
    "$(stored export $uuid2 -o "$work/none" 2>&1; echo $?)" \
    "vouch vtpm: $uuid2 has no slot
1"
rm -r "$work/kept/$uuid2"
tap "a certificate that came later" certificate $uuid1 "$work/ek.crt"
tap_is "is part of an export" \
    "$(stored export $uuid1 -o - | grep -c '"certificate"')" 1
tap "an import replaces all" stored import --force "$work/exported"
tap "the certificate is gone with it" same_as_exported
mv "$work/kept/$uuid1/slot1" "$work/slot1"
mkdir "$work/kept/$uuid1/slot1"
tap_is "what cannot be read is not exported" \
    "$(stored export $uuid1 -o "$work/partly" 2>&1; echo $?; ls "$work/partly" \
        2>/dev/null)" "vouch vtpm: $uuid1: slot1 cannot be read
1"
tap_is "and the rest is shown" \
    "$(stored show $uuid1 2>"$work/said" | grep -c 'slot 0: '; grep -c slot1 \
        "$work/said")" "1
1"

# An epoch that cannot be begun is tried again.
epoch=$(cat "$machine/counter")
mkdir "$work/kept/table.next.new"
tap "a state is destroyed" stored destroy $uuid1
tap "it is said that the disk takes nothing" \
    eventually has_line "$work/log" 'another epoch: Is a directory'
tap "and no epoch begins" epoch_is "$epoch"
rmdir "$work/kept/table.next.new"
tap "and then it does" eventually epoch_is $((epoch + 1))
stop
mkdir -p "$work/kept/$uuid2"
tap "without the daemon a state is given up too" stored destroy $uuid2
tap_is "once" "$(stored destroy $uuid2 2>&1; echo $?)" \
    "vouch vtpm: $uuid2: given up already; vouchd removes it when it runs
1"
mkdir "$work/kept/$uuid2"
: >"$work/kept/forgotten/$uuid2/slot0"
tap_is "and no second one before it" "$(stored destroy $uuid2 2>&1; echo $?)" \
    "vouch vtpm: $uuid2: one before it is not removed yet; vouchd does that when it runs
1"
tpm_stop
tpm_end
rm -rf "$machine"
tap_end

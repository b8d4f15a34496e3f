#!/bin/bash
# SPDX-License-Identifier: MIT
# A guest's evidence by the command line, from references to a released secret:
# two software TPMs stand for the platform's and the guest's vTPM, and
# attest-guest for the hypervisor's records, the vTPM's own command and the
# daemon that has the platform sign. What really launches and measures is the
# business of the scenarios that boot.
set -u
. tests/scenario/lib/played.sh

guest=$build/host/attest-guest
hardware=swtpm:path=$work/hardware.sock
vtpm=swtpm:path=$work/vtpm.sock

# No CA made a certificate for the platform's TPM.
make_manifest_for_any()
{
    make_manifest "$@" --accept-unproven-ek
}

# renew_tpm NAME: with the state that it was made with.
renew_tpm()
{
    stop_tpm "$1"
    rm -rf "${work:?}/$1"
    cp -r "$work/$1.made" "$work/$1"
    start_tpm "$1"
}

# reference NAME: of a guest that is launched from the files in $work/NAME.
reference()
{
    "$vouch" ref make guest --name web --kernel "$work/$1/kernel" \
        --initrd "$work/$1/initrd" --cmdline "$(cat "$work/$1/cmdline")" \
        -o "$work/$1.json"
}

# Any ELF will do as a kernel that nobody boots.
make_guest()
{
    mkdir "$work/good"
    cp "$play" "$work/good/kernel"
    echo "the initrd" >"$work/good/initrd"
    echo "console=hvc0 quiet" >"$work/good/cmdline"
}

# boot GUEST.json VTPM.json: platform, vTPM, guest; $name is the AK's.
boot()
{
    renew_tpm hardware
    renew_tpm vtpm
    "$play" "$work/manifest.json" "$data/ovmf-grub.log" "$hardware" \
        "$work/log" >"$work/out" 2>&1 &&
        name=$("$guest" launch "$1" "$2" "$hardware" "$work/log" "$vtpm" \
            2>>"$work/out")
}

quote()
{
    "$vouch" quote --nonce "${asked:-$nonce}" -o "$work/evidence.json" --tcti \
        "cmd:$guest serve $vouch $hardware $work/log $vtpm ${1:-$name}"
}

verify()
{
    "$vouch" verify --manifest "${manifest:-$work/manifest.json}" \
        --manifest-key "$work/op.pub" --nonce $nonce "$@" \
        "${evidence:-$work/evidence.json}"
}

release()
{
    rm -f "$work/released"
    "$vouch" release --manifest "$work/manifest.json" \
        --manifest-key "$work/op.pub" --nonce $nonce --secret "$work/secret" \
        -o "$work/released" "${evidence:-$work/evidence.json}" "$@"
}

# make_ca NAME OPTION...: a CA's key and certificate.
make_ca()
{
    local name=$1
    shift
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-384 -nodes \
        -subj "/CN=the CA $name" -keyout "$work/$name.key" \
        -out "$work/$name.crt" "$@" 2>/dev/null
}

certify()
{
    rm -f "$work/ek.crt"
    "$vouch" vtpm certify --manifest "$work/manifest.json" \
        --manifest-key "$work/op.pub" --nonce $nonce \
        --ca-key "$work/${ca_key:-ca}.key" --ca-cert "$work/${ca:-ca}.crt" \
        -o "$work/ek.crt" "${evidence:-$work/evidence.json}" \
        --guest "${guest_name:-web}" "$@"
}

# uncertified STATUS [OPTION...]: and nothing is written.
uncertified()
{
    is "$1" certify "${@:2}" && [ ! -e "$work/ek.crt" ]
}

need "$vouch" "$play" "$guest" swtpm swtpm_setup grub-mkstandalone
make_tpm hardware.made
make_tpm vtpm.made
make_disk
make_guest
renew_tpm hardware
"$vouch" enroll --tcti "$hardware" -o "$work/ak.pub" &&
    "$vouch" ref keygen -o "$work/op.key" -p "$work/op.pub" &&
    "$vouch" ref endorse --from-log "$data/ovmf-grub.log" --name OVMF \
        -o "$work/firmware.json" || exit 1

# ---- reference values ----
is 0 reference good
ok $? "ref make guest: from files"
is 0 "$vouch" ref make guest --name web --kernel "$work/good/kernel" \
    --initrd "$work/good/initrd" --cmdline "console=hvc0 quiet" --dry-run &&
    says "^initrd   sha256:$(sha256sum <"$work/good/initrd" | cut -c -64)" &&
    says '^PCR 9    [0-9a-f]{64}$'
ok $? "ref make guest --dry-run: the digests, before anything boots"
"$vouch" bundle make --stored --kernel "$work/good/kernel" \
    --initrd "$work/good/initrd" --cmdline "console=hvc0 quiet" \
    -o "$work/bundle" &&
    is 0 "$vouch" ref make guest --name web --bundle "$work/bundle" \
        -o "$work/bundle.json" && is 0 cmp "$work/bundle.json" "$work/good.json"
ok $? "ref make guest: a bundle is as good as its parts"
"$vouch" bundle make --stored --kernel "$work/good/kernel" -o "$work/v.bundle"
is 0 "$vouch" ref make vtpm --bundle "$work/v.bundle" -o "$work/vtpm.json" &&
    says '^vtpm=[0-9a-f]{64}$' &&
    word=$(python3 - "$work/vtpm.json" <<'PY'
import hashlib, json, sys
image = json.load(open(sys.argv[1]))
parts = [image[part]["sha256"] for part in ("kernel", "initrd", "cmdline")]
print(hashlib.sha256(bytes.fromhex("".join(parts))).hexdigest())
PY
    ) && says "^vtpm=$word\$"
ok $? "ref make vtpm: prints the word for the hypervisor's command line"
is 2 "$vouch" ref make guest --name web --bundle "$work/bundle" --cmdline x \
    -o "$work/none" && is 2 "$vouch" ref make guest --bundle "$work/bundle" \
    -o "$work/none" && is 1 "$vouch" ref make guest --name web \
    --kernel "$work/good/initrd" -o "$work/none" && [ ! -e "$work/none" ]
ok $? "ref make guest: wrong usage and what is no kernel"
is 0 make_manifest_for_any "$work/esp" "$work/manifest.json" \
    --guest "$work/good.json" --vtpm "$work/vtpm.json"
ok $? "ref make: with a guest and a vTPM"
is 1 make_manifest_for_any "$work/esp" "$work/none" --guest "$work/vtpm.json"
ok $? "ref make: a vTPM is no guest"

# ---- a good one ----
is 0 boot "$work/good.json" "$work/vtpm.json" && is 0 quote &&
    grep -q '"format": "vouch-evidence-2"' "$work/evidence.json"
ok $? "quote: in a guest, everything through its vTPM"
is 0 verify --guest web && says '^TRUSTED$' && says '^guest kernel .* ok$' &&
    says '^guest: web, '
ok $? "verify: TRUSTED from firmware to the guest's kernel"
is 0 verify --any-guest && is 0 verify
ok $? "verify: any guest of the manifest"
shown() # MANIFEST EVENT: what it is shown as
{
    "$vouch" log show --json --manifest "$1" --manifest-key "$work/op.pub" \
        "$work/evidence.json" >"$work/out" 2>&1 && python3 -c 'import json, sys
events = json.load(open(sys.argv[1]))["events"]
print(*[e["component"] for e in events if sys.argv[2] in e["what"]])' \
        "$work/out" "$2"
}
[ "$(shown "$work/manifest.json" "vouch launch") $(shown \
    "$work/manifest.json" "vouch identity")" = "vtpm guest vtpm-identity" ] &&
    ! grep -qF '"?"' "$work/out"
ok $? "log show: evidence's log, with the vTPM, its identity and the guest"
make_manifest_for_any "$work/esp" "$work/others.json" --vtpm "$work/vtpm.json" \
    2>"$work/out"
"$vouch" ref make vtpm --bundle "$work/bundle" -o "$work/wrong.json" >/dev/null
make_manifest_for_any "$work/esp" "$work/wrong.manifest" --vtpm "$work/wrong.json" \
    2>>"$work/out"
[ "$(shown "$work/others.json" "vouch launch")" = "vtpm -" ] &&
    [ "$(shown "$work/wrong.manifest" "vouch launch")" = "? -" ]
ok $? "log show: a launch that is no concern of the manifest's"
is 0 verify --json && python3 -c 'import json, sys
v = json.load(open(sys.argv[1]))
rows = {row["component"]: row["result"] for row in v["components"]}
assert v["guest"]["name"] == "web" and rows["guest-initrd"] == "ok"
assert rows["proof"] == rows["vtpm"] == "ok"' "$work/out"
ok $? "verify --json: the guest"
is 0 verify --ear --ear-key "$work/op.key" && python3 -c 'import base64, json
import hashlib, sys
body = open(sys.argv[1]).read().split(".")[1]
mods = json.loads(base64.urlsafe_b64decode(body + "=="))["submods"]
vector = mods["guest"]["ear.trustworthiness-vector"]
assert mods["guest"]["ear.status"] == mods["vouch"]["ear.status"] == "affirming"
assert vector["instance-identity"] == vector["configuration"] == 2
assert mods["guest"]["vouch.guest"]["name"] == "web"
assert mods["guest"]["vouch.guest"]["label"].endswith(":launched_t")
digest = base64.urlsafe_b64encode(hashlib.sha256(open(sys.argv[2],
    "rb").read()).digest()).decode().rstrip("=")
assert mods["vouch"]["ear.appraisal-policy-id"] == "ni:///sha-256;" + digest' \
    "$work/out" "$work/manifest.json"
ok $? "verify --ear: a submodule for the guest, which names it"
echo "the secret" >"$work/secret"
stderr=$(stat -c '%i %F' /dev/stderr)
is 0 release && says '^TRUSTED$' &&
    [ "$(stat -c '%i %F' /dev/stderr)" = "$stderr" ] &&
    ! grep -q "the secret" "$work/released" &&
    is 0 "$vouch" receive --tcti "$vtpm" -o "$work/received" \
        "$work/released" && is 0 cmp "$work/secret" "$work/received" &&
    [ "$(stat -c %a "$work/received")" = 600 ]
ok $? "release, receive: the secret comes to the guest, for its owner alone"
cp "$work/evidence.json" "$work/good-evidence.json"
cp "$work/released" "$work/good-released"
received_from() # STATUS KEY FILE
{
    rm -f "$work/none"
    is "$1" "$vouch" receive --tcti "$vtpm" --from "$2" -o "$work/none" "$3"
}
"$vouch" ref keygen -o "$work/else.key" -p "$work/else.pub"
is 0 release --key "$work/op.key" && cp "$work/released" "$work/signed" &&
    received_from 0 "$work/op.pub" "$work/signed" &&
    is 0 cmp "$work/secret" "$work/none" && is 0 "$vouch" receive \
    --tcti "$vtpm" -o "$work/none" "$work/signed"
ok $? "release --key, receive --from: the operator's"
is 0 release --key "$work/else.key" &&
    received_from 1 "$work/op.pub" "$work/released" &&
    says 'not released by the key' && [ ! -e "$work/none" ] &&
    received_from 1 "$work/op.pub" "$work/good-released" &&
    [ ! -e "$work/none" ]
ok $? "receive --from: not another's, nor nobody's"
for member in ak policy credential seed iv secret signature; do
    python3 - "$work/signed" "$work/released" $member <<'PY'
import base64, json, sys
released, member = json.load(open(sys.argv[1])), sys.argv[3]
is_hex = member in ("ak", "policy")
text = released[member]
data = bytearray(bytes.fromhex(text) if is_hex else base64.b64decode(text))
data[len(data) // 2] ^= 1
released[member] = data.hex() if is_hex else base64.b64encode(data).decode()
json.dump(released, open(sys.argv[2], "w"))
PY
    received_from 1 "$work/op.pub" "$work/released" &&
        says 'not released by the key' && [ ! -e "$work/none" ]
    ok $? "receive --from: a byte of $member was changed"
done
is 2 release --key "$work/none" && received_from 1 "$work/none" "$work/signed"
ok $? "release --key, receive --from: a key that cannot be read"
cp "$work/good-released" "$work/released"

# ---- a certificate for its EK ----
make_ca ca
is 0 certify && says '^TRUSTED$' &&
    is 0 openssl verify -CAfile "$work/ca.crt" "$work/ek.crt"
ok $? "vtpm certify: a certificate that leads to the CA"
is 0 tpm2_createek -T "$vtpm" -c "$work/ek.ctx" -G ecc -u "$work/ek.pem" \
    -f pem && is 0 tpm2_flushcontext -T "$vtpm" -t &&
    openssl x509 -in "$work/ek.crt" -noout -pubkey >"$work/certified.pem" &&
    is 0 cmp "$work/ek.pem" "$work/certified.pem"
ok $? "vtpm certify: for the EK of the guest's TPM"
is 0 openssl x509 -in "$work/ek.crt" -noout -text && says 'Subject: *$' &&
    says 'Alternative Name: critical' && says '2.23.133.8.1' &&
    says '2.23.133.2.1 ?= ?id:49424D00' && says 'Key Agreement' &&
    says 'CA:FALSE' && [ "$(stat -c %s "$work/ek.crt")" -lt 1024 ]
ok $? "vtpm certify: as the EK profile has it"
is 0 certify --days 2 && is 0 openssl x509 -in "$work/ek.crt" -noout \
    -checkend $((86400 + 3600)) && is 1 openssl x509 -in "$work/ek.crt" \
    -noout -checkend $((3 * 86400))
ok $? "vtpm certify --days"
make_ca other
ca=other uncertified 1 && says "key is not that of its certificate"
ok $? "vtpm certify: not by another CA's key"
make_ca leaf -addext basicConstraints=critical,CA:FALSE
ca=leaf ca_key=leaf uncertified 1 && says 'not one of a CA'
ok $? "vtpm certify: not by who is no CA"
openssl x509 -in "$work/ca.crt" -signkey "$work/ca.key" -days -1 \
    -out "$work/expired.crt" 2>/dev/null
cp "$work/ca.key" "$work/expired.key"
ca=expired ca_key=expired uncertified 1 && says 'not valid now'
ok $? "vtpm certify: not by a CA whose certificate is expired"
uncertified 2 --days 0 && uncertified 2 --days 36501 &&
    uncertified 2 --any-guest && ca=none uncertified 2 &&
    ca_key=none uncertified 2
ok $? "vtpm certify: wrong usage, a CA that cannot be read"

# ---- released files ----
is 1 "$vouch" receive --tcti "$hardware" -o "$work/none" "$work/released" &&
    says 'to another TPM' && [ ! -e "$work/none" ]
ok $? "receive: another TPM gets nothing"
for member in credential seed iv secret; do
    python3 - "$work/good-released" "$work/released" $member <<'PY'
import base64, json, sys
released = json.load(open(sys.argv[1]))
data = bytearray(base64.b64decode(released[sys.argv[3]]))
data[len(data) // 2] ^= 1
released[sys.argv[3]] = base64.b64encode(data).decode()
json.dump(released, open(sys.argv[2], "w"))
PY
    is 1 "$vouch" receive --tcti "$vtpm" -o "$work/none" "$work/released" &&
        [ ! -e "$work/none" ]
    ok $? "receive: a byte of $member was changed"
done
sed 's/"ak": "000b..../"ak": "000b0000/' "$work/good-released" \
    >"$work/released"
is 1 "$vouch" receive --tcti "$vtpm" -o "$work/none" "$work/released"
ok $? "receive: a file for another key"
echo '{}' >"$work/released"
is 1 "$vouch" receive --tcti "$vtpm" -o "$work/none" "$work/released" &&
    says 'not of the form'
ok $? "receive: a file of another form"

# The same TPM, and a guest that is not any more what was attested.
tpm2_pcrextend -T "$vtpm" "8:sha256=$(printf '00%.0s' $(seq 32))" \
    >/dev/null 2>&1
is 1 "$vouch" receive --tcti "$vtpm" -o "$work/none" "$work/good-released" &&
    says 'activate credential: .*polic' && [ ! -e "$work/none" ]
ok $? "receive: not when another kernel or command line runs with this TPM"
is 0 boot "$work/good.json" "$work/vtpm.json" &&
    is 0 "$vouch" receive --tcti "$vtpm" -o "$work/received" \
        "$work/good-released" && is 0 cmp "$work/secret" "$work/received"
ok $? "receive: again, when the same one was started again"

# ---- never by default ----
is 0 "$vouch" quote --nonce $nonce --tcti "$hardware" --log "$work/log" \
    -o "$work/platform.json"
evidence=$work/platform.json is 0 verify &&
    evidence=$work/platform.json is 1 verify --guest web &&
    blames guest guest-absent
ok $? "verify --guest: a platform's evidence will not do"
evidence=$work/platform.json is 1 release && [ ! -e "$work/released" ]
ok $? "release: not to a platform"
evidence=$work/platform.json uncertified 1 && blames guest guest-absent
ok $? "vtpm certify: not for a platform"
guest_name=database uncertified 1 && blames guest guest-unknown
ok $? "vtpm certify: not for a guest that the manifest does not name"
is 1 verify --guest database && blames guest guest-unknown &&
    is 1 release --guest database && [ ! -e "$work/released" ]
ok $? "verify, release: a guest that the manifest does not name"
nonce=${nonce/00/01} is 3 verify && blames guest-quote guest-nonce-mismatch
ok $? "verify: another nonce is stale, exit status 3"
nonce=${nonce/00/01} is 3 release && [ ! -e "$work/released" ]
ok $? "release: not for old evidence"
nonce=${nonce/00/01} uncertified 3
ok $? "vtpm certify: not for old evidence"
make_manifest_for_any "$work/esp" "$work/other.json" --vtpm "$work/vtpm.json" \
    2>"$work/out"
manifest=$work/other.json is 1 verify && blames guest guest-unknown
ok $? "verify: a manifest without guests"
make_manifest_for_any "$work/esp" "$work/other.json" --guest "$work/good.json" \
    2>"$work/out"
manifest=$work/other.json is 1 verify && blames vtpm vtpm-unknown
ok $? "verify: a manifest without vTPMs"

# ---- one byte anywhere ----
for part in kernel initrd cmdline; do
    rm -rf "$work/bad"
    cp -r "$work/good" "$work/bad"
    python3 - "$work/bad/$part" <<'PY'
import sys
data = bytearray(open(sys.argv[1], "rb").read())
# Of a kernel, something that is loaded.
at = data.find(b"usage: attest-play")
data[at if at >= 0 else len(data) // 2] ^= 1
open(sys.argv[1], "wb").write(data)
PY
    is 0 reference bad && is 0 boot "$work/bad.json" "$work/vtpm.json" &&
        is 0 quote && is 1 verify &&
        blames "guest-$part" component-differs && is 1 release &&
        [ ! -e "$work/released" ] && uncertified 1
    ok $? "verify, release, certify: a byte of the guest's $part"
done
is 0 boot "$work/good.json" "$work/good.json" && is 0 quote &&
    is 1 verify && blames vtpm vtpm-unknown && uncertified 1
ok $? "verify, certify: another vTPM image"

# ---- who lies ----
is 0 boot "$work/good.json" "$work/vtpm.json"
is 0 quote "${name/000b????/000b0000}" && is 1 verify &&
    blames proof proof-mismatch
ok $? "verify: a leaf with another key's name"
tpm2_pcrextend -T "$vtpm" "7:sha256=$(printf '00%.0s' $(seq 32))" \
    >/dev/null 2>&1
is 0 quote && is 1 verify && blames guest-quote guest-pcrs
ok $? "verify: a guest that extended one of its first PCRs"
is 0 boot "$work/good.json" "$work/vtpm.json"
make_tpm stranger
start_tpm stranger
vtpm=swtpm:path=$work/stranger.sock is 0 quote && is 1 verify &&
    says '^UNTRUSTED: (proof: proof-mismatch|vtpm-identity: ident)' &&
    uncertified 1
ok $? "verify, certify: a TPM that nobody registered answers in the vTPM's place"
renew_tpm hardware
"$play" "$work/manifest.json" "$data/ovmf-grub.log" "$hardware" "$work/log"
is 0 quote && is 1 verify && blames vtpm-identity identity-missing
ok $? "verify: a guest of an earlier boot"
asked=00112233445566778899aabbccddeeff is 1 quote && says 'the nonce must be'
ok $? "quote: in a guest the nonce is of 32 bytes"

# ---- PCRs that dom0 can extend too ----
# The same boot as a hypervisor with locality 0 has it: 11 and 12 for 21 and 22.
share_log()
{
    python3 - "$1" "$2" <<'PY'
import struct, sys
data = bytearray(open(sys.argv[1], "rb").read())
sizes = {4: 20, 11: 32, 12: 48, 13: 64}
at = 32 + struct.unpack_from("<I", data, 28)[0]
while at < len(data):
    pcr, kind, count = struct.unpack_from("<III", data, at)
    pcr = {21: 11, 22: 12}.get(pcr, pcr)
    struct.pack_into("<I", data, at, pcr)
    at += 12
    for _ in range(count):
        bank = struct.unpack_from("<H", data, at)[0]
        if bank == 11 and kind != 3:
            print("%d:sha256=%s" % (pcr, data[at + 2:at + 34].hex()))
        at += 2 + sizes[bank]
    at += 4 + struct.unpack_from("<I", data, at)[0]
open(sys.argv[2], "wb").write(data)
PY
}
is 0 boot "$work/good.json" "$work/vtpm.json"
renew_tpm hardware
share_log "$work/log" "$work/shared.log" >"$work/extends"
mv "$work/shared.log" "$work/log"
tpm2_startup -T "$hardware" -c
while read -r extend; do
    tpm2_pcrextend -T "$hardware" "$extend" >/dev/null 2>&1
done <"$work/extends"
make_manifest_for_any "$work/esp" "$work/shared.json" --accept-shared \
    --guest "$work/good.json" --vtpm "$work/vtpm.json" 2>"$work/out"
is 0 quote && is 1 verify && blames hypervisor not-exclusive
ok $? "verify: PCRs that dom0 shares are refused"
manifest=$work/shared.json is 0 verify && says '^TRUSTED$' &&
    says "PCRs exclusive: no" && says "dom0's word"
ok $? "verify: unless the manifest accepts them"
cp "$work/shared.json" "$work/manifest.json"
is 1 release && blames hypervisor not-exclusive && [ ! -e "$work/released" ]
ok $? "release: not where dom0 could have made the guest up"
uncertified 1 && blames hypervisor not-exclusive
ok $? "vtpm certify: nor there"

echo "1..$count"

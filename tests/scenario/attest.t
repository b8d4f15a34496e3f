#!/bin/bash
# SPDX-License-Identifier: MIT
# vouch from enrolment to verdict against a real software TPM, by its command
# line: a good boot, one changed byte in each component, stale and forged
# evidence. The boot itself is played (attest-play): what GRUB and firmware
# really measure is the business of tests/unit/attest/grub_test.c and of the
# scenarios that boot.
set -u
. tests/scenario/lib/played.sh

tcti=swtpm:path=$work/tpm.sock

# A CA of our own for the EK certificate, not the user's.
make_ca()
{
    mkdir "$work/ca"
    cat >"$work/ca/localca.conf" <<CONF
statedir = $work/ca
signingkey = $work/ca/signkey.pem
issuercert = $work/ca/issuercert.pem
certserial = $work/ca/certserial
CONF
    printf '%s\n' '--platform-manufacturer Test' '--platform-version 1' \
        '--platform-model QEMU' >"$work/ca/localca.options"
    cat >"$work/ca/setup.conf" <<CONF
create_certs_tool = swtpm_localca
create_certs_tool_config = $work/ca/localca.conf
create_certs_tool_options = $work/ca/localca.options
active_pcr_banks = sha256
CONF
}

# Boot what ESP has, and take evidence to $work/evidence.json.
boot_and_quote()
{
    make_manifest "$1" "$work/booted.json" >"$work/out" 2>&1 || return
    start_tpm tpm
    "$play" "$work/booted.json" "$data/ovmf-grub.log" "$tcti" "$work/log" \
        >>"$work/out" 2>&1 || return
    "$vouch" quote --nonce $nonce --tcti "$tcti" --log "$work/log" \
        -o "$work/evidence.json" >>"$work/out" 2>&1
}

verify()
{
    "$vouch" verify --manifest "${manifest:-$work/manifest.json}" \
        --manifest-key "$work/op.pub" --nonce "${asked:-$nonce}" \
        "$work/evidence.json" "$@"
}

# tamper FILE OFFSET: one bit, in a copy of the disk.
tamper()
{
    [ -n "$2" ] || return
    rm -rf "$work/esp2"
    cp -r "$work/esp" "$work/esp2"
    local byte
    byte=$(od -An -v -tu1 -j "$2" -N 1 "$work/esp2/$1" | tr -d ' ')
    printf "\\$(printf %o $((byte ^ 1)))" |
        dd of="$work/esp2/$1" bs=1 seek="$2" conv=notrunc status=none
    boot_and_quote "$work/esp2"
}

# Where the text begins in a file.
offset_of()
{
    grep -abo -m 1 -F -- "$2" "$work/esp/$1" | head -n 1 | cut -d : -f 1
}

need "$vouch" "$play" swtpm swtpm_setup grub-mkstandalone
make_ca
make_tpm tpm --config "$work/ca/setup.conf" --create-ek-cert
make_disk
start_tpm tpm

# ---- enrolment ----
is 0 "$vouch" enroll --tcti "$tcti" -o "$work/ak.pub"
ok $? "enrol: the TPM activates a credential for its attestation key"
cp "$work/ak.pub" "$work/first.pub"
is 0 "$vouch" enroll --tcti "$tcti" -o "$work/ak.pub" &&
    is 0 cmp "$work/first.pub" "$work/ak.pub"
ok $? "enrol: the same TPM makes the same key again"
is 0 "$vouch" enroll --tcti "$tcti" --swtpm-ca "$work/ca/issuercert.pem" \
    -o "$work/ak.pub" && grep -q '"ek_trust": "software"' "$work/ak.pub"
ok $? "enrol: an EK certificate of a software TPM's CA is of that class"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
    -subj /CN=other -keyout "$work/other.key" -out "$work/other.pem" \
    2>/dev/null
is 1 "$vouch" enroll --tcti "$tcti" --ek-ca "$work/other.pem" \
    -o "$work/none.pub" && says 'no EK certificate with a chain' &&
    [ ! -e "$work/none.pub" ]
ok $? "enrol: a CA that did not sign the EK certificate is refused"
is 1 "$vouch" enroll --tcti "swtpm:path=$work/nothing" -o "$work/none.pub"
ok $? "enrol: no TPM is an error"

# ---- reference values ----
is 0 "$vouch" ref keygen -o "$work/op.key" -p "$work/op.pub" &&
    [ "$(stat -c %a "$work/op.key")" = 600 ]
ok $? "ref keygen: a private key that only its owner reads"
is 0 "$vouch" ref endorse --from-log "$data/ovmf-grub.log" --name OVMF \
    -o "$work/firmware.json"
ok $? "ref endorse: from the log of a real boot"
is 0 make_manifest "$work/esp" "$work/manifest.json"
ok $? "ref make: from files, before any boot"
cp "$work/manifest.json" "$work/first.json"
is 0 "$vouch" ref show --key "$work/op.pub" "$work/manifest.json" &&
    says '"component": "cmdline"'
ok $? "ref show: with the signature checked"
"$vouch" ref keygen -o "$work/op2.key" -p "$work/op2.pub"
is 1 "$vouch" ref show --key "$work/op2.pub" "$work/manifest.json" &&
    says manifest-key
ok $? "ref show: another operator's key is refused"
cp "$work/ak.pub" "$work/proven.pub"
cp "$work/first.pub" "$work/ak.pub"
is 1 make_manifest "$work/esp" "$work/none.json" && says 'no CA vouches' &&
    [ ! -e "$work/none.json" ] &&
    is 0 make_manifest "$work/esp" "$work/unproven.json" --accept-unproven-ek &&
    is 0 "$vouch" ref show "$work/unproven.json" && says '"ek_trust": "none"'
ok $? "ref make: a TPM without an EK certificate only if that is asked for"
unproven() # WHAT SED: such a key file will not do, whatever is asked for
{
    sed "$2" "$work/proven.pub" >"$work/ak.pub"
    ! cmp -s "$work/proven.pub" "$work/ak.pub" &&
        is 1 make_manifest "$work/esp" "$work/none.json" \
            --accept-unproven-ek && says "$1" && [ ! -e "$work/none.json" ]
}
unproven 'did not prove' 's/"activated": true/"activated": false/' &&
    unproven 'did not prove' 's/"activated"/"activates"/'
ok $? "ref make: not a key that no TPM was seen to have"
unproven 'for another key' 's/"ek_trust": "software"/"ek_trust": "wrong"/' &&
    unproven 'for another key' 's/"ek_trust": "software"/"ek_trust": true/'
ok $? "ref make: not a key beside an EK certificate for another"
cp "$work/proven.pub" "$work/ak.pub"
is 1 make_manifest "$work/nowhere" "$work/none.json"
ok $? "ref make: files that are not there"
is 1 make_manifest "$work/esp" "$work/none.json" \
    --dynamic-launch "17=$(printf 'ff%.0s' $(seq 32))" && says 'prove nothing'
ok $? "ref make: all FF is no dynamic launch"

# ---- a good boot ----
boot_and_quote "$work/esp"
ok $? "quote: after a boot, at the localities of a real one"
is 0 verify && says '^TRUSTED$' && says '^hypervisor mode .* ok$' &&
    says '^TPM with key 000b[0-9a-f]{64}; CA of its EK: software$'
ok $? "verify: TRUSTED, exit status 0"
# Predicted from files, by the log, and by the TPM itself: all but signatures.
approve()
{
    local out=$1
    shift
    "$vouch" vtpm authorize --key "$work/op2.key" \
        --select 0,1,2,3,4,5,6,7,8,9,21 -o "$work/long" "$@" &&
        head -c 108 "$work/long" >"$out"
}
is 0 "$vouch" vtpm pcrs --tcti "$tcti" -o "$work/pcrs" &&
    is 0 approve "$work/by.tpm" --pcrs "$work/pcrs" &&
    is 0 approve "$work/by.log" --log "$work/log" &&
    is 0 approve "$work/by.manifest" --manifest "$work/manifest.json" \
        --manifest-key "$work/op.pub" &&
    is 0 cmp "$work/by.tpm" "$work/by.log" &&
    is 0 cmp "$work/by.tpm" "$work/by.manifest"
ok $? "vtpm authorize: the manifest predicts the PCRs of a good boot"
# without_pcr N: the log, without that PCR's events.
without_pcr()
{
    python3 - "$work/log" "$1" <<'PY'
import struct, sys
data, pcr = open(sys.argv[1], "rb").read(), int(sys.argv[2])
at = 32 + struct.unpack_from("<I", data, 28)[0]
out = data[:at]
while at < len(data):
    number, _, count = struct.unpack_from("<III", data, at)
    end = at + 12
    for _ in range(count):
        size = {4: 20, 11: 32, 12: 48, 13: 64}
        end += 2 + size[struct.unpack_from("<H", data, end)[0]]
    end += 4 + struct.unpack_from("<I", data, end)[0]
    if number != pcr:
        out += data[at:end]
    at = end
sys.stdout.buffer.write(out)
PY
}
is 0 "$vouch" vtpm authorize --key "$work/op2.key" --log "$work/log" \
    -o "$work/approval" && says '^2 [0-9a-f]{64}$' &&
    [ "$(cut -d ' ' -f 1 "$work/out" | tr '\n' ' ')" = "0 2 4 7 8 9 21 " ]
ok $? "vtpm authorize: a log's whole boot, and says what it approves"
without_pcr 2 >"$work/cut.log"
rm "$work/approval"
is 1 "$vouch" vtpm authorize --key "$work/op2.key" --log "$work/cut.log" \
    -o "$work/approval" && says 'into PCR 2:' && [ ! -e "$work/approval" ]
ok $? "vtpm authorize: not of a log without drivers"
is 0 "$vouch" vtpm authorize --key "$work/op2.key" --log "$work/cut.log" \
    --select 0,4,7,8,9,21 -o "$work/approval" && ! says '^2 '
ok $? "vtpm authorize: unless the operator chooses"
is 0 verify --json &&
    python3 -c 'import json, sys
v = json.load(open(sys.argv[1]))
ak = json.load(open(sys.argv[2]))
assert v["verdict"] == "trusted" and v["exclusive"] and not v["findings"]
assert v["tpm"]["ak"] == ak["name"] and v["tpm"]["ek_trust"] == "software"' \
        "$work/out" "$work/ak.pub"
ok $? "verify --json"
is 0 verify --ear --ear-key "$work/op2.key" &&
    python3 - "$work" <<'PY' && openssl dgst -sha256 -verify "$work/op2.pub" \
        -signature "$work/ear.der" "$work/ear.signed" >/dev/null
import base64, json, sys
work = sys.argv[1]
def decode(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
def integer(octets):
    octets = octets.lstrip(b"\0")
    if octets[0] & 0x80:
        octets = b"\0" + octets
    return b"\2" + bytes([len(octets)]) + octets
head, body, signature = open(work + "/out").read().strip().split(".")
assert json.loads(decode(head)) == {"alg": "ES256", "typ": "JWT"}
claims = json.loads(decode(body))
module = claims["submods"]["vouch"]
assert module["ear.status"] == "affirming"
assert module["ear.trustworthiness-vector"]["executables"] == 3
assert module["vouch.tpm"] == {
    "ak": json.load(open(work + "/ak.pub"))["name"], "ek_trust": "software"}
raw = decode(signature)
assert len(raw) == 64
pair = integer(raw[:32]) + integer(raw[32:])
open(work + "/ear.der", "wb").write(b"\x30" + bytes([len(pair)]) + pair)
open(work + "/ear.signed", "w").write(head + "." + body)
PY
ok $? "verify --ear: an ES256 token that openssl verifies"
is 0 "$vouch" log show "$work/log" && says 'vouch mode text:entry=efi64' &&
    says '^  21  [0-9a-f]{64}$'
ok $? "log show"
is 0 "$vouch" log show --manifest "$work/manifest.json" \
    --manifest-key "$work/op.pub" - <"$work/log" && says ' initrd ' &&
    ! grep -q '  ?  ' "$work/out"
ok $? "log show: every event belongs to a component"

# ---- freshness ----
asked=${nonce/00/01} is 3 verify && blames quote nonce-mismatch
ok $? "verify: another nonce is stale, exit status 3"
is 2 env asked=0011 "$vouch" verify --manifest "$work/manifest.json" \
    --manifest-key "$work/op.pub" --nonce 0011 "$work/evidence.json"
ok $? "verify: a nonce too short to be one, exit status 2"
make_manifest "$work/esp" "$work/old.json" --expires 2020-01-01
manifest=$work/old.json is 3 verify && blames manifest manifest-expired
ok $? "verify: a manifest whose time is over, exit status 3"
is 1 "$vouch" verify --manifest "$work/manifest.json" \
    --manifest-key "$work/op2.pub" --nonce $nonce "$work/evidence.json" &&
    blames manifest manifest-key
ok $? "verify: a manifest of another operator"

# ---- forged files ----
cp "$work/evidence.json" "$work/good.json"
head -c 1000 "$work/good.json" >"$work/evidence.json"
is 2 verify && blames evidence evidence-malformed
ok $? "verify: a cut file, exit status 2"
sed '2i "format": "vouch-evidence-1",' "$work/good.json" >"$work/evidence.json"
is 2 verify && blames evidence evidence-duplicate-key
ok $? "verify: a key twice in the file"
python3 - "$work/good.json" "$work/evidence.json" <<'PY'
import json, sys
evidence = json.load(open(sys.argv[1]))
evidence["pcrs"]["21"] = evidence["pcrs"]["22"]
json.dump(evidence, open(sys.argv[2], "w"))
PY
is 1 verify && blames quote pcr-values || blames log pcr-values
ok $? "verify: PCR values that were not quoted"
python3 - "$work/good.json" "$work/evidence.json" <<'PY'
import json, sys
evidence = json.load(open(sys.argv[1]))
del evidence["pcrs"]
json.dump(evidence, open(sys.argv[2], "w"))
PY
is 0 verify
ok $? "verify: PCR values may be left out"
# Another TPM's key, and its genuine quote.
mv "$work/tpm" "$work/tpm1"
make_tpm tpm
boot_and_quote "$work/esp" && is 1 verify && blames tpm-key key-unknown
ok $? "verify: another TPM that booted the same"
stop_tpm tpm
rm -rf "$work/tpm"
mv "$work/tpm1" "$work/tpm"

# ---- one byte anywhere ----
while read -r component file text; do
    tamper "$file" "$(offset_of "$file" "$text")" && is 1 verify &&
        blames "$component" component-differs
    ok $? "verify: one byte of $file ($text): $component"
done <<'CASES'
hypervisor boot/hypervisor hypervisor
kernel boot/vmlinux vmlinux
initrd boot/initramfs 1234
policy boot/policy policy
cmdline grub/cmdline.cfg 64
cmdline grub/cmdline.cfg maxcpus
dom0-cmdline grub/cmdline.cfg quiet
grubcfg grub/grub.cfg What
grub EFI/BOOT/BOOTX64.EFI multiboot
CASES
rm -rf "$work/esp2"
cp -r "$work/esp" "$work/esp2"
sed -i 's/^boot$/echo hello\nboot/' "$work/esp2/grub/grub.cfg"
boot_and_quote "$work/esp2" && is 1 verify && says '^UNTRUSTED: grubcfg: '
ok $? "verify: a command more in grub.cfg"

# ---- what anybody in dom0 can do to the TPM ----
boot_and_quote "$work/esp"
tpm2_pcrextend -T "$tcti" \
    "9:sha256=$(printf '00%.0s' $(seq 32))" >/dev/null 2>&1
"$vouch" quote --nonce $nonce --tcti "$tcti" --log "$work/log" \
    -o "$work/evidence.json" 2>/dev/null
is 1 verify && says '^UNTRUSTED: log: log-(replay|short): .*PCR 9'
ok $? "verify: a PCR that was extended behind the log's back"
start_tpm tpm
"$vouch" quote --nonce $nonce --tcti "$tcti" --log "$work/log" \
    -o "$work/evidence.json" 2>/dev/null
is 1 verify && blames log bank-zero
ok $? "verify: the good log beside a TPM that measured nothing"

echo "1..$count"

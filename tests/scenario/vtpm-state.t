#!/bin/bash
# SPDX-License-Identifier: MIT
# The vTPM program on a host: its state over power cuts and what dom0 could do to
# it, a guest that floods it, the evidence command, TPM 1.2, hostile commands.
set -u
. tests/scenario/lib/vtpm-host.sh

make_world
run tpm2_nvread 0x01c10180 -o log && run tpm2_pcrread sha256:4 && cp out pcr4
ok $? "a new TPM"

# ---- state ----
run tpm2_createprimary -C o -c primary.ctx &&
    run tpm2_evictcontrol -C o -c primary.ctx 0x81000001 &&
    run tpm2_changeauth -c e endorsement && run tpm2_shutdown -c &&
    cp "$world/identity" first.identity && start && cmp first.identity "$world/identity" &&
    run tpm2_readpublic -c 0x81000001
ok $? "after a shutdown everything is stored; the same keys are registered"
run tpm2_pcrread sha256:4 && cmp out pcr4 &&
    run tpm2_nvread 0x01c10180 -o log2 && cmp log log2
ok $? "the launch is measured anew, into PCRs that start at zero"
run tpm2_nvdefine 0x1500006 -C o -s 8 && sleep 1.3 && start &&
    run tpm2_nvreadpublic 0x1500006
ok $? "a second after a change it survives a power cut"
sleep 1.3
rm -f "$world/stores"
begin=$(date +%s%N)
run tpm2_nvdefine 0x1500007 -C o -s 8 -a 'ownerread|ownerwrite|nt=counter'
# TPM2_NV_Increment by the owner, 3000 times
increment=80020000001f00000134400000010150000700000009400000090000000000
run raw 3000 $increment && says '^8002.{8}00000000'
flood=$?
sleep 1.3
seconds=$(((($(date +%s%N) - begin) / 1000000000) + 1))
stores=$(wc -l <"$world/stores")
[ $flood = 0 ] && [ "$stores" -le $((seconds + 1)) ] && start &&
    run tpm2_nvread 0x1500007 -C o && [ -s out ]
ok $? "3000 increments in $seconds s are $stores stores, and none is lost"
# TPM2_Shutdown again and again: urgent, but bounded too
rm -f "$world/stores"
begin=$(date +%s%N)
run raw 10 $increment 80010000000c000001450001
seconds=$(((($(date +%s%N) - begin) / 1000000000) + 1))
[ "$(wc -l <"$world/stores")" -le $((4 * seconds + 2)) ]
ok $? "shutdowns cause at most four stores in a second"

cp -r "$world" saved
run tpm2_nvdefine 0x1500008 -C o -s 8 && run tpm2_shutdown -c
sleep 1.3
cp -r "$world" newest
cp saved/slot0 saved/slot1 "$world"
! start && says 'state replayed' console && [ ! -e "$world/sock" ]
ok $? "an older state is refused: replayed"
rm "$world/slot0" "$world/slot1"
! start && says 'state lost' console && [ ! -e "$world/sock" ]
ok $? "no state where there was one is refused: lost"
head -c 32 /dev/urandom >"$world/key"
cp newest/slot0 newest/slot1 "$world"
! start && says 'state foreign or damaged' console && [ ! -e "$world/sock" ]
ok $? "a state under another key is refused: foreign"
cp newest/key "$world"
for slot in slot0 slot1; do
    printf '\377' | dd of="$world/$slot" bs=1 seek=200 conv=notrunc status=none
done
! start && says 'state foreign or damaged' console
ok $? "a changed byte in both slots is refused: damaged"
cp newest/slot0 "$world/slot1" && cp newest/slot1 "$world/slot0"
! start && says 'state foreign or damaged' console
ok $? "slots that changed places are refused"
cp newest/slot0 newest/slot1 "$world"
start && run tpm2_nvreadpublic 0x1500008
ok $? "the newest state, put back, is accepted"
touch "$world/broken"
run tpm2_nvdefine 0x1500009 -C o -s 8 && run tpm2_shutdown -c &&
    says 'could not store' console && rm "$world/broken" && sleep 1.3 && start &&
    run tpm2_nvreadpublic 0x1500009
ok $? "dom0 cannot store for a while: the guest goes on, nothing is lost"
touch "$world/broken"
! start && says 'cannot say what is stored' console
first=$?
rm "$world/broken"
for _ in $(seq 600); do says '^ready$' console && break; sleep 0.05; done
[ $first = 0 ] && run tpm2_nvreadpublic 0x1500009
ok $? "dom0 cannot load for a while: tried again, never a new TPM"

# ---- the EK's certificate ----
# An operator's CA, and its certificate for this TPM's EK.
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
    -subj "/CN=the CA" -keyout ca.key -out ca.crt 2>/dev/null
flush
tool tpm2_createek -c ek.ctx -G ecc -u ek.pem -f pem -P endorsement
openssl x509 -new -force_pubkey ek.pem -subj /CN=x -CA ca.crt -CAkey ca.key \
    -days 2 -outform DER -out ek.crt 2>out
has_index()
{
    run tpm2_getcap handles-nv-index && says 0x1C0000A
}
! has_index && cp ek.crt "$world/certificate" && start &&
    run tpm2_nvread 0x1c0000a -o read.crt && cmp ek.crt read.crt &&
    run openssl verify -CAfile ca.crt read.crt
ok $? "a certificate that dom0 has is in its index, and leads to the CA"
run tpm2_getekcertificate -o read.crt && cmp ek.crt read.crt &&
    openssl x509 -in read.crt -noout -pubkey | cmp - ek.pem
ok $? "getekcertificate finds it, for the key that the TPM makes"
run tpm2_nvreadpublic 0x1c0000a && says 'value: 0x62070001' &&
    refused tpm2_nvundefine 0x1c0000a -C o
ok $? "the platform's attributes: the guest cannot remove it"
head -c 700 /dev/urandom >"$world/certificate"
start && run tpm2_nvread 0x1c0000a -o read.crt &&
    cmp "$world/certificate" read.crt && run tpm2_pcrread sha256:4
ok $? "garbage in its place is what the guest reads; the TPM serves"
cp ek.crt "$world/certificate" && start && run tpm2_pcrread sha256:4
for size in 0 2049 100000; do
    head -c $size /dev/urandom >"$world/certificate"
    start && run tpm2_nvread 0x1c0000a -o read.crt && cmp ek.crt read.crt &&
        says "cannot give the EK's certificate" console
    ok $? "one of $size bytes is refused and told; the last one stays"
done
head -c 2048 /dev/urandom >"$world/certificate"
start && run tpm2_nvread 0x1c0000a -o read.crt &&
    cmp "$world/certificate" read.crt
ok $? "2048 bytes have room"
rm "$world/certificate"
start && ! has_index
ok $? "dom0 has none any more: the index is gone"
run tpm2_nvdefine 0x1c0000a -C o -s 8 && run tpm2_shutdown -c && start &&
    has_index && run tpm2_nvundefine 0x1c0000a -C o
ok $? "an index of the guest's own stays"

# ---- evidence ----
python3 - "$world/sock" "$world/identity" >out 2>&1 <<'PY'
import json, socket, struct, sys, time
s = socket.socket(socket.AF_UNIX)
s.connect(sys.argv[1])
def call(payload, tag=0x8001, code=0x20005601):
    s.sendall(struct.pack(">HII", tag, 10 + len(payload), code) + payload)
    answer = s.recv(8192)
    while len(answer) < int.from_bytes(answer[2:6], "big"):
        answer += s.recv(8192)
    return int.from_bytes(answer[6:10], "big"), answer[10:]
read = lambda offset, most: call(struct.pack(">BIH", 2, offset, most))
nonce, quote = bytes(range(32)), bytes(range(32, 64))
assert read(0, 100) == (0x14a, b"")             # nothing was begun
assert call(b"")[0] == 0x142 and call(b"\1")[0] == 0x142
assert call(b"\1" + nonce + quote + b"x")[0] == 0x142
assert call(b"\3")[0] == 0x84 and call(b"\2")[0] == 0x142
assert call(b"\1" + nonce + quote, tag=0x8002)[0] == 0x145
assert call(b"\1" + nonce + quote) == (0, b"")
assert call(b"\1" + nonce + quote) == (0, b"")  # the same again
assert call(b"\1" + quote + nonce)[0] == 0x922  # another has to wait
assert read(0, 100)[0] == 0x922
for _ in range(100):
    code, answer = read(0, 65535)
    if code != 0x922:
        break
    time.sleep(0.05)
assert code == 0 and len(answer) == 4072 + 6
total, text = int.from_bytes(answer[:4], "big"), b""
assert total == 768 * 1024
while len(text) < total:
    most = 1000 if len(text) < 10000 else 4072
    code, answer = read(len(text), most)
    assert code == 0 and int.from_bytes(answer[:4], "big") == total
    assert int.from_bytes(answer[4:6], "big") == len(answer) - 6 <= most
    text += answer[6:]
assert read(total, 10) == (0, total.to_bytes(4, "big") + b"\0\0")
assert read(total + 1, 10)[0] == 0x84
found = json.loads(text)
assert found["nonce"] == nonce.hex() and found["quote"] == quote.hex()
assert "ak " + found["ak"] + "\n" in open(sys.argv[2]).read()
PY
ok $? "evidence: asked with the AK's Name that we add, read in parts"

# ---- TPM 1.2, as the unmodified driver speaks it ----
python3 - "$world/sock" >out 2>&1 <<'PY'
import hashlib, socket, struct, sys
s = socket.socket(socket.AF_UNIX)
s.connect(sys.argv[1])
def call(code, payload=b"", tag=0xc1):
    s.sendall(struct.pack(">HII", tag, 10 + len(payload), code) + payload)
    answer = s.recv(8192)
    assert int.from_bytes(answer[2:6], "big") == len(answer)
    assert answer[:2] == (b"\0\xc4" if tag != 0x8001 else b"\x80\1")
    return int.from_bytes(answer[6:10], "big"), answer[10:]
def cap(area, sub=None):
    sub = b"" if sub is None else struct.pack(">I", sub)
    return call(0x65, struct.pack(">II", area, len(sub)) + sub)
def read2(bank, size, pcr):
    code, answer = call(0x17e, struct.pack(">IHB", 1, bank, 3) +
                        (1 << pcr).to_bytes(3, "little"), tag=0x8001)
    assert code == 0
    return answer[-size:]
code, answer = cap(5, 0x115)
assert code == 0 and len(answer) == 20 and answer[:4] == b"\0\0\0\x10"
code, answer = cap(5, 0x120)
assert code == 0 and len(answer) == 16 and answer[:4] == b"\0\0\0\x0c"
assert cap(5, 0x101) == (0, struct.pack(">II", 4, 24))
assert cap(6)[0] == 0 and cap(0x1a)[1][4:8] == b"\0\x30\1\2"
assert len(cap(4, 0x108)[1]) == 26 and len(cap(4, 0x109)[1]) == 11
assert cap(5, 0x999)[0] == 44 and cap(99)[0] == 44
code, answer = call(0x46, struct.pack(">I", 128))
assert code == 0 and 4 + int.from_bytes(answer[:4], "big") == len(answer) > 4
assert call(0x53) == (0, b"") and call(0x50) == (0, b"")
assert call(0x99, b"\0\1")[0] == 38
banks = ((4, "sha1"), (11, "sha256"), (12, "sha384"), (13, "sha512"))
before = {b: read2(b, hashlib.new(h).digest_size, 10) for b, h in banks}
digest = hashlib.sha1(b"measured").digest()
code, answer = call(0x14, struct.pack(">I", 10) + digest)
assert code == 0
for bank, name in banks:
    size = hashlib.new(name).digest_size
    after = hashlib.new(name, before[bank] + digest.ljust(size, b"\0")).digest()
    assert read2(bank, size, 10) == after, name
assert answer == read2(4, 20, 10) == call(0x15, struct.pack(">I", 10))[1]
assert call(0x15, struct.pack(">I", 24))[0] == 2
assert call(0x14, struct.pack(">I", 99) + digest)[0] == 2
assert call(0x15, b"")[0] == 25 and call(0x14, b"1234")[0] == 25
assert call(0x65, struct.pack(">II", 5, 0xffffffff))[0] == 25
assert call(0x7c, bytes(20))[0] == 10 and call(0x65, b"", tag=0xc2)[0] == 10
assert call(0x98) == (0, b"")
PY
ok $? "TPM 1.2: capabilities, random numbers, an extend in all banks, the rest refused"

# ---- what no driver sends ----
run raw 1 80010000000c0000017bffff && says '^8001'
ok $? "the TPM still answers"
bad=0
for text in 80020000000a0000017b 8002000000120000012c40000001ffffffff \
    ffff0000000a0000017b 80010000000affffffff 800100000010000001310000000000000000; do
    run raw 1 ${text:0:4}"$(printf %08x $((${#text} / 2)))${text:12}" && says '^(8001|00c4)' || bad=1
done
ok $bad "malformed commands are errors"
quiet
ok $? "nothing of this brought it down"

echo "1..$count"

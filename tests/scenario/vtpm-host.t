#!/bin/bash
# SPDX-License-Identifier: MIT
# The vTPM program on a host, tpm2-tools as the guest: what firmware leaves to
# it, and then all that the tools do.
set -u
. tests/scenario/lib/vtpm-host.sh

# ---- before and at the guest's launch ----
start
ok $? "a new TPM is made, stored, and its keys are registered"
[ "$(cat "$world/version")" -ge 1 ] && [ -s "$world/slot0" ] &&
    grep -qE '^ak 000b[0-9a-f]{64}$' "$world/identity"
ok $? "the first state is stored and marked before anybody is served"
run raw 1 8001000000160000017a000000060000010000000001 &&
    says '^80010000000a00000100$'
ok $? "no command before the launch: TPM_RC_INITIALIZE"
run raw 1 00c10000001600000065000000050000000400000115 &&
    says '^00c40000000a00000026$'
ok $? "nor one of TPM 1.2: TPM_INVALID_POSTINIT"
touch "$world/launched"
run tpm2_getcap properties-fixed && says 'TPM2_PT_FAMILY_INDICATOR' &&
    run tpm2_getcap pcrs && says sha256 && says sha384
ok $? "after it, a TPM 2.0 with banks SHA-256 and SHA-384"
run tpm2_getcap properties-fixed &&
    grep -A 1 TPM2_PT_MANUFACTURER out | grep -q 0x49424D00 &&
    grep -A 1 TPM2_PT_FIRMWARE_VERSION_1 out | grep -q 0x20191023 &&
    grep -A 1 TPM2_PT_REVISION out | grep -q 0xA4
ok $? "maker, version and revision are what its EK's certificate says"
run tpm2_getcap properties-fixed &&
    grep -A 1 TPM2_PT_MAX_COMMAND_SIZE out | grep -q 0xFF8
ok $? "its largest command is what a ring's page holds"
run tpm2_nvread 0x01c10180 -o log && run tpm2_eventlog log
ok $? "the log is in an index that anybody may read"
python3 - "$work/log" "$work/expected" <<'PY'
import hashlib, sys
expected = {}
names = ((4, 0x56030001, b"guest-kernel", b"the kernel"),
         (9, 0x56030002, b"guest-initrd", b"the initrd"),
         (8, 0x56030003, b"guest-cmdline", b"the command line"))
with open(sys.argv[2], "w") as out:
    for bank in ("sha1", "sha256", "sha384", "sha512"):
        for pcr, tag, name, content in names:
            text = b"vouch " + name + b" sha256:" + hashlib.sha256(
                content).hexdigest().encode() + b" size:%d" % len(content)
            data = tag.to_bytes(4, "little") + len(text).to_bytes(
                4, "little") + text
            digest = hashlib.new(bank, data).digest()
            assert digest in open(sys.argv[1], "rb").read()
            value = hashlib.new(bank, bytes(len(digest)) + digest)
            out.write("%s %d 0x%s\n" % (bank, pcr, value.hexdigest().upper()))
PY
ok $? "every bank's digests of kernel, initrd and command line are in it"
good=0
while read -r bank pcr value; do
    run tpm2_pcrread "$bank:$pcr" && says "$pcr *: $value" && good=$((good + 1))
done <"$work/expected"
[ $good = 12 ]
ok $? "and in PCRs 4, 9 and 8, as computed from the files alone"
refused tpm2_nvwrite 0x01c10180 -i log && refused tpm2_nvundefine 0x01c10180 &&
    refused tpm2_nvundefine -C p 0x01c10180 &&
    refused tpm2_nvwrite -C p 0x01c10180 -i log
ok $? "the guest cannot write or remove that index"
refused tpm2_createprimary -C p -c none.ctx &&
    refused tpm2_changeauth -c p secret &&
    refused tpm2_pcrallocate sha1:all+sha256:none &&
    refused tpm2_clear -c p
ok $? "nor use the platform hierarchy"
refused tpm2_pcrreset 4 && refused tpm2_pcrreset 9 && refused tpm2_pcrreset 17
ok $? "nor reset the PCRs that its launch is in"
run tpm2_startup -c; run tpm2_pcrread sha256:4 && says "$(awk '/sha256 4/{print $3}' expected)"
ok $? "nor start the TPM again"

# ---- keys ----
name_of() { od -An -v -tx1 "$1" | tr -d ' \n'; }
run tpm2_createek -c ek.ctx -G ecc -u ek.pub &&
    run tpm2_readpublic -c ek.ctx -n ek.name &&
    grep -qx "ek $(name_of ek.name)" "$world/identity"
ok $? "createek makes the EK that was registered"
flush
python3 - <<'PY'
open("unique", "wb").write(b"\x0a\0vouch ak 1" + b"\0\0")
PY
run tpm2_createprimary -C e -G ecc256:ecdsa-sha256:null -g sha256 -u unique \
    -a 'fixedtpm|fixedparent|sensitivedataorigin|userwithauth|noda|restricted|sign' \
    -c ak.ctx && run tpm2_readpublic -c ak.ctx -n ak.name &&
    grep -qx "ak $(name_of ak.name)" "$world/identity"
ok $? "the template of vouch makes the AK that was registered"
run tpm2_quote -c ak.ctx -l sha256:0,1,2,3,4,5,6,7,8,9 -q 00112233 -m quote.msg \
    -s quote.sig -o quote.pcrs && run tpm2_readpublic -c ak.ctx -f pem -o ak.pem &&
    run tpm2_checkquote -u ak.pem -m quote.msg -s quote.sig -f quote.pcrs \
        -q 00112233
ok $? "quote and checkquote"
! run tpm2_checkquote -u ak.pem -m quote.msg -s quote.sig -f quote.pcrs \
    -q 00112234
ok $? "checkquote with another nonce fails"
flush
run tpm2_createek -c ek2.ctx -G rsa -f pem -u ek2.pub &&
    run tpm2_createak -C ek2.ctx -c ak2.ctx -G ecc -g sha256 -s ecdsa -u ak2.pub \
        -n ak2.name
ok $? "createek (RSA) and createak"
flush
echo "the secret" >secret
run tpm2_makecredential -T none -u ek2.pub -s secret -n "$(name_of ak2.name)" \
    -o credential -G rsa &&
    run tpm2_startauthsession --policy-session -S session.ctx &&
    run tpm2_policysecret -S session.ctx -c e &&
    run tpm2_activatecredential -c ak2.ctx -C ek2.ctx -i credential \
        -o found -P session:session.ctx && cmp secret found
ok $? "makecredential and activatecredential"
flush
for kind in rsa2048 ecc256 ecc384; do
    echo data >data
    run tpm2_createprimary -C o -c primary.ctx &&
        run tpm2_create -C primary.ctx -G $kind -u key.pub -r key.priv \
            -a 'fixedtpm|fixedparent|sensitivedataorigin|userwithauth|sign' &&
        run tpm2_load -C primary.ctx -u key.pub -r key.priv -c key.ctx &&
        run tpm2_sign -c key.ctx -g sha256 -o signature data &&
        run tpm2_verifysignature -c key.ctx -g sha256 -m data -s signature
    ok $? "create, load, sign, verify: $kind"
    flush
done
run tpm2_createprimary -C o -G rsa -c primary.ctx &&
    run tpm2_create -C primary.ctx -G rsa -u rsa.pub -r rsa.priv &&
    run tpm2_load -C primary.ctx -u rsa.pub -r rsa.priv -c rsa.ctx &&
    run tpm2_rsaencrypt -c rsa.ctx -o cipher secret &&
    run tpm2_rsadecrypt -c rsa.ctx -o plain cipher && cmp secret plain
ok $? "rsaencrypt and rsadecrypt"
flush
run tpm2_createprimary -C o -c primary.ctx &&
    run tpm2_create -C primary.ctx -G aes128 -u aes.pub -r aes.priv &&
    run tpm2_load -C primary.ctx -u aes.pub -r aes.priv -c aes.ctx &&
    run tpm2_encryptdecrypt -c aes.ctx -o cipher secret &&
    run tpm2_encryptdecrypt -d -c aes.ctx -o plain cipher && cmp secret plain
ok $? "encryptdecrypt"
flush
run tpm2_createprimary -C o -c primary.ctx &&
    run tpm2_create -C primary.ctx -G hmac -u hmac.pub -r hmac.priv &&
    run tpm2_load -C primary.ctx -u hmac.pub -r hmac.priv -c hmac.ctx &&
    run tpm2_hmac -c hmac.ctx -o mac secret && [ "$(wc -c <mac)" = 32 ] &&
    run tpm2_hash -g sha384 -o hash secret &&
    [ "$(od -An -v -tx1 hash | tr -d ' \n')" = \
        "$(sha384sum secret | cut -d ' ' -f 1)" ]
ok $? "hmac and hash"
flush

# ---- PCRs ----
bad=0
for bank in sha1 sha256 sha384 sha512; do
    digest=$(echo x | ${bank}sum | cut -d ' ' -f 1)
    run tpm2_pcrreset 23 && run tpm2_pcrextend "23:$bank=$digest" &&
        run tpm2_pcrread "$bank:23" &&
        says "$(python3 -c 'import hashlib, sys
d = bytes.fromhex(sys.argv[2])
print(hashlib.new(sys.argv[1], bytes(len(d)) + d).hexdigest().upper())' \
            $bank "$digest")" || bad=1
done
ok $bad "pcrextend, pcrread and pcrreset in every bank"
run tpm2_pcrevent 16 secret && says "$(sha256sum secret | cut -d ' ' -f 1)"
ok $? "pcrevent"
run tpm2_pcrreset 23 && run tpm2_createpolicy --policy-pcr -l sha256:4,23 \
    -L pcr.policy && run tpm2_createprimary -C o -c primary.ctx &&
    run tpm2_create -C primary.ctx -L pcr.policy -i secret -u sealed.pub \
        -r sealed.priv &&
    run tpm2_load -C primary.ctx -u sealed.pub -r sealed.priv -c sealed.ctx &&
    run tpm2_unseal -c sealed.ctx -p pcr:sha256:4,23 -o plain &&
    cmp secret plain
ok $? "seal to PCRs and unseal"
run tpm2_pcrextend 23:sha256="$(sha256sum secret | cut -d ' ' -f 1)" &&
    refused tpm2_unseal -c sealed.ctx -p pcr:sha256:4,23
ok $? "no unsealing once a PCR differs"
flush

# ---- NV ----
run tpm2_nvdefine 0x1500001 -C o -s 32 -a 'ownerread|ownerwrite|authread|authwrite' &&
    head -c 32 /dev/urandom >nv && run tpm2_nvwrite 0x1500001 -C o -i nv &&
    run tpm2_nvread 0x1500001 -C o -s 32 -o nv2 && cmp nv nv2
ok $? "nvdefine, nvwrite, nvread"
run tpm2_nvdefine 0x1500002 -C o -s 8 \
    -a 'ownerread|ownerwrite|authread|authwrite|nt=counter' &&
    run tpm2_nvincrement 0x1500002 -C o && run tpm2_nvincrement 0x1500002 -C o &&
    run tpm2_nvdefine 0x1500003 -C o -s 8 -a 'ownerread|ownerwrite|nt=bits' &&
    run tpm2_nvsetbits 0x1500003 -C o -i 0xbad &&
    run tpm2_nvdefine 0x1500004 -C o -g sha256 -a 'ownerread|ownerwrite|nt=extend' &&
    run tpm2_nvextend 0x1500004 -C o -i secret
ok $? "counters, bits, extended indexes"
run tpm2_nvdefine 0x1500005 -C o -s 8 \
    -a 'ownerread|ownerwrite|policywrite|read_stclear|write_stclear' &&
    head -c 8 nv >nv8 && run tpm2_nvwrite 0x1500005 -C o -i nv8 &&
    run tpm2_nvwritelock 0x1500005 -C o &&
    refused tpm2_nvwrite 0x1500005 -C o -i nv8 &&
    run tpm2_nvundefine 0x1500005 -C o
ok $? "locks, nvundefine"
run tpm2_nvcertify -C ak.ctx -g sha256 -f plain -s ecdsa --size 32 \
    -c o -o nv.sig --attestation nv.attest 0x1500001 ||
    run tpm2_nvreadpublic 0x1500001
ok $? "nvreadpublic"

# ---- policies ----
run tpm2_startauthsession -S session.ctx &&
    run tpm2_policypcr -S session.ctx -l sha256:4 -L a.policy &&
    run tpm2_flushcontext session.ctx &&
    run tpm2_startauthsession -S session.ctx &&
    run tpm2_policypassword -S session.ctx -L b.policy &&
    run tpm2_flushcontext session.ctx &&
    run tpm2_startauthsession -S session.ctx &&
    run tpm2_policyor -S session.ctx -L or.policy sha256:a.policy,b.policy &&
    run tpm2_flushcontext session.ctx &&
    run tpm2_createprimary -C o -c primary.ctx &&
    run tpm2_create -C primary.ctx -L or.policy -i secret -u or.pub -r or.priv &&
    run tpm2_load -C primary.ctx -u or.pub -r or.priv -c or.ctx &&
    run tpm2_startauthsession --policy-session -S session.ctx &&
    run tpm2_policypcr -S session.ctx -l sha256:4 &&
    run tpm2_policyor -S session.ctx sha256:a.policy,b.policy &&
    run tpm2_unseal -c or.ctx -p session:session.ctx -o plain && cmp secret plain
ok $? "policies: PCR, password, or"
flush
openssl genrsa -out authority.pem 2048 2>/dev/null
openssl rsa -in authority.pem -pubout -out authority.pub 2>/dev/null
run tpm2_loadexternal -G rsa -C o -u authority.pub -c authority.ctx \
    -n authority.name &&
    run tpm2_startauthsession -S session.ctx &&
    run tpm2_policyauthorize -S session.ctx -L auth.policy -n authority.name \
        -i a.policy && run tpm2_flushcontext session.ctx &&
    openssl dgst -sha256 -sign authority.pem -out a.sig a.policy &&
    run tpm2_verifysignature -c authority.ctx -g sha256 -m a.policy -s a.sig \
        -t ticket -f rsassa &&
    run tpm2_createprimary -C o -c primary.ctx &&
    run tpm2_create -C primary.ctx -L auth.policy -i secret -u auth.pub \
        -r auth.priv &&
    run tpm2_load -C primary.ctx -u auth.pub -r auth.priv -c auth.ctx &&
    run tpm2_startauthsession --policy-session -S session.ctx &&
    run tpm2_policypcr -S session.ctx -l sha256:4 &&
    run tpm2_policyauthorize -S session.ctx -i a.policy -n authority.name \
        -t ticket &&
    run tpm2_unseal -c auth.ctx -p session:session.ctx -o plain &&
    cmp secret plain
ok $? "policies: authorized by a key"
flush
run tpm2_createprimary -C o -c primary.ctx &&
    run tpm2_startauthsession --hmac-session -c primary.ctx -S session.ctx &&
    run tpm2_sessionconfig session.ctx --enable-decrypt --enable-encrypt &&
    run tpm2_create -C primary.ctx -P session:session.ctx -i secret \
        -u s.pub -r s.priv
ok $? "salted HMAC sessions with encrypted parameters"
flush
run tpm2_createprimary -C o -c primary.ctx -p one &&
    run tpm2_startauthsession --hmac-session -S session.ctx &&
    run tpm2_create -C primary.ctx -P session:session.ctx+one -i secret \
        -u s.pub -r s.priv &&
    refused tpm2_create -C primary.ctx -P two -i secret -u s.pub -r s.priv
ok $? "a password, in an HMAC session or not at all"
flush

# ---- dictionary attacks, clear ----
run tpm2_dictionarylockout -s -n 3 -t 1000 -l 1000 &&
    run tpm2_createprimary -C o -c primary.ctx &&
    run tpm2_create -C primary.ctx -i secret -p right -u da.pub -r da.priv &&
    run tpm2_load -C primary.ctx -u da.pub -r da.priv -c da.ctx &&
    run tpm2_unseal -c da.ctx -p right &&
    for _ in 1 2 3 4; do refused tpm2_unseal -c da.ctx -p wrong; done &&
    refused tpm2_unseal -c da.ctx -p right &&
    run tpm2_getcap properties-variable && says 'inLockout: *1' &&
    run tpm2_dictionarylockout -c && run tpm2_unseal -c da.ctx -p right
ok $? "wrong passwords lock the TPM, its owner unlocks it"
flush
run tpm2_createprimary -C o -c before.ctx && run tpm2_readpublic -c before.ctx \
    -n before.name && run tpm2_changeauth -c o owner &&
    run tpm2_changeauth -c e endorsement && refused tpm2_createprimary -C o -c x.ctx &&
    run tpm2_clear && run tpm2_createprimary -C o -c after.ctx &&
    run tpm2_readpublic -c after.ctx -n after.name && ! cmp -s before.name after.name
ok $? "clear: owner's keys and passwords are gone"
flush
run tpm2_createek -c ek.ctx -G ecc -u ek.pub && run tpm2_readpublic -c ek.ctx \
    -n ek.name && grep -qx "ek $(name_of ek.name)" "$world/identity" &&
    run tpm2_nvread 0x01c10180 -o log2 && cmp log log2
ok $? "clear: the EK and the log stay"
flush

quiet
ok $? "nothing of this brought it down"

echo "1..$count"

#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""approve.py KEY PCRS N,N... APPROVAL: an approval (lib/approval.h) of PCRs
that `vouch vtpm authorize` refuses. The machines of some scenarios have neither
a firmware nor a loader that measures: what the hypervisor does with an approval
is tried there, not whether one should have been given."""
import hashlib
import struct
import subprocess
import sys


def integer(der, at):
    size = der[at + 1]
    number = int.from_bytes(der[at + 2:at + 2 + size], "big")
    return number.to_bytes(32, "big"), at + 2 + size


def openssl(*arguments, **options):
    return subprocess.run(["openssl", *arguments], check=True,
                          stdout=subprocess.PIPE, **options).stdout


def main():
    key, path, chosen, out = sys.argv[1:]
    pcrs = sorted(int(number) for number in chosen.split(","))
    values = dict(line.split() for line in open(path))
    digest = hashlib.sha256(
        b"".join(bytes.fromhex(values[str(pcr)]) for pcr in pcrs)).digest()
    mask = sum(1 << pcr for pcr in pcrs)
    # TPM2_PolicyPCR: Part 3, 23.7.
    policy = hashlib.sha256(
        bytes(32) + struct.pack(">IIHB", 0x17f, 1, 0x000b, 3) +
        mask.to_bytes(3, "little") + digest).digest()
    point = openssl("pkey", "-in", key, "-pubout", "-outform", "DER")[-64:]
    der = openssl("dgst", "-sha256", "-sign", key,
                  input=policy + b"vouch state")
    r, at = integer(der, 2)
    s, at = integer(der, at)
    with open(out, "wb") as file:
        file.write(b"VOUCHAP1" + struct.pack("<I", mask) + digest + point +
                   r + s)


main()

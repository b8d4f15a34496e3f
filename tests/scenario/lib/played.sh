# SPDX-License-Identifier: MIT
# Sourced by the scenarios of vouch's command line that play a boot to software
# TPMs (attest-play): what a command said, the TPMs, and a disk to predict from.

build=${BUILD:-build}
vouch=$build/host/vouch
play=$build/host/attest-play
data=tests/unit/attest/data
work=$(mktemp -d "${TMPDIR:-/tmp}/vouch-played.XXXXXX")
nonce=00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff
declare -A pids=()
count=0
export TSS2_LOG=all+NONE

clean()
{
    local name
    for name in "${!pids[@]}"; do
        stop_tpm "$name"
    done
    rm -rf "$work"
}
trap clean EXIT

# need COMMAND...: all of them are there.
need()
{
    local tool
    for tool in "$@"; do
        command -v "$tool" >/dev/null || {
            echo "Bail out! no $tool"
            exit 1
        }
    done
}

# ok STATUS NAME: a test that passed if STATUS is 0.
ok()
{
    count=$((count + 1))
    if [ "$1" = 0 ]; then
        echo "ok $count - $2"
    else
        echo "not ok $count - $2"
        sed 's/^/# /' "$work/out" 2>/dev/null
    fi
}

# is STATUS COMMAND...: its output goes to $work/out.
is()
{
    local expected=$1
    shift
    "$@" >"$work/out" 2>&1
    local status=$?
    [ $status = "$expected" ] || {
        echo "status $status, not $expected: $*" >>"$work/out"
        return 1
    }
}

says()
{
    grep -qE -- "$1" "$work/out" || {
        echo "does not say: $1" >>"$work/out"
        return 1
    }
}

# Exactly one cause, and it is this component.
blames()
{
    says "^UNTRUSTED: $1: $2: " &&
        [ "$(grep -c '^UNTRUSTED: ' "$work/out")" = 1 ]
}

# make_tpm NAME [OPTION...]: its state is the folder NAME.
make_tpm()
{
    mkdir -p "$work/$1"
    swtpm_setup --tpm2 --tpmstate "$work/$1" --pcr-banks sha256 --overwrite \
        "${@:2}" >"$work/out" 2>&1 || {
        sed 's/^/# /' "$work/out"
        echo "Bail out! swtpm_setup failed"
        exit 1
    }
}

stop_tpm()
{
    [ -z "${pids[$1]:-}" ] || {
        kill "${pids[$1]}" 2>/dev/null
        wait "${pids[$1]}" 2>/dev/null
    }
    unset "pids[$1]"
    rm -f "$work/$1.sock"*
}

# A power cycle: the same TPM with its PCRs as they start.
start_tpm()
{
    stop_tpm "$1"
    swtpm socket --tpm2 --tpmstate "dir=$work/$1" --flags not-need-init \
        --server "type=unixio,path=$work/$1.sock" \
        --ctrl "type=unixio,path=$work/$1.sock.ctrl" >/dev/null 2>&1 &
    pids[$1]=$!
    for _ in $(seq 600); do
        [ -S "$work/$1.sock" ] && [ -S "$work/$1.sock.ctrl" ] && return
        sleep 0.05
    done
    echo "Bail out! swtpm does not start"
    exit 1
}

make_disk()
{
    mkdir -p "$work/esp/EFI/BOOT" "$work/esp/grub" "$work/esp/boot"
    grub-mkstandalone -O x86_64-efi -o "$work/esp/EFI/BOOT/BOOTX64.EFI" \
        --modules="part_gpt fat normal search multiboot2 tpm" --fonts= \
        --locales= --themes= "boot/grub/grub.cfg=dom0/grub-embed.cfg" \
        2>/dev/null
    sed 's|^@POLICY@|module2 --nounzip /boot/policy|' dom0/grub.cfg.in \
        >"$work/esp/grub/grub.cfg"
    printf 'set hv_cmdline="%s"\nset dom0_cmdline="%s"\n' \
        'console=com1 maxcpus=64' 'console=hvc0 quiet' \
        >"$work/esp/grub/cmdline.cfg"
    local name
    for name in hypervisor vmlinux initramfs; do
        seq 9999 >"$work/esp/boot/$name"
        echo "the $name" >>"$work/esp/boot/$name"
    done
    printf '\214\377\174\371 the policy\n' >"$work/esp/boot/policy"
}

# make_manifest ESP OUT [OPTION...]: for the TPM of $work/ak.pub.
make_manifest()
{
    "$vouch" ref make --key "$work/op.key" --esp "$1" \
        --embedded dom0/grub-embed.cfg --firmware "$work/firmware.json" \
        --ak "$work/ak.pub" -o "$2" "${@:3}"
}

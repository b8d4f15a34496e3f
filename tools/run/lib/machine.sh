# SPDX-License-Identifier: MIT
# One QEMU machine: q35 without KVM, always with a time limit. Its serial
# console is $machine/serial.log.
#
# Read from the environment, with the usual machine as default:
#   MEM=2048  CPUS=2  CPU=max  TPM=tis|crb|none  FIRMWARE=efi|bios
#   NIC=virtio-net-pci|e1000e|none  DISK_BUS=virtio|ahci
#   GUESTS_DISK (a disk with guests' files, at GUESTS=N or TENANT=1 a copy of it)
#   TENANT=1 (the tenant's own disk, DIR/tenant1.img)
#   SSH_PORT=2201 (that port of the host leads to guest1's ssh, the next to
#   guest2's)
#   OVMF  OVMF_VARS   QEMU_EXTRA (more arguments)  TIMEOUT, STALL (seconds in
#   all, without a word)

: "${MEM:=2048}" "${CPUS:=2}" "${CPU:=max}" "${TPM:=tis}" "${FIRMWARE:=efi}"
: "${NIC:=virtio-net-pci}" "${DISK_BUS:=virtio}" "${QEMU_EXTRA:=}"
: "${OVMF:=/usr/share/OVMF/OVMF_CODE_4M.fd}"
: "${OVMF_VARS:=/usr/share/OVMF/OVMF_VARS_4M.fd}"
: "${GUESTS:=}" "${TENANT:=}" "${GUESTS_DISK:=build/guests/disk.img}" "${SSH_PORT:=}"
: "${TIMEOUT:=$((GUESTS > 0 || TENANT > 0 ? 1200 : 600))}" "${STALL:=120}"

# machine_arguments DIR DISK MAILBOX: sets the array machine_qemu.
machine_arguments()
{
    local dir=$1 disk=$2 mailbox=$3 thread=multi
    # More CPUs than the host has would spin for one that is not running.
    [ "$CPUS" -le "$(nproc)" ] || thread=single
    machine_qemu=(qemu-system-x86_64 -machine q35 -accel "tcg,thread=$thread"
        -cpu "$CPU" -smp "$CPUS" -m "$MEM" -no-reboot -display none -vga none
        -nodefaults -rtc base=utc)
    case $FIRMWARE in
    efi)
        cp "$OVMF_VARS" "$dir/vars.fd"
        machine_qemu+=(
            -drive "if=pflash,format=raw,readonly=on,file=$OVMF"
            -drive "if=pflash,format=raw,file=$dir/vars.fd")
        ;;
    bios) ;;
    *) fail "FIRMWARE is efi or bios, not $FIRMWARE" ;;
    esac
    machine_qemu+=(-drive "id=disk,if=none,format=raw,snapshot=on,file=$disk")
    case $DISK_BUS in
    virtio) machine_qemu+=(-device virtio-blk-pci,drive=disk,bootindex=1) ;;
    ahci) machine_qemu+=(-device ide-hd,drive=disk,bus=ide.0,bootindex=1) ;;
    *) fail "DISK_BUS is virtio or ahci, not $DISK_BUS" ;;
    esac
    if [ -n "$mailbox" ]; then
        machine_qemu+=(
            -drive "id=mailbox,if=none,format=raw,cache=writethrough,file=$mailbox"
            -device virtio-blk-pci,drive=mailbox)
    fi
    if [ -n "$GUESTS$TENANT" ]; then
        machine_qemu+=(
            -drive "id=guests,if=none,format=raw,file=$dir/guests.img"
            -device virtio-blk-pci,drive=guests,serial=vouch-guests)
    fi
    if [ -n "$TENANT" ]; then
        machine_qemu+=(
            -drive "id=tenant1,if=none,format=raw,cache=writethrough,file=$dir/tenant1.img"
            -device virtio-blk-pci,drive=tenant1,serial=tenant1)
    fi
    machine_network
    machine_tpm
    # shellcheck disable=SC2206 # a list of words is what it is
    machine_qemu+=($QEMU_EXTRA)
}

machine_network()
{
    local netdev=user,id=net,restrict=on number
    [ "$NIC" != none ] || return 0
    for number in ${SSH_PORT:+1 2}; do
        netdev+=",hostfwd=tcp:127.0.0.1:$((SSH_PORT + number - 1))"
        netdev+="-10.0.2.10$number:22"
    done
    machine_qemu+=(-netdev "$netdev" -device "$NIC,netdev=net,romfile=")
}

machine_tpm()
{
    case $TPM in
    tis | crb)
        machine_qemu+=(-chardev "socket,id=tpm,path=$tpm_sockets/m"
            -tpmdev emulator,id=tpm,chardev=tpm
            -device "tpm-$TPM,tpmdev=tpm")
        ;;
    none) ;;
    *) fail "TPM is tis, crb or none, not $TPM" ;;
    esac
}

# machine_start DIR DISK MAILBOX: in the background, as $machine_pid.
machine_start()
{
    machine=$1
    machine_told=0
    mkdir -p "$machine"
    : >"$machine/serial.log"
    machine_arguments "$@"
    [ "$TPM" = none ] || tpm_start_for_machine
    timeout -k 5 "$TIMEOUT" "${machine_qemu[@]}" -monitor none \
        -serial "file:$machine/serial.log" \
        </dev/null >"$machine/qemu.log" 2>&1 &
    machine_pid=$!
    run_children+=("$machine_pid")
}

machine_is_running()
{
    kill -0 "$machine_pid" 2>/dev/null
}

# Waits for the end; 124 means that the time was up.
machine_wait()
{
    local status=0
    wait "$machine_pid" || status=$?
    [ "$TPM" = none ] || tpm_stop
    return $status
}

machine_stop()
{
    kill "$machine_pid" 2>/dev/null
    machine_wait
    return 0
}

# The serial console without terminal control sequences and carriage returns.
machine_console()
{
    sed -e 's/\x1b\[[0-9;?=]*[A-Za-z]//g' -e 's/\x1bc//g' \
        "$machine/serial.log" | tr -d '\r\0'
}

# Reads to the end: grep -q would leave the other end of the pipe to fail.
machine_says()
{
    machine_console | grep -aE "$1" >/dev/null
}

# machine_wait_for SECONDS REGEX: 0 found, 1 the machine ended without it, 2
# the time is up.
machine_wait_for()
{
    local end=$((SECONDS + $1))
    while [ $SECONDS -lt "$end" ]; do
        machine_says "$2" && return 0
        if ! machine_is_running; then
            machine_says "$2" && return 0
            return 1
        fi
        sleep 0.2
    done
    return 2
}

# Tells what is reached as it is reached, until the machine ends. One that says
# nothing for $STALL seconds hangs: it is stopped, and the result is 1.
machine_watch()
{
    local size=0 last=$SECONDS now
    while machine_is_running; do
        machine_tell
        now=$(stat -c %s "$machine/serial.log")
        if [ "$now" != "$size" ]; then
            size=$now
            last=$SECONDS
        elif [ $((SECONDS - last)) -ge "$STALL" ]; then
            machine_stop
            return 1
        fi
        sleep 0.3
    done
    machine_tell
}

# Lines worth telling: each stage's first words, and whatever went wrong.
machine_milestones='^\(vouch\) |\(XEN\) Xen version|\] Linux version|^dom0: '
machine_milestones="$machine_milestones|[Pp]anic|PANIC|^error: file"

machine_tell()
{
    local line count=0
    while read -r line; do
        count=$((count + 1))
        [ "$count" -gt "$machine_told" ] || continue
        progress "  ${line:0:100}"
        machine_told=$count
    done < <(machine_console | grep -aE "$machine_milestones")
}

# SPDX-License-Identifier: MIT
# Early boots: QEMU hands the hypervisor and its modules over itself
# (multiboot 1), so that one takes a second or two. Each ends as soon as the
# expected line is there.

early=$BUILD/scenario/early
mkdir -p "$early"

# early_boot NAME REGEX CMDLINE MODULES [QEMU ARGUMENT...]
# MODULES is what -initrd takes: "FILE ARGUMENTS,FILE,...". 0 if a line of the
# console matches; the console is $early/NAME.serial.
early_boot()
{
    local name=$1 regex=$2 cmdline=$3 modules=$4 qemu end
    shift 4
    local initrd=()
    [ -z "$modules" ] || initrd=(-initrd "$modules")
    console=$early/$name.serial
    : >"$console"
    timeout -k 5 "${EARLY_TIMEOUT:-90}" qemu-system-x86_64 -machine q35 \
        -accel tcg,thread=multi -cpu "${CPU:-max}" -smp "${CPUS:-2}" \
        -m "${MEM:-512}" -nodefaults -display none -vga none -no-reboot \
        -monitor none -serial "file:$console" -kernel "$HYPERVISOR_FILE" \
        -append "$cmdline" "${initrd[@]}" "$@" </dev/null \
        >"$early/$name.qemu" 2>&1 &
    qemu=$!
    end=$((SECONDS + ${EARLY_TIMEOUT:-90}))
    while [ $SECONDS -lt $end ] && kill -0 $qemu 2>/dev/null; do
        grep -aEq -e "$regex" "$console" && break
        sleep 0.1
    done
    kill $qemu 2>/dev/null
    wait $qemu 2>/dev/null
    has_line "$console" "$regex"
}

# early_refusals NAME: exactly one line of the hypervisor's refuses.
early_refusals()
{
    local count
    count=$(grep -aEc "^\(vouch\).*( refused: |panic|PANIC)" "$early/$1.serial")
    [ "$count" = 1 ] || {
        echo "$count lines that refuse:"
        tr -d '\r' <"$early/$1.serial"
        return 1
    }
}

# SPDX-License-Identifier: MIT
# Sourced by the scenarios that run the vTPM program on a host, in the world of
# tests/scenario/vtpm-host.c: starting and killing it, tpm2-tools as its guest,
# raw commands.

build=${BUILD:-build}
program=$(readlink -f "$build/host/vtpm-host")
work=$(mktemp -d "${TMPDIR:-/tmp}/vtpm.XXXXXX")
world=$work/world
vtpm_pid=
count=0
export VTPM_HOST=$world TPM2TOOLS_TCTI=swtpm:path=$world/sock TSS2_LOG=all+NONE

clean()
{
    stop
    rm -rf "$work"
}
trap clean EXIT

ok()
{
    count=$((count + 1))
    if [ "$1" = 0 ]; then
        echo "ok $count - $2"
    else
        echo "not ok $count - $2"
        { tail -n 20 "$work/out"; tail -n 20 "$work/console"; } 2>/dev/null |
            cut -c 1-300 | sed 's/^/# /'
    fi
}

# There is no resource manager, so a tool's objects are flushed behind it; what
# is to stay is in context files.
tool()
{
    "$@" >"$work/out" 2>&1
    local status=$?
    case $1 in
    tpm2_*) tpm2_flushcontext -t >/dev/null 2>&1 ;;
    esac
    return $status
}

# run COMMAND...: its output goes to $work/out.
run()
{
    tool "$@" || {
        echo "failed: $*" >>"$work/out"
        return 1
    }
}

# refused COMMAND...: by the TPM, not because the tool could not do it.
refused()
{
    ! tool "$@" && grep -q ' tpm:' "$work/out" || {
        echo "not refused: $*" >>"$work/out"
        return 1
    }
}

says()
{
    grep -qE -- "$1" "$work/${2:-out}"
}

# Without warning, as when the power fails.
stop()
{
    [ -z "$vtpm_pid" ] || {
        kill -9 "$vtpm_pid" 2>/dev/null
        wait "$vtpm_pid" 2>/dev/null
    }
    vtpm_pid=
}

# start: 0 once the TPM serves; 1 if it says anything but that.
start()
{
    stop
    rm -f "$world/sock" "$world/sock.ctrl"
    : >"$work/console"
    "$program" >>"$work/console" 2>&1 &
    vtpm_pid=$!
    for _ in $(seq 1500); do
        says '^ready$' console && return 0
        says 'state (lost|replayed|foreign)|cannot say what' console && return 1
        kill -0 "$vtpm_pid" 2>/dev/null || return 1
        sleep 0.02
    done
    return 1
}

# A new TPM in a new world.
make_world()
{
    stop
    rm -rf "$world"
    mkdir -p "$world"
    touch "$world/launched"
    start
}

# raw TIMES HEX...: commands as they are on the ring; prints the answers.
raw()
{
    python3 - "$world/sock" "$@" <<'PY'
import socket, sys
s = socket.socket(socket.AF_UNIX)
s.settimeout(120)
s.connect(sys.argv[1])
for text in sys.argv[3:] * int(sys.argv[2]):
    s.sendall(bytes.fromhex(text))
    answer = s.recv(8192)
    while len(answer) < int.from_bytes(answer[2:6], "big"):
        answer += s.recv(8192)
    print(answer.hex())
PY
}

flush()
{
    tpm2_flushcontext -l >/dev/null 2>&1
    tpm2_flushcontext -s >/dev/null 2>&1
}

# Is it still there, and had nothing to complain of?
quiet()
{
    kill -0 "$vtpm_pid" &&
        ! says 'failure mode|Sanitizer|runtime error' console
}

for tool in "$program" tpm2_getcap python3; do
    command -v "$tool" >/dev/null || {
        echo "Bail out! no $tool"
        exit 1
    }
done
mkdir -p "$world"
cd "$work" || exit 1


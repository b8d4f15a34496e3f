# SPDX-License-Identifier: MIT
# A software TPM with a SHA-256 bank and fresh state for each run. Its sockets
# are in a folder of their own in /tmp, for their paths must be short.

tpm_new()
{
    tpm_state=$1/tpm
    tpm_sockets=$(mktemp -d /tmp/vouch-tpm.XXXXXX)
    rm -rf "$tpm_state"
    mkdir -p "$tpm_state"
    swtpm_setup --tpm2 --tpmstate "$tpm_state" --pcr-banks sha256 \
        --overwrite >"$1/swtpm-setup.log" 2>&1 ||
        fail "swtpm_setup failed: $(tail -n 1 "$1/swtpm-setup.log")"
}

tpm_end()
{
    rm -rf "$tpm_sockets"
}

# For tools on this machine: swtpm:path=$tpm_sockets/c
tpm_start_for_tools()
{
    swtpm socket --tpm2 --tpmstate "dir=$tpm_state" \
        --server "type=unixio,path=$tpm_sockets/c" \
        --ctrl "type=unixio,path=$tpm_sockets/c.ctrl" \
        --flags not-need-init >"$tpm_state.log" 2>&1 &
    tpm_pid=$!
    run_children+=("$tpm_pid")
    run_wait_for_socket "$tpm_sockets/c" || fail "swtpm does not start"
}

# For QEMU, which initialises it and ends it when it ends itself.
tpm_start_for_machine()
{
    swtpm socket --tpm2 --tpmstate "dir=$tpm_state" \
        --ctrl "type=unixio,path=$tpm_sockets/m" \
        --terminate >"$tpm_state.log" 2>&1 &
    tpm_pid=$!
    run_children+=("$tpm_pid")
    run_wait_for_socket "$tpm_sockets/m" || fail "swtpm does not start"
}

tpm_stop()
{
    kill "$tpm_pid" 2>/dev/null
    wait "$tpm_pid" 2>/dev/null
    rm -f "$tpm_sockets/c" "$tpm_sockets/c.ctrl"
    return 0
}

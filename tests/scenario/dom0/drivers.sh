# SPDX-License-Identifier: MIT
# tests/scenario/drivers.t in dom0: a stub domain that echoes, and guests whose
# TPM it is.

label='seclabel="tenant01_u:guest_r:guest_t"'
client=/tmp/vchan-client

start_echo()
{
    cp /guests/files/vchan-client $client
    cat >echo.cfg <<END
name = "echo"
type = "pv"
kernel = "/guests/files/test-echo"
memory = 8
on_crash = "preserve"
$label
END
    xl create echo.cfg && console_has echo '^echo: begins' 30
}

# echo_says REGEX: lines on its console
echo_says()
{
    tr -d '\r' <"$(log_of echo)" | grep -E "$1"
}

# talk BYTES, when there is a stream
talk()
{
    wait_for 20 xenstore-read \
        "/local/domain/$(domid echo)/data/vouch/event-channel" || return 1
    $client "$(domid echo)" "$1"
}

# with_tpm NAME: a guest without other devices
with_tpm()
{
    up "$1" 'vif=[]' 'disk=[]' 'vtpm=["backend=echo"]' "$label"
}

backend_state()
{
    xenstore-read \
        "/local/domain/$(domid echo)/backend/vtpm/$(domid "$1")/0/state"
}

# In a guest: a command of 16 bytes, written at once, whose last 6 characters
# are the argument; the answer in hexadecimal.
teach_guest()
{
    local ask
    ask=$(cat <<'END'
ask() { exec 3<>/dev/tpm0; printf "\200\1\0\0\0\20\0\0\1\173$1" >&3; dd bs=4096 count=1 <&3 2>/dev/null | hexdump -v -e '1/1 "%02x"'; echo; exec 3>&-; }
END
    )
    in_guest "$1" "$ask"
}

# ask_many NAME COUNT: how many were answered
ask_many()
{
    in_guest "$1" "n=0; while [ \$n -lt $2 ]; do ask abcdef; n=\$((n + 1)); \
done | grep -c 0000000616263646566"
}

# refused NAME: xl gives up, and leaves nothing of the guest
refused()
{
    ! xl create "/etc/xen/$1.cfg" 'vif=[]' 'disk=[]' 'vtpm=["backend=echo"]' \
        "$label" && gone "$1"
}

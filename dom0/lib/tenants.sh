# SPDX-License-Identifier: MIT
# Attested guests: the daemon that their TPMs need, and the tenant of `make run`,
# who has a mailbox disk of his own and wants nothing of dom0 but to be started.

# What vTPMs store goes to the guests' disk, where there is one: ciphertext.
vouchd_start()
{
    vouchd_folder=/var/lib/vouch
    if grep -q ' /guests ' /proc/mounts; then
        vouchd_folder=/guests/vouch
    fi
    mkdir -p "$vouchd_folder"
    mailbox_approval >"$vouchd_folder/approval.new"
    if [ -s "$vouchd_folder/approval.new" ]; then
        mv "$vouchd_folder/approval.new" "$vouchd_folder/approval"
    else
        rm "$vouchd_folder/approval.new"
    fi
    vouchd -d "$vouchd_folder" >/run/log/xen/vouchd.log 2>&1 &
    # It is where `vouch vtpm` looks for it, too.
    [ -e /var/lib/vouch ] || ln -s "$vouchd_folder" /var/lib/vouch
    say "vouchd is up"
}

tenant_start()
{
    if ! vouch create "/etc/xen/$1.cfg" >"/run/log/xen/create-$1.log" 2>&1; then
        say "$1: $(tail -n 1 "/run/log/xen/create-$1.log")"
        return 1
    fi
    say "$1: created, domain $(xl domid "$1"), its TPM is domain" \
        "$(xl domid "$1-tpm")"
}

# Until it ends by itself, which it does when its verifier has answered.
tenant_wait()
{
    tries=300
    while xl domid "$1" >/dev/null 2>&1; do
        if [ "$tries" = 0 ]; then
            say "$1: does not end"
            xl destroy "$1"
            return 1
        fi
        tries=$((tries - 1))
        [ $((tries % 50)) -ne 0 ] || say "$1: runs"
        sleep 1
    done
    say "$1: $(grep -a 'guest: attest' "/run/log/xen/console/guest-$1.log" |
        tail -n 1 | tr -d '\r' | sed 's/.*guest: //')"
}

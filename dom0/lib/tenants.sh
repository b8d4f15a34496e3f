# SPDX-License-Identifier: MIT
# Attested guests: the daemon that their TPMs need, and the tenant of `make run`,
# who has a mailbox disk of his own and wants nothing of dom0 but to be started.

# keep_file FILE DIR/NAME: a copy, in one step, on a disk that others wrote:
# where links may be is made room first, and what is written is a new file.
keep_file()
{
    rm -rf "$2.new"
    [ ! -L "$2" ] || rm "$2"
    (set -C && cat "$1" >"$2.new") && mv "$2.new" "$2"
}

# vouchd_room FOLDER: it is there, and is no link to another.
vouchd_room()
{
    [ ! -L "$1" ] && mkdir -p "$1"
}

# What vTPMs store goes to the guests' disk, where there is one: ciphertext.
vouchd_start()
{
    vouchd_folder=/var/lib/vouch
    if grep -q ' /guests ' /proc/mounts; then
        vouchd_folder=/guests/vouch
    fi
    if ! vouchd_room "$vouchd_folder"; then
        say "vouchd: $vouchd_folder is no folder"
        return 1
    fi
    mailbox_approval >/run/approval
    if [ -s /run/approval ]; then
        keep_file /run/approval "$vouchd_folder/approval" ||
            say "the approval cannot be kept"
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

# SPDX-License-Identifier: MIT
# The mailbox: a small raw disk through which whoever started the machine asks
# for something and gets the answer.  It is neither measured nor trusted: what
# it can ask for is a nonce to quote over, and checks and guests that this image
# holds by name, and all are taken only if every character is one that they can have.
#
#   0      request, at most 4096 bytes of text: "vouch-mailbox 1", then lines
#          "nonce=HEX", "checks=NAME NAME" and "guests=DIGIT"; NUL to the end
#   4096   reply's header, 512 bytes of text: "vouch-reply 1", "size=N",
#          "sha256=HEX"; written last
#   8192   reply, a tar archive

mailbox=
mailbox_find()
{
    tries=50
    while [ "$tries" -gt 0 ]; do
        for disk in /dev/vd? /dev/sd? /dev/nvme?n1; do
            [ -b "$disk" ] || continue
            case $(head -c 15 "$disk" 2>/dev/null | tr -d '\0') in
            "vouch-mailbox 1")
                mailbox=$disk
                return 0
                ;;
            esac
        done
        usleep 100000
        tries=$((tries - 1))
    done
    return 1
}

mailbox_field()
{
    head -c 4096 "$mailbox" | tr -d '\0' | sed -n "s/^$1=//p" | head -n 1
}

mailbox_nonce()
{
    mailbox_field nonce | tr -cd '0-9a-f' | head -c 128
}

mailbox_checks()
{
    mailbox_field checks | tr -cd 'a-z0-9 -' | head -c 1024
}

# How many guests to start.
mailbox_guests()
{
    mailbox_field guests | tr -cd '0-9' | head -c 1
}

# Sends the folder's files.
mailbox_reply()
{
    tar -c -f /tmp/reply.tar -C "$1" .
    dd if=/tmp/reply.tar of="$mailbox" bs=4096 seek=2 conv=fsync,notrunc \
        2>/dev/null || return 1
    printf 'vouch-reply 1\nsize=%s\nsha256=%s\n' \
        "$(stat -c %s /tmp/reply.tar)" \
        "$(sha256sum </tmp/reply.tar | cut -d ' ' -f 1)" >/tmp/header
    dd if=/tmp/header of="$mailbox" bs=512 seek=8 conv=sync,fsync,notrunc \
        2>/dev/null
}

# SPDX-License-Identifier: MIT
# The mailbox: a small raw disk through which whoever started the machine asks
# for something and gets the answer.  It is neither measured nor trusted: what
# it can ask for is a nonce to quote over, and checks and guests that this image
# holds by name, and all are taken only if every character is one that they can have.
# An attested guest has one of its own, and so has this file.
#
#   0      request, at most 4096 bytes of text: "vouch-mailbox 1", then lines
#          "nonce=HEX", "checks=NAME NAME", "guests=DIGIT", "tenants=DIGIT" and
#          "approval=HEX"; NUL to the end
#   4096   reply's header, 512 bytes of text: "vouch-reply 1", "size=N",
#          "sha256=HEX"; written last
#   8192   reply, a tar archive
#   2 MiB  a secret's header, as a reply's, but "vouch-secret 1"; 4096 bytes on,
#          what `vouch release` made; or "vouch-refusal 1": there will be none

mailbox=

# With dom0/lib/disks.sh.
mailbox_find()
{
    tries=50
    while [ "$tries" -gt 0 ]; do
        for disk in /dev/vd? /dev/sd? /dev/nvme?n1; do
            [ -b "$disk" ] || continue
            disk_is_tenants "${disk#/dev/}" && continue
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

mailbox_tenants()
{
    mailbox_field tenants | tr -cd '0-9' | head -c 1
}

# The operator's approval of this machine's state, as bytes; the TPM judges it.
mailbox_approval()
{
    [ -n "$mailbox" ] || return 0
    mailbox_field approval | tr -cd '0-9a-f' | head -c 2048 | xxd -r -p
}

# Reads what another machine writes: past the page cache.
mailbox_read()
{
    dd if="$mailbox" bs=4096 skip="$1" count="$2" iflag=direct 2>/dev/null
}

# mailbox_take_secret FILE HEADER: false if it is not whole yet.
mailbox_take_secret()
{
    local size
    size=$(echo "$2" | sed -n 's/^size=\([0-9]\{1,6\}\)$/\1/p')
    mailbox_read 513 $((size / 4096 + 1)) | head -c "$size" >"$1"
    [ "$(sha256sum <"$1" | cut -d ' ' -f 1)" = \
        "$(echo "$2" | sed -n 's/^sha256=//p')" ]
}

# mailbox_wait_for_secret FILE SECONDS: what was left there, whole; false if
# nothing comes, at once if that is said.
mailbox_wait_for_secret()
{
    local tries=$2 header
    while [ "$tries" -gt 0 ]; do
        header=$(mailbox_read 512 1 | head -c 512 | tr -d '\0')
        case $header in
        "vouch-refusal 1"*) return 1 ;;
        "vouch-secret 1"*) mailbox_take_secret "$1" "$header" && return 0 ;;
        esac
        sleep 1
        tries=$((tries - 1))
    done
    return 1
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

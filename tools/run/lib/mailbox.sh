# SPDX-License-Identifier: MIT
# This side of the mailbox disk; dom0/lib/mailbox.sh is the other and has the
# layout. What comes back is untrusted: sizes are checked before use, and the
# archive is unpacked without names that leave the folder.

mailbox_max=$((4 * 1024 * 1024))

# mailbox_new FILE NONCE [LINE...]
mailbox_new()
{
    local file=$1 nonce=$2
    shift 2
    rm -f "$file"
    printf '%s\n' 'vouch-mailbox 1' "nonce=$nonce" "$@" >"$file"
    truncate -s "$mailbox_max" "$file"
}

# mailbox_put FILE BLOCK, of 512 bytes; the rest of its last block is zeros. What
# comes through a pipe may come in pieces: a block is filled before it is put.
mailbox_put()
{
    dd of="$1" bs=512 seek="$2" iflag=fullblock conv=notrunc,sync status=none
}

# mailbox_answer FILE SECRET: leaves what the guest waits for, and takes its
# first reply away, so that the next one is the next.
mailbox_answer()
{
    head -c 512 /dev/zero | mailbox_put "$1" 8
    mailbox_put "$1" 4104 <"$2"
    printf 'vouch-secret 1\nsize=%s\nsha256=%s\n' "$(stat -c %s "$2")" \
        "$(sha256sum <"$2" | cut -d ' ' -f 1)" | mailbox_put "$1" 4096
}

# mailbox_refuse FILE: the guest need not wait for a secret.
mailbox_refuse()
{
    printf 'vouch-refusal 1\n' | mailbox_put "$1" 4096
}

# mailbox_open FILE DIR: unpacks the reply; fails if there is none, or if it
# is not whole.
mailbox_open()
{
    local file=$1 dir=$2 header size sha256
    header=$(dd if="$file" bs=512 skip=8 count=1 2>/dev/null | tr -d '\0')
    [ "${header%%$'\n'*}" = "vouch-reply 1" ] || return 1
    size=$(sed -n 's/^size=\([0-9]\{1,8\}\)$/\1/p' <<<"$header")
    sha256=$(sed -n 's/^sha256=\([0-9a-f]\{64\}\)$/\1/p' <<<"$header")
    [ -n "$size" ] && [ -n "$sha256" ] || return 1
    [ "$size" -le $((mailbox_max - 8192)) ] || return 1
    rm -rf "$dir"
    mkdir -p "$dir"
    tail -c +8193 "$file" | head -c "$size" >"$dir/reply.tar"
    echo "$sha256  $dir/reply.tar" | sha256sum --check --status || return 1
    tar -x -f "$dir/reply.tar" -C "$dir" --no-same-owner --no-same-permissions
}

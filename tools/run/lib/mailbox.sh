# SPDX-License-Identifier: MIT
# This side of the mailbox disk; dom0/lib/mailbox.sh is the other and has the
# layout. What comes back is untrusted: sizes are checked before use, and of the
# archive only plain files are kept, under names that do not leave the folder.

mailbox_max=$((4 * 1024 * 1024))
mailbox_files_max=1024

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

# What is no file or folder is taken away again: a link leads elsewhere, and whoever
# reads a FIFO waits. A hard link's other name is in the folder: it is a file.
mailbox_keep_files()
{
    find "$1" -mindepth 1 ! -type f ! -type d -delete
}

# mailbox_unpack TAR DIR: it is an archive as it is, whatever it looks like: from a
# pipe tar does not guess how to decompress. Nothing is larger than the archive
# then, but a file with holes, which a limit is for; and names are counted.
mailbox_unpack()
(
    names=$(tar -t -f - <"$1" | head -n $((mailbox_files_max + 1)) | wc -l)
    [ "$names" -le "$mailbox_files_max" ] || exit 1
    ulimit -f $((mailbox_max / 1024))
    tar -x -f - -C "$2" --no-same-owner --no-same-permissions <"$1" || exit 1
    mailbox_keep_files "$2"
)

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
    mailbox_unpack "$dir/reply.tar" "$dir"
}

# SPDX-License-Identifier: MIT
# Bytes between guests and dom0, with checksums at both ends.

# The two ends of a transfer hash what went through them.
sent=/tmp/sent
sum()
{
    sha256sum "$1" | cut -d ' ' -f 1
}

to_guest()
{
    head -c 8388608 /guests/boot/initramfs.cpio >$sent
    in_guest "$1" 'nc -l -p 5001 >/tmp/got & true' >/dev/null
    sleep 1
    nc -w 5 "$2" 5001 <$sent
    sleep 2
    same "$(sum $sent)" "$(in_guest "$1" 'sha256sum </tmp/got' | cut -c 1-64)"
}

from_guest()
{
    nc -l -p 5002 >/tmp/got &
    in_guest "$1" 'yes $RANDOM | head -c 8388608 >/tmp/out' >/dev/null
    in_guest "$1" "nc -w 5 $2 5002 </tmp/out" >/dev/null
    sleep 2
    same "$(sum /tmp/got)" "$(in_guest "$1" 'sha256sum </tmp/out' | cut -c 1-64)"
}

between()
{
    in_guest "$2" 'nc -l -p 5003 >/tmp/got & true' >/dev/null
    in_guest "$1" 'yes $RANDOM | head -c 8388608 >/tmp/out' >/dev/null
    in_guest "$1" "nc -w 5 $3 5003 </tmp/out" >/dev/null
    sleep 2
    same "$(in_guest "$2" 'sha256sum </tmp/got' | cut -c 1-64)" \
        "$(in_guest "$1" 'sha256sum </tmp/out' | cut -c 1-64)"
}

# Frames from one guest's interface to another's are dropped.
nft_apart()
{
    nft add table bridge apart
    nft add chain bridge apart forward \
        '{ type filter hook forward priority 0; }'
    nft add rule bridge apart forward iifname 'vif*' oifname 'vif*' drop
}

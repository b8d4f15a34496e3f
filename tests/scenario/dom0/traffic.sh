# SPDX-License-Identifier: MIT
# Bytes between guests and dom0, with checksums at both ends.

# The two ends of a transfer hash what went through them; who receives ends
# when who sends has.
sent=/tmp/sent

sum()
{
    sha256sum <"$1" | cut -c 1-64
}

# What is typed stays on one line of the console.
sum_in_guest()
{
    in_guest "$1" wait >/dev/null
    in_guest "$1" "sha256sum <$2" | cut -c 1-64
}

# in_guest_listens NAME PORT: what comes there is in /tmp/got.
in_guest_listens()
{
    in_guest "$1" "nc -l -p $2 >/tmp/got & \
        until grep -q :$(printf %04X "$2") /proc/net/tcp*; do usleep 100000; done" \
        >/dev/null
}

to_guest()
{
    head -c 8388608 /guests/boot/initramfs.cpio >$sent
    in_guest_listens "$1" 5001
    nc -w 5 "$2" 5001 <$sent
    same "$(sum $sent)" "$(sum_in_guest "$1" /tmp/got)"
}

from_guest()
{
    nc -l -p 5002 >/tmp/got &
    in_guest "$1" 'head -c 8388608 /dev/urandom >/tmp/out' >/dev/null
    in_guest "$1" "nc -w 5 $2 5002 </tmp/out" >/dev/null
    wait $!
    same "$(sum /tmp/got)" "$(sum_in_guest "$1" /tmp/out)"
}

between()
{
    in_guest_listens "$2" 5003
    in_guest "$1" 'head -c 8388608 /dev/urandom >/tmp/out' >/dev/null
    in_guest "$1" "nc -w 5 $3 5003 </tmp/out" >/dev/null
    same "$(sum_in_guest "$2" /tmp/got)" "$(sum_in_guest "$1" /tmp/out)"
}

# Frames from one guest's interface to another's are dropped.
nft_apart()
{
    nft add table bridge apart
    nft add chain bridge apart forward \
        '{ type filter hook forward priority 0; }'
    nft add rule bridge apart forward iifname 'vif*' oifname 'vif*' drop
}

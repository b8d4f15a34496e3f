# SPDX-License-Identifier: MIT
# tests/scenario/front.t in dom0: a guest that attests nothing by itself, with a
# TPM, and the machine's second disk, which has the driver.

front_up()
{
    vouch bundle make --kernel /guests/boot/vmlinux-cloud-amd64 \
        --initrd /guests/boot/tpm.cpio --cmdline 'console=hvc0 quiet panic=5' \
        -o /guests/front.bundle || return 1
    sed -e 's/tenant1/front/g' -e 's|boot/front.bundle|front.bundle|' \
        -e 's|^disk.*|disk = ["phy:/dev/vdb,xvda,r"]|' \
        /etc/xen/tenant1.cfg >front.cfg
    : >"$(log_of front)"
    vouch create front.cfg && console_has front '^guest: Linux .* is up' 150 &&
        quiet_guest
}

# g COMMAND: in it. The first line that comes back would be the command itself, but
# its terminal does not echo.
g()
{
    in_guest front "echo; $1"
}

quiet_guest()
{
    in_guest front 'stty -echo; PS1='
}

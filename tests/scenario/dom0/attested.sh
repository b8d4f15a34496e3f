# SPDX-License-Identifier: MIT
# Guests with TPMs, and what root in dom0 does to them. The tenant's mailbox is
# a partition of the guests' disk.

box=/dev/disk/guest1
tpm_log=/run/log/xen/console/guest-tenant1-tpm.log
states=/guests/vouch

# A new nonce is asked for, so that the guest makes evidence and then waits.
ask()
{
    ln -sf $box /dev/disk/tenant1
    head -c 3145728 /dev/zero | dd of=$box conv=fsync,notrunc 2>/dev/null
    printf 'vouch-mailbox 1\nnonce=%s\n' \
        "$(head -c 32 /dev/urandom | sha256sum | cut -d ' ' -f 1)" |
        dd of=$box conv=sync,fsync,notrunc 2>/dev/null
    : >"$(log_of tenant1)"
    : >$tpm_log
}

# The pair is up and its evidence is there.
tenant_up()
{
    ask
    vouch create /etc/xen/tenant1.cfg || {
        cat /run/log/xen/vouch-tenant1.log $tpm_log
        return 1
    }
    console_has tenant1 '^guest: evidence of [0-9]* bytes sent' 150
}

tenant_down()
{
    gone tenant1 || xl destroy tenant1
    wait_for 60 alone
}

tenant_state()
{
    xenstore-read "$(xenstore-read "/local/domain/$(domid tenant1)/vm")/uuid"
}

# The pair does not come up, and its TPM says why.
tenant_refused()
{
    ask
    vouch create /etc/xen/tenant1.cfg 2>/dev/null && return 1
    grep -a "$1" $tpm_log
}

second_tpm()
{
    xl create -q /dev/null 'name="second"' 'type="pv"' 'memory=8' \
        'kernel="/usr/lib/vouch/launcher"' \
        'ramdisk="/usr/lib/vouch/vtpm.bundle"' \
        'seclabel="tenant01_u:guest_r:vtpm_t"'
}

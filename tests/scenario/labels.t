#!/bin/bash
# SPDX-License-Identifier: MIT
# Tenants, with real xl and Debian's kernels: labels that are there and not
# there, a mode and a policy that do not change, and guests of two tenants that
# the store introduces to each other: the policy refuses what the store says,
# and lets guests of one tenant have it.
set -u
. tests/scenario/lib/tap.sh
. tests/scenario/lib/dom0.sh

refusals() { # COUNT of records that name an event channel from guest to guest
    dom0_run "xl dmesg | grep -c 'denied  { bind } .*tclass=event'" |
        tail -n 1 | grep -qx "$1"
}

one=tenant01_u:guest_r:guest_t
two=tenant02_u:guest_r:guest_t

dom0_start labels
tap "dom0 gives a shell" dom0_run true || tap_end
dom0_run '. /guests/files/labels.sh' >/dev/null

tap "getenforce" sh -c 'echo "$1" | grep -qx Enforcing' - \
    "$(dom0_run 'xl getenforce')"
fails "setenforce" 'error occurred while setting enforcing mode' \
    'xl setenforce 0'
fails "loadpolicy" 'Unable to load new Flask policy: Operation not permitted' \
    'echo x >p; xl loadpolicy p'
prints "flask-get-bool" '^guest_console: 0$' 'flask-get-bool -a'
prints "list -Z" '^Domain-0 .* system_u:system_r:dom0_t$' 'xl list -Z'

cfg=/etc/xen/guest1.cfg
fails "a label that does not exist" \
    'Invalid init_seclabel: nobody_u:guest_r:guest_t' \
    "xl create $cfg 'seclabel=\"nobody_u:guest_r:guest_t\"'"
fails "a guest that would pass for the machine" \
    'domain creation fail: Operation not permitted' \
    "xl create $cfg 'seclabel=\"system_u:object_r:guest_t\"'"
fails "a second dom0" 'domain creation fail: Operation not permitted' \
    "xl create $cfg 'seclabel=\"system_u:system_r:dom0_t\"'"
changing="'init_seclabel=\"$one\"' 'seclabel=\"$two\"'"
fails "a label that would change" 'Destruction of domain' \
    "xl create $cfg $changing 'vif=[]' 'disk=[]'"
prints "the log says why" \
    'denied  \{ create \} for current=d0 .*dom0_t tclass=domain' 'xl dmesg'
prints "nothing is left of them" '^1$' "xl list | grep -vc '^Name'"

prints "a guest of one tenant" '^Parsing config' "labelled guest1 $one" ||
    tap_end
prints "a guest of another" '^Parsing config' "labelled guest2 $two" ||
    tap_end
prints "list -Z: one" '^guest1 .* tenant01_u:guest_r:guest_t$' 'xl list -Z'
prints "list -Z: the other" '^guest2 .* tenant02_u:guest_r:guest_t$' \
    'xl list -Z'
tap "starting them was refused nothing" refusals 0

dom0_run 'a=$(xl domid guest1); b=$(xl domid guest2); forge $b $a' >/dev/null
becomes "the store introduces them: refused, and said by whom and to whom" \
    'denied  \{ bind \} .*tcontext=tenant01_u:guest_r:guest_t tclass=event' \
    'xl dmesg'
becomes "the front end gives up" '^[56]$' 'front_state $b'
becomes "its kernel found nobody there" 'vbd-51760: 3 allocating event channel' \
    'tail -n 5 /run/log/xen/console/guest-guest2.log'
prints "both live" '^2$' "xl list | grep -c '^guest[12] .* [r-][b-]----'"

prints "a guest of the same tenant" '^Parsing config' "labelled guest3 $one" ||
    tap_end
dom0_run 'xl dmesg -c >/dev/null; c=$(xl domid guest3); forge $c $a' \
    >/dev/null
becomes "introduced to it, its front end waits for an answer" '^3$' \
    'front_state $c'
tap "and nothing is refused" refusals 0
tap_end

# SPDX-License-Identifier: MIT
# Labelled guests, and a store that lies: it tells a guest that another guest
# serves a disk of its.

# labelled NAME LABEL: started, without devices, and its user space is there.
labelled()
{
    local log=/run/log/xen/console/guest-$1.log tries=240
    : >"$log"
    xl create /etc/xen/guest1.cfg "name=\"$1\"" "seclabel=\"$2\"" \
        "memory=96" "vif=[]" "disk=[]" || return 1
    while ! grep -aq '^guest: Linux .* is up' "$log"; do
        tries=$((tries - 1))
        [ $tries -gt 0 ] || return 1
        usleep 500000
    done
}

front()
{
    echo "/local/domain/$1/device/vbd/51760"
}

# forge FRONT BACK: their domids. The front end finds a back end that waits for
# it, grants it memory and opens an event channel for it, if it may.
forge()
{
    local front back=/local/domain/$2/backend/vbd/$1/51760
    front=$(front "$1")
    xenstore-write "$back/frontend" "$front" "$back/frontend-id" "$1" \
        "$back/online" 1 "$back/state" 2
    xenstore-chmod -r "$back" "n$2" "r$1"
    xenstore-write "$front/backend" "$back" "$front/backend-id" "$2" \
        "$front/virtual-device" 51760 "$front/device-type" disk
    xenstore-chmod -r "$front" "n$1" "r$2"
    xenstore-write "$front/state" 1 # from here on the guest looks at it
}

# Its state: 1 waiting, 3 connected as far as it can be, 5 and 6 given up.
front_state()
{
    xenstore-read "$(front "$1")/state"
}

# SPDX-License-Identifier: MIT
# Scenarios boot what `make run` boots, by the same script and with the same
# variables; each has its folder under build/scenario.

: "${BUILD:=build}"

# scenario_run NAME [VARIABLE=VALUE...]: sets $dir and $status.
scenario_run()
{
    dir=$BUILD/scenario/$1
    shift
    mkdir -p "$dir"
    status=0
    # Without a tenant's guest, but where one is asked for.
    env TENANT= RUN="$dir/run" TIMEOUT="${SCENARIO_TIMEOUT:-600}" "$@" \
        tools/run/run.sh >"$dir.out" 2>&1 </dev/null || status=$?
    if [ -f "$dir/run/serial.log" ]; then
        sed -e 's/\x1b\[[0-9;?=]*[A-Za-z]//g' "$dir/run/serial.log" |
            tr -d '\r\0' >"$dir.serial"
    else
        : >"$dir.serial"
    fi
}

# scenario_check NAME: what dom0 says of a check that it was asked for.
scenario_check()
{
    local said
    said=$(cat "$dir/run/reply/check-$1.status" 2>/dev/null)
    [ "$said" = ok ] || {
        echo "dom0 says: ${said:-nothing}"
        cat "$dir/run/reply/check-$1.log" 2>/dev/null
        return 1
    }
}

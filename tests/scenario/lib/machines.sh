# SPDX-License-Identifier: MIT
# A table of machines. Each boots to dom0's user space, dom0 finds nothing to
# blame, and the verdict is the expected one. One row per machine:
#   NAME | variables | dom0's checks | exit status of the verdict
# MACHINES="NAME..." takes only those rows.

# machines_run TABLE
machines_run()
{
    local name variables checks expected words wanted check
    while IFS='|' read -r name variables checks expected; do
        name=${name// /}
        [ -n "$name" ] || continue
        [[ " ${MACHINES:-$name} " == *" $name "* ]] || continue
        read -r -a words <<<"$variables"
        read -r -a wanted <<<"$checks"
        scenario_run "$name" "${words[@]}" CHECKS="${wanted[*]}"
        tap_is "$name: exit status" "$status" "${expected// /}"
        tap_has "$name: dom0 ends by itself" "$dir.serial" \
            '^dom0: powering off'
        for check in "${wanted[@]}"; do
            tap "$name: dom0's check $check" scenario_check "$check"
        done
    done <<<"$1"
}

#!/bin/bash
# SPDX-License-Identifier: MIT
# Each fuzz target for FUZZ_SHORT seconds, from the seeds in tests/fuzz/corpus
# and from what earlier runs found. A crash is a failed test, and leaves its
# input under build/fuzz/found. FUZZ_SEED 0 is another walk each time; any other
# is the same one.
set -u

read -r -a targets <<<"$FUZZ_TARGETS"
echo "1..${#targets[@]}"
number=0
failed=0
for target in "${targets[@]}"; do
    number=$((number + 1))
    name=${target##*/}
    corpus=$BUILD/fuzz/corpus/$name
    found=$BUILD/fuzz/found/$name
    mkdir -p "$corpus" "$found"
    seeds=()
    [ -d "tests/fuzz/corpus/$name" ] && seeds=("tests/fuzz/corpus/$name")
    if timeout -k 10 $((FUZZ_SHORT * 3 + 60)) "$target" \
        -max_total_time="$FUZZ_SHORT" -seed="$FUZZ_SEED" -artifact_prefix="$found/" \
        -print_final_stats=1 "$corpus" "${seeds[@]}" \
        >"$found/log" 2>&1; then
        runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$found/log")
        echo "ok $number - $name, $runs inputs"
    else
        echo "not ok $number - $name"
        tail -n 30 "$found/log" | sed 's/^/# /'
        failed=1
    fi
done
exit $failed

#!/bin/bash
# SPDX-License-Identifier: MIT
# A tenant's guest end to end, as `make run` has it: its evidence is verified,
# and what is released to it arrives.
set -u
. tests/scenario/lib/tap.sh
. tests/scenario/lib/run.sh

scenario_run tenant TENANT=1
tap_is "the exit status" "$status" 0
tap_has "the guest has what was released to it" "$dir.out" \
    'tenant1: it has the secret'
tap_has "the verdict" "$dir.out" '^TRUSTED'
tap_has "the guest's kernel is in it" "$dir.out" '^guest kernel .* ok$'
tap_end

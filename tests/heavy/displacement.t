#!/bin/bash
# The lattice's displacement limits on invented countries of 500,000 and of 5
# million dwellings, seeds 1 and 2. The program and its limits are those of
# tests/unit/grannkarta/synth_displacement.c.
set -u
cd "$(dirname "$0")/../.."
export CK_FORK=no ASAN_OPTIONS=detect_leaks=1
make --no-print-directory -s BUILD=asan build/asan/tests/grannkarta/synth_displacement || exit 1
echo 1..2
number=0
for dwellings in 500000 5000000; do
    number=$((number + 1))
    if output=$(GK_SYNTH_DWELLINGS=$dwellings build/asan/tests/grannkarta/synth_displacement); then
        echo "ok $number - $dwellings dwellings"
    else
        echo "not ok $number - $dwellings dwellings"
    fi
    grep "^# $dwellings\|^not ok\|^# country" <<<"$output" | tail -7 | sed 's/^not/# not/'
done

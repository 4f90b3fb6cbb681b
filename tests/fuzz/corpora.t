#!/bin/sh
# Every fuzz target over its seed corpus: what was found once stays fixed.
cd "$(dirname "$0")/../.." || exit 1
n=0 failed=0
for source in tests/fuzz/*_*.c; do
    name=$(basename "$source" .c)
    n=$((n + 1))
    if [ -x "build/${BUILD:-asan}/fuzz/$name" ] &&
        out=$("build/${BUILD:-asan}/fuzz/$name" "tests/fuzz/corpus/$name" 2>&1); then
        echo "ok $n - $name$(echo "$out" | sed -n 's/.*\( over [0-9]* inputs\)$/\1/p')"
    else
        echo "not ok $n - $name"
        echo "$out" | sed 's/^/# /' | head -40
        failed=1
    fi
done
echo "1..$n"
exit $failed

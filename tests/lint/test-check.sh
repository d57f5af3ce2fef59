#!/usr/bin/env bash
# The counting of ./check: its last line is what continuous integration reads, so it must not be kinder than the tests.
set -u
root=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d "${TMPDIR:-/tmp}/fassembler-check.XXXXXX")
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/tools" "$work/tests"
cp "$root/tools/count-tests" "$work/tools"
printf '# why\nmay-be-skipped  where it lies\n' > "$work/tests/skips"
tests=0
failures=0

# entry NAME RESULT STDOUT: one line of Meson's log.
entry() {
    jq -cn --arg name "project:suite / $1" --arg result "$2" --arg stdout "$(printf '%b' "$3")" \
        '{name: $name, result: $result, stdout: $stdout}'
}

# counts NAME STATUS LAST-LINE: stdin is a log.
counts() {
    local name=$1 status last
    cat > "$work/log.json"
    tests=$((tests + 1))
    "$work/tools/count-tests" "$work/log.json" > "$work/out"
    status=$?
    last=$(tail -n 1 "$work/out")
    if [ "$status:$last" = "$2:$3" ]; then
        echo "ok $tests - $name"
    else
        failures=$((failures + 1))
        echo "not ok $tests - $name"
        echo "# status $status, $last"
    fi
}

counts 'each-line-of-tap-is-a-test' 0 '2 passed, 0 failed, 0 skipped' < <(entry a OK '1..2\nok 1 /a/one\nok 2 - two # with a sharp\n')
counts 'a-test-without-tap-is-one' 0 '1 passed, 0 failed, 0 skipped' < <(entry a OK '')
counts 'a-line-that-is-not-ok-fails' 1 '1 passed, 1 failed, 0 skipped' < <(entry a FAIL 'ok 1 one\nnot ok 2 two\n')
counts 'a-crash-after-good-lines-fails' 1 '1 passed, 1 failed, 0 skipped' < <(entry a ERROR 'ok 1 one\nBail out! crashed\n')
counts 'a-timeout-fails' 1 '0 passed, 1 failed, 0 skipped' < <(entry a TIMEOUT '')
counts 'a-named-skip-is-a-skip' 0 '0 passed, 0 failed, 1 skipped' < <(entry a OK 'ok 1 - may-be-skipped # SKIP not here\n')
counts 'any-other-skip-fails' 1 '0 passed, 1 failed, 0 skipped' < <(entry a OK 'ok 1 - other # SKIP not here\n')
counts 'a-whole-test-that-skips-fails' 1 '0 passed, 1 failed, 0 skipped' < <(entry other SKIP '')
counts 'no-test-at-all-fails' 1 '0 passed, 1 failed, 0 skipped' < /dev/null

tests=$((tests + 1))
if (cd / && "$root/check" --nonsense) > /dev/null 2>&1; then
    failures=$((failures + 1))
    printf 'not '
fi
echo "ok $tests - a-mistyped-option-is-refused"
echo "1..$tests"
[ "$failures" -eq 0 ]

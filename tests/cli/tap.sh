# shellcheck shell=bash
# What the tests of the command line share: source it, `run` the program, `check` a sentence, `finish`.
#
#   run build dev.openplans          the program with these words, no stdin: sets status, out and err
#   check 'a-build-is-told' is "$out" 'done'
#
# Each file gets a folder of its own to work in, $work, which is removed at the end. FASSEMBLER is the program.
set -u
FASSEMBLER=${FASSEMBLER:?the program to test}
unset FASSEMBLER_HOME NO_COLOR
export LC_ALL=C.UTF-8
# shellcheck disable=SC2034 # for who sources this
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
work=$(mktemp -d "${TMPDIR:-/tmp}/fassembler-test.XXXXXX")
trap 'chmod -R u+w "$work" 2> /dev/null; rm -rf "$work"' EXIT
cd "$work" || exit 1
tests=0
failures=0
status=0 out='' err=''

run() {
    "$FASSEMBLER" "$@" > "$work/.out" 2> "$work/.err" < /dev/null
    status=$?
    out=$(cat "$work/.out")
    err=$(cat "$work/.err")
}

# check NAME COMMAND...: one test, passed when the command succeeds.
check() {
    local name=$1
    shift
    tests=$((tests + 1))
    if "$@"; then
        echo "ok $tests - $name"
        return
    fi
    failures=$((failures + 1))
    echo "not ok $tests - $name"
    printf '# failed: %q\n' "$*"
    printf '# status %s\n# out: %s\n# err: %s\n' "$status" "${out//$'\n'/$'\n'# }" "${err//$'\n'/$'\n'# }"
}

is() { [ "$1" = "$2" ]; }
has() { [[ $1 == *"$2"* ]]; }
lacks() { [[ $1 != *"$2"* ]]; }
# exits STATUS WORDS...: runs the program too.
exits() {
    local expected=$1
    shift
    run "$@"
    [ "$status" -eq "$expected" ]
}

# skip NAME WHY: only names in tests/skips may be skipped.
skip() {
    tests=$((tests + 1))
    echo "ok $tests - $1 # SKIP $2"
}

finish() {
    echo "1..$tests"
    [ "$failures" -eq 0 ]
    exit
}

# shellcheck shell=bash
# What the torture tests share: a command is run once for each of its calls that change the disk, and that call fails
# or the command is killed there. FAULT is the library that does it.
#
#   torture NAME PREPARE COMMAND VERIFY
#
# PREPARE makes a fresh state, COMMAND is tortured, VERIFY tells whether all is well afterwards; it is called with
# `killed`, `failed` or `done`. All three are functions of the script; COMMAND must `exec` the program.
set -u
FAULT=${FAULT:?the library that makes calls fail}
work=$(mktemp -d "${TMPDIR:-/tmp}/fassembler-torture.XXXXXX")
trap 'chmod -R u+w "$work" 2> /dev/null; rm -rf "$work"' EXIT
cd "$work" || exit 1
tests=0
failures=0

# strike COMMAND AT ERRNO: sets how, to killed, failed or done.
strike() {
    local status
    # The shell itself would tell of every kill.
    {
        (LD_PRELOAD=$FAULT FAULT_AT=$2 FAULT_ERRNO=$3 FAULT_COUNT=$work/.count "$1" > "$work/.out" 2>&1)
        status=$?
    } 2> /dev/null
    case $status in
    0) how='done' ;;
    137) how=killed ;;
    *) how=failed ;;
    esac
}

# torture_with ERRNO NAME PREPARE COMMAND VERIFY
torture_with() {
    local errno=$1 name=$2 prepare=$3 command=$4 verify=$5 calls at
    tests=$((tests + 1))
    "$prepare"
    strike "$command" 0 0
    calls=$(cat "$work/.count" 2> /dev/null || echo 0)
    if [ "$how" != 'done' ] || [ "$calls" -eq 0 ] || ! "$verify" "$how"; then
        failures=$((failures + 1))
        echo "not ok $tests - $name"
        echo "# not even undisturbed: $how, $calls calls"
        sed 's/^/# /' "$work/.out"
        return
    fi
    for ((at = 1; at <= calls; at++)); do
        "$prepare"
        strike "$command" "$at" "$errno"
        if ! "$verify" "$how"; then
            failures=$((failures + 1))
            echo "not ok $tests - $name"
            echo "# $how at call $at of $calls"
            sed 's/^/# /' "$work/.out"
            return
        fi
    done
    echo "ok $tests - $name"
}

torture() {
    local name=$1
    shift
    torture_with 28 "$name-on-a-full-disk" "$@"
    torture_with 5 "$name-on-a-broken-disk" "$@"
    torture_with 0 "$name-when-killed" "$@"
}

finish() {
    echo "1..$tests"
    [ "$failures" -eq 0 ]
    exit
}

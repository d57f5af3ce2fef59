#!/usr/bin/env bash
# The ledger when the disk fails, or the program is killed, at any call of an append. LEDGER is the program.
[ ! -w /dev/shm ] || TMPDIR=/dev/shm
. "$(dirname "$0")/tap.sh"
LEDGER=${LEDGER:?the program that calls ledger/}

nothing() { rm -rf "${work:?}"/ledger.db*; }
append() { exec "$LEDGER" append 100; }
events() { "$LEDGER" verify 2>> "$work/.out"; }

# whole HOW BEFORE: what was acknowledged is there, and of anything else all or nothing; then the next append works.
whole() {
    local how=$1 before=$2 there=0
    if [ -e ledger.db ]; then
        there=$(events) || return 1
    fi
    [ "$there" -eq "$before" ] && [ "$how" != 'done' ] || [ "$there" -eq $((before + 100)) ] || return 1
    "$LEDGER" append 1 2>> "$work/.out" && [ "$(events)" -eq $((there + 1)) ] && [ ! -e ledger.db.new ]
}
first_is_whole() { whole "$1" 0; }
torture 'a-ledger-is-made-whole-or-not' nothing append first_is_whole

some() {
    nothing
    "$LEDGER" append 50
}
next_is_whole() { whole "$1" 50; }
torture 'an-append-is-whole-or-not-there' some append next_is_whole

# Nobody takes a ledger that cannot be read for none.
read_it() { exec "$LEDGER" verify; }
is_told() { [ "$1" = 'done' ] || ! grep -i 'no such file\|no ledger' "$work/.out"; }
torture 'a-ledger-is-read-or-said-to-be-there' some read_it is_told

# Its log was left behind by one that was killed, so that it is read before the append and written back after it.
left_behind() {
    some
    # The shell itself would tell of every kill.
    { (LD_PRELOAD=$FAULT FAULT_AT=$logged FAULT_ERRNO=0 "$LEDGER" append 70 > /dev/null 2>&1); } 2> /dev/null
    [ "$(events)" = 50 ] || [ "$(events)" = 120 ] || echo "# neither 50 nor 120 events"
}
behind_is_whole() {
    local there
    there=$(events) || return 1
    case $there in
    150 | 220) ;;
    50 | 120) [ "$1" != 'done' ] || return 1 ;;
    *) return 1 ;;
    esac
    "$LEDGER" append 1 && events > /dev/null
}
some
LD_PRELOAD=$FAULT FAULT_COUNT=$work/.count "$LEDGER" append 70 > /dev/null
logged=$(($(cat "$work/.count") - 2))
torture 'a-log-that-was-left-is-used' left_behind append behind_is_whole
finish

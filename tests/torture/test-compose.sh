#!/usr/bin/env bash
# An environment when the disk fails, or the program is killed, at any call that changes something: the old build or the
# new one is there, whole, and another try finishes the job. COMPOSE is the program.
# What is killed here is the program, not the machine: where files are kept makes no difference but in time.
[ ! -w /dev/shm ] || TMPDIR=/dev/shm
. "$(dirname "$0")/tap.sh"
COMPOSE=${COMPOSE:?the program that composes builds}
dev=home/sites/openplans/dev

nothing() { rm -rf "${work:?}/home"; }

# is_whole BUILD VERSION: all that a build of VERSION has.
is_whole() {
    [ "$(cat "$1/etc/front/site.conf")" = "$(printf 'line\nversion %s' "$2")" ] &&
        [ "$(cat "$1/etc/.rendered/front/site.conf")" = "$(printf 'line\nversion %s' "$2")" ] &&
        [ "$(readlink "$1/front")" = "/store/front-$2" ] &&
        grep -q '^\[program:front\]' "$1/etc/supervisord.conf" &&
        grep -q "\"release\": \"$2\"" "$1/build.json" &&
        [ -x "$1/bin/supervisord" ] && [ -x "$1/bin/supervisorctl" ] && [ -x "$1/bin/front" ]
}

# builds_are_whole HOW: every build that has a name is; only a kill leaves one that has none.
builds_are_whole() {
    local build name
    for build in "$dev"/builds/*; do
        name=${build##*/}
        [ -e "$build" ] || continue
        is_whole "$build" "${name%-*}" || return
    done
    [ "$1" = killed ] || [ -z "$(find "$dev/builds" -maxdepth 1 -name '.new-*' 2> /dev/null)" ]
}

# What stands in a secret after the first time is never changed.
secret_is_kept() { [ "$(cat "$dev/var/secrets/db")" = "$secret" ]; }

compose_one() { exec "$COMPOSE" 1.0; }
first_is_made() {
    [ "$1" != 'done' ] || is_whole "$dev/current" 1.0 || return
    [ ! -e "$dev/current" ] || is_whole "$dev/current" 1.0 || return
    [ ! -d "$dev/builds" ] || builds_are_whole "$1" || return
    "$COMPOSE" 1.0 && is_whole "$dev/current" 1.0 &&
        [ "$(stat -c %a "$dev/var/secrets/db")" = 600 ] && [ -s "$dev/var/secrets/db" ] &&
        [ -z "$(find "$dev/builds" -maxdepth 1 -name '.new-*')" ]
}
torture 'a-first-build-is-finished-by-the-next-try' nothing compose_one first_is_made

one() {
    nothing
    "$COMPOSE" 1.0
    secret=$(cat "$dev/var/secrets/db")
}
compose_two() { exec "$COMPOSE" 2.0; }
old_or_new() {
    is_whole "$dev/builds/1.0-1" 1.0 && builds_are_whole "$1" && secret_is_kept || return
    case $1 in
    'done') is_whole "$dev/current" 2.0 ;;
    *) is_whole "$dev/current" 1.0 || is_whole "$dev/current" 2.0 ;;
    esac || return
    "$COMPOSE" 2.0 && is_whole "$dev/current" 2.0 && builds_are_whole 'done' && secret_is_kept
}
torture 'current-is-the-old-build-or-the-new-one' one compose_two old_or_new

two() {
    one
    "$COMPOSE" 2.0
}
drop_one() { exec "$COMPOSE" drop 1.0-1; }
dropped_or_whole() {
    is_whole "$dev/current" 2.0 || return
    [ ! -e "$dev/builds/1.0-1" ] || is_whole "$dev/builds/1.0-1" 1.0 || return
    [ "$1" != 'done' ] || [ ! -e "$dev/builds/1.0-1" ]
}
torture 'a-build-is-dropped-or-whole' two drop_one dropped_or_whole
finish

#!/usr/bin/env bash
# `build` and `up` when the disk fails, or the program is killed, at calls that change something: nothing half built has a
# name, and another try finishes the job. FASSEMBLER is the program. Which calls are struck is drawn: SEED draws the same again,
# STRIKES says how many.
[ ! -w /dev/shm ] || TMPDIR=/dev/shm
here=$(cd "$(dirname "$0")" && pwd)
. "$here/tap.sh"
FASSEMBLER=${FASSEMBLER:?the program}
export FASSEMBLER_LIBEXEC=${FASSEMBLER%/*}
unset FASSEMBLER_HOME
seed=${SEED:-$(date +%s)}
strikes=${STRIKES:-8}
RANDOM=$((seed % 32768))
echo "# SEED=$seed"
ENOSPC=28

"$FASSEMBLER" -q new site > "$work/.new"
sed -i "s/base-port: [0-9]*/base-port: $("$here/../free-ports" 500)/" site/fassembler.yaml
dev=site/home/sites/minimal/dev
end() { "$FASSEMBLER" -q -C "$work/site" down dev.minimal > "$work/.down" 2>&1; }
trap 'end; chmod -R u+w "$work" 2> /dev/null; rm -rf "$work"' EXIT

nothing() {
    end
    [ ! -e site/home ] || chmod -R u+w site/home
    rm -rf site/home
    mkdir site/home
}
build() { exec "$FASSEMBLER" -C site build dev.minimal < /dev/null; }
up() { exec "$FASSEMBLER" -C site up dev.minimal < /dev/null; }

# A name in the store is a whole component, or the mount point of one that is being built.
store_is_whole() {
    local component
    for component in site/home/store/hello-*; do
        if [ ! -d "$component" ] || [ -z "$(ls -A "$component")" ]; then
            continue
        fi
        diff -r site/hello "$component" || return
    done
}
is_built() { store_is_whole && build_again && store_is_whole && [ -n "$(find site/home/store/ -path '*hello-*/bin/serve')" ]; }
build_again() { (build) > "$work/.again" 2>&1 || { cat "$work/.again" >> "$work/.out"; return 1; }; }
is_up() {
    store_is_whole || return
    (up) > "$work/.again" 2>&1 || { cat "$work/.again" >> "$work/.out"; return 1; }
    "$FASSEMBLER" -C site status > "$work/.status" && [ -x "$dev/current/hello/bin/serve" ]
}

# draw ERRNO NAME COMMAND VERIFY: some of its calls, drawn, each with a fresh home.
draw() {
    local errno=$1 name=$2 command=$3 verify=$4 calls at i
    tests=$((tests + 1))
    nothing
    strike "$command" 0 0
    calls=$(cat "$work/.count" 2> /dev/null || echo 0)
    for ((i = 0; i < strikes && calls > 0; i++)); do
        at=$((RANDOM % calls + 1))
        nothing
        strike "$command" "$at" "$errno"
        "$verify" "$how" && continue
        failures=$((failures + 1))
        echo "not ok $tests - $name"
        echo "# $how at call $at of $calls"
        sed 's/^/# /' "$work/.out"
        return
    done
    [ "$calls" -gt 0 ] || failures=$((failures + 1))
    [ "$calls" -gt 0 ] || echo -n 'not '
    echo "ok $tests - $name"
}
draw 0 'a-killed-build-is-finished-by-the-next-try' build is_built
draw "$ENOSPC" 'a-build-on-a-full-disk-is-finished-by-the-next-try' build is_built
draw 0 'a-killed-up-is-finished-by-the-next-try' up is_up
draw "$ENOSPC" 'an-up-on-a-full-disk-is-finished-by-the-next-try' up is_up
echo "1..$tests"
[ "$failures" -eq 0 ]

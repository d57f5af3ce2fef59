#!/usr/bin/env bash
# An environment that keeps what was replaced running for a while: going back to it starts nothing, and in the end it is stopped.
. "$(dirname "$0")/tap.sh"
export FASSEMBLER_LIBEXEC=${FASSEMBLER%/*}

run new site
mkdir site/home
base=$("$here/../free-ports" 500)
sed -i "s/base-port: [0-9]*/base-port: $base/" site/fassembler.yaml
live=site/home/sites/minimal/live

# shellcheck disable=SC2317 # called by trap
clean() {
    "$FASSEMBLER" -C "$work/site" down live.minimal
    chmod -R u+w "$work"
    rm -rf "$work"
}
trap 'clean > /dev/null 2>&1' EXIT

tries=0
keep() { sed -i "s/track: release,.*ports: 0/track: release, keep-old: $1, ports: 0/" site/fassembler.yaml; }
served() { jq -r .release < "$live/current/build.json"; }
page() { curl -s "http://127.0.0.1:$1/"; }
pid_of() { "$live/bin/supervisorctl" pid "$1"; }
programs() { "$FASSEMBLER" -C site status live.minimal --json | jq -r '[.processes[] | "\(.name) \(.state)"] | sort | join(", ")'; }
cut() {
    echo "page of $1" > site/hello/www/index.html
    run -C site release cut "$1"
}

# strike STEP COMMAND...: kills it when that step has begun; fails when it was over before.
strike() { "$here/strike.py" site/home/ledger.db "$1" "$FASSEMBLER" -C site -q "${@:2}"; }

keep 'a while'
check 'a-time-that-is-none-is-told' exits 2 -C site check
keep 1h
cut 0.1
run -C site deploy 0.1 live.minimal --no-watch
cut 0.1.1
first=$(pid_of hello)
"$FASSEMBLER" -C site -q deploy 0.1.1 live.minimal --watch 60s > watched 2>&1 < /dev/null &
pid=$!
until [ "$(served)" = 0.1.1 ]; do kill -0 "$pid" || break; done
run -C site rollback live.minimal
wait "$pid"
check 'the-second-release-ever-is-taken-back' is "$status:$(served):$(pid_of hello)" "0:0.1:$first"
run -C site deploy 0.1.1 live.minimal --no-watch
check 'the-new-one-serves' is "$status:$(served)" 0:0.1.1
check 'the-old-one-runs-on' is "$(programs)" 'hello RUNNING, hello.b RUNNING, old.keep RUNNING'
check 'as-it-ran-before' is "$(pid_of hello):$(page "$base")" "$first:page of 0.1"
second=$(pid_of hello.b)

run -C site rollback live.minimal --no-watch --why 'slow'
check 'what-still-runs-serves-again' is "$status:$(served)" 0:0.1
check 'it-was-not-started-again' is "$(pid_of hello)" "$first"
check 'what-it-replaced-is-stopped' is "$(programs)" 'hello RUNNING'
check 'a-rollback-it-is' is "$("$FASSEMBLER" -C site history live.minimal --json | jq -r '.rows[0] | "\(.kind) \(.release) \(.outcome)"')" 'rollback 0.1 done'

# The slot is free for the next one, whatever was kept there.
run -C site deploy 0.1.1 live.minimal --no-watch
cut 0.1.2
run -C site deploy 0.1.2 live.minimal --no-watch
check 'the-next-deployment-takes-the-slot' is "$status:$(served):$(page "$base")" '0:0.1.2:page of 0.1.2'
check 'and-starts-it-afresh' lacks "$first" "$(pid_of hello)"
check 'another-one-is-kept-then' is "$(page $((base + 50))):$(programs)" 'page of 0.1.1:hello RUNNING, hello.b RUNNING, old.keep RUNNING'
check 'which-is-not-the-one-from-before' lacks "$second" "$(pid_of hello.b)"

# One that died meanwhile is no good, and is started like any other.
kill -KILL "$(pid_of hello.b)"
"$live/bin/supervisorctl" stop hello.b > stopped
run -C site rollback live.minimal --no-watch
check 'what-does-not-run-any-more-is-started' is "$status:$(served):$(page $((base + 50)))" '0:0.1.1:page of 0.1.1'

# A request that is being answered when its release is switched away gets its answer.
b=$((base + 50))
run -C site deploy 0.1.2 live.minimal --no-watch
"$FASSEMBLER" -C site -q deploy 0.1.1 live.minimal --watch 60s > watched 2>&1 < /dev/null &
pid=$!
until [ "$(served)" = 0.1.1 ]; do kill -0 "$pid" || break; done
exec 7<> "/dev/tcp/127.0.0.1/$b"
"$FASSEMBLER" -C site -q rollback live.minimal > back 2>&1 < /dev/null &
back=$!
until [ "$(served)" = 0.1.2 ]; do kill -0 "$back" || break; done
printf 'GET / HTTP/1.0\r\n\r\n' >&7
check 'what-is-taken-back-answers-what-it-was-asked' has "$(cat <&7)" 'page of 0.1.1'
exec 7>&-
wait "$back"
check 'and-is-stopped-then' is "$?:$(programs)" '0:hello RUNNING'
wait "$pid"

# When the time is over.
keep 1s
run -C site deploy 0.1.2 live.minimal --no-watch
until [ "$(programs)" = 'hello.b RUNNING' ]; do [ "$((tries++))" -lt 3000 ] || break; done
check 'when-its-time-is-over-it-is-stopped' is "$(programs):$(ls "$live"/var/beside/*.conf)" "hello.b RUNNING:$live/var/beside/none.conf"
run -C site rollback live.minimal --no-watch
check 'going-back-is-possible-all-the-same' is "$status:$(served):$(page "$base")" '0:0.1.1:page of 0.1.1'

# Killed at any step of going back.
keep 1h
run -C site deploy 0.1.2 live.minimal --no-watch
bad=''
for step in build start check switch drain stop; do
    strike "$step" rollback live.minimal --watch 1s
    run -C site deploy --resume live.minimal --no-watch
    [ "$status" = 0 ] || [ "$status" = 4 ] || bad="$bad $step: not finished: $err."
    [ "$(served):$(programs)" = '0.1.1:hello RUNNING' ] || bad="$bad $step: $(served): $(programs)."
    run -C site deploy 0.1.2 live.minimal --no-watch
    [ "$status:$(served)" = 0:0.1.2 ] || bad="$bad $step: no way forth: $err."
done
check 'a-rollback-killed-at-any-step-is-finished-by-the-next' is "$bad" ''

# Given up before the switch, it leaves what was kept as it was.
bad=''
for step in build backup render migrate-online start check smoke; do
    for _ in 1 2 3 4 5; do
        kept=$(pid_of hello)
        strike "$step" rollback live.minimal --no-watch && [ "$(served)" = 0.1.2 ] && break
        run -C site deploy --resume live.minimal --no-watch
        run -C site deploy 0.1.2 live.minimal --no-watch
    done
    run -C site deploy --undo live.minimal
    [ "$(served):$(programs)" = '0.1.2:hello RUNNING, hello.b RUNNING, old.keep RUNNING' ] || bad="$bad $step: $(served): $(programs)."
    link=$(readlink "$live/slots/a")
    [ "$(pid_of hello):${link%-*}" = "$kept:../builds/0.1.1" ] || bad="$bad $step: $kept is $(pid_of hello), $link."
done
check 'a-rollback-that-is-given-up-leaves-what-is-kept' is "$bad" ''
run -C site rollback live.minimal --no-watch
check 'and-it-is-gone-back-to-all-the-same' is "$status:$(served):$(pid_of hello)" "0:0.1.1:$kept"
check 'the-ledger-is-whole' exits 0 -C site ledger verify
finish

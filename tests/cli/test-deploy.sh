#!/usr/bin/env bash
# Releases of the smallest example: cut, deployed beside what runs, switched, gone back, with what can go wrong on the way.
. "$(dirname "$0")/tap.sh"
export FASSEMBLER_LIBEXEC=${FASSEMBLER%/*}

run new site
mkdir site/home
base=$("$here/../free-ports" 500)
edge=$("$here/../free-ports" 1)
sed -i "s/base-port: [0-9]*/base-port: $base/" site/fassembler.yaml
# shellcheck disable=SC2016 # for the recipe to expand
sed -i 's|^  functional:|  smoke: ["sh $out/tests/smoke ${slot-url}"]\n  functional:|' site/components/hello.yaml
echo "edge: {listen: \"127.0.0.1:$edge\"}" >> site/fassembler.yaml
# shellcheck disable=SC2016
printf 'curl -fsS "$1/" | grep -q works\n' > site/hello/tests/smoke
live=site/home/sites/minimal/live

# shellcheck disable=SC2317 # called by trap
clean() {
    "$FASSEMBLER" -C "$work/site" edge stop
    "$FASSEMBLER" -C "$work/site" down live.minimal
    chmod -R u+w "$work"
    rm -rf "$work"
}
trap 'clean > /dev/null 2>&1' EXIT

page() { curl -s -H "Host: www.minimal.example" "http://127.0.0.1:$edge/$1"; }
served() { jq -r .release < "$live/current/build.json"; }
events() { "$FASSEMBLER" -C site ledger log --kind "$1" --last 1000 --json | jq -r '.events | length'; }

check 'there-is-no-release-yet' exits 0 -C site release list
check 'what-was-not-cut-is-not-found' exits 4 -C site deploy 0.1 live.minimal
check 'nothing-ran-there-yet' exits 0 -C site history live.minimal
check 'a-history-of-nothing-says-so' has "$err" 'nothing ever ran at live.minimal'
check 'nothing-has-it-yet' exits 0 -C site where hello
check 'nowhere-is-told' has "$err" 'no environment runs it'
check 'the-first-cut-wants-a-label' exits 2 -C site release cut
run -C site release cut 0.1 -n --json
check 'a-dry-run-says-what-would-be-cut' is "$status:$(jq -r '.release, .parent' <<< "$out" | tr '\n' ' ')" '0:0.1 null '
check 'a-dry-run-cuts-nothing' is "$(ls -A site/home)" ''
check 'there-is-nothing-to-go-back-to' exits 4 -C site rollback live.minimal
check 'nor-to-be-finished' exits 4 -C site deploy --resume live.minimal
check 'what-tells-more-is-named' has "$err" "'fassembler history live.minimal'"
check 'what-is-undone-has-no-release' exits 2 -C site deploy 0.1 live.minimal --undo
check 'how-it-is-written-is-told' has "$err" 'fassembler deploy --undo'
run -C site release cut 0.1 --why 'the first'
check 'a-release-is-cut' is "$status" 0
check 'where-it-may-go-next-is-told' has "$err" 'next: fassembler deploy 0.1 live.minimal'
check 'a-label-is-used-once' exits 3 -C site release cut 0.1
check 'the-same-number-is-the-same-label' exits 3 -C site release cut 0.1.0
check 'what-is-no-label-is-told' exits 2 -C site release cut one
check 'a-pin-of-an-unknown-component-is-not-found' exits 4 -C site release cut 0.2 --pin hallo=1
check 'the-nearest-component-is-named' has "$err" "did you mean 'hello'?"
check 'a-release-is-whole' exits 0 -C site release verify 0.1

run -C site deploy 0.1 live.minimal -n
check 'a-dry-run-of-a-deployment-names-its-plan' has "$status:$out" 'plan '
run -C site deploy 0.1 live.minimal --plan 00 --watch 1s
check 'a-plan-that-is-not-this-one-is-refused' is "$status" 6
run -C site deploy 0.1 live.minimal --watch 1s
check 'a-release-is-deployed' is "$status:$(served)" 0:0.1
run -C site edge apply
check 'the-edge-is-started' is "$status" 0
check 'the-edge-leads-to-the-release' has "$(page greeting.txt)" Welcome
check 'other-names-lead-nowhere' has "$(curl -s "http://127.0.0.1:$edge/")" 'no site of this name'

run -C site edge show --json
check 'the-edge-says-where-it-leads' is "$status:$(jq -r '.hosts[0] | "\(.environment) \(.slot) \(.build)"' <<< "$out")" '0:live.minimal a 0.1-1'
run -C site release show 0.1 --json
check 'a-release-tells-where-it-went' is "$(jq -r '.state' <<< "$out")" live

check 'an-export-wants-a-file' exits 2 -C site release export 0.1
run -C site release export 0.1 -o bundle.tar.zst
check 'a-release-is-exported' is "$status:$(zstd -dc site/bundle.tar.zst | tar -x && ls -d minimal-0.1)" 0:minimal-0.1
mkdir minimal-0.1/home
run -C minimal-0.1 build dev.minimal
check 'a-bundle-is-built-elsewhere' is "$status" 0

# The next one, of other content and other settings: what was frozen stays frozen.
sed -i 's/It works/It works better/' site/hello/www/index.html
run -C site release cut --json
next=$out
check 'the-next-label-is-proposed' is "$(jq -r .release <<< "$out")" 0.1.1
check 'a-changed-folder-is-a-change' is "$(jq -r '.changes[0] | .before != .after' <<< "$next")" true
run -C site release diff 0.1 0.1.1 --json
check 'two-releases-are-compared' is "$(jq -r '.changes[0] | .before != .after' <<< "$out")" true
run -C site release diff live.minimal 0.1.1 --json
check 'an-environment-stands-for-what-it-runs' is "$(jq -r '"\(.before) \(.after)"' <<< "$out")" '0.1 0.1.1'
run -C site release diff dev.minimal 0.1.1
check 'where-no-release-runs-there-is-none' has "$status:$err" "4:error: 'dev.minimal' runs no release"
sed -i 's/It works better/It is broken/' site/hello/www/index.html
run -C site deploy 0.1.1 live.minimal --watch 1s
check 'the-next-release-takes-its-place' is "$status:$(served)" 0:0.1.1
check 'it-is-what-was-cut-not-what-is-there-now' has "$(page '')" 'works better'
run -C site status live.minimal
check 'it-runs-in-the-other-slot-alone' is "$(grep -c RUNNING <<< "$out"):$(grep -c 'hello.b ' <<< "$out")" 1:1
run -C site logs hello -e live.minimal
check 'a-log-is-that-of-the-slot-that-serves' has "$status:$out" '0:'
run -C site restart hello -e live.minimal
check 'a-process-is-restarted-by-its-plain-name' is "$status" 0

# What fails before the switch leaves the old one serving.
run -C site release cut
run -C site deploy 0.1.2 live.minimal --watch 1s
check 'a-smoke-test-that-fails-is-told' has "$status:$err" 'smoke test'
check 'the-old-one-serves-as-before' is "$(served):$(page '' | grep -c better)" 0.1.1:1
run -C site status live.minimal
check 'nothing-of-the-new-one-is-left-running' is "$(grep -c RUNNING <<< "$out")" 1
sed -i 's|^  web:|  web-gone:\n    command: /bin/false\n  web:|' site/components/hello.yaml
sed -i 's/It is broken/It works again/' site/hello/www/index.html
run -C site release cut
run -C site deploy 0.1.3 live.minimal --watch 1s
check 'a-process-that-does-not-stay-up-is-told' has "$status:$err" 'does not stay up'
check 'and-the-old-one-serves' is "$(served):$(page '' | grep -c better)" 0.1.1:1
sed -i '/web-gone:/,+1d' site/components/hello.yaml

run -C site rollback live.minimal --watch 1s --why 'it was nicer'
check 'what-ran-before-comes-back' is "$status:$(served):$(page '' | grep -c better)" 0:0.1:0
check 'going-back-twice-goes-no-way-forth' exits 4 -C site rollback live.minimal
run -C site deploy 0.1.1 live.minimal --watch 1s
check 'and-forth-again' is "$status:$(served)" 0:0.1.1
check 'going-back-to-what-never-ran-there-is-refused' exits 3 -C site rollback live.minimal --to 0.1.3
run -C site release reject 0.1.3 --why 'dies at once'
check 'a-release-is-rejected' is "$status" 0
check 'a-rejected-release-goes-nowhere' exits 3 -C site deploy 0.1.3 live.minimal
check 'it-says-why' has "$err" 'dies at once'
check 'a-rejection-wants-a-reason' exits 3 -C site release reject 0.1.2

# Killed at any step, the next command brings it to an end; nothing is ever half.
run -C site release cut 0.1.4
before=$(served)
bad=''
for step in build render start check switch drain stop; do
    "$FASSEMBLER" -C site -q deploy 0.1.4 live.minimal --watch 1s > killed 2>&1 < /dev/null &
    pid=$!
    until "$FASSEMBLER" -C site ledger log --kind deploy.step --last 1 --json 2> /dev/null |
        jq -e --arg step "$step" '.events[0].payload | .step == $step' > /dev/null; do
        kill -0 "$pid" 2> /dev/null || break
    done
    kill -KILL "$pid" 2> /dev/null
    wait "$pid" 2> /dev/null
    [ -n "$(page '')" ] || bad="$bad $step: nothing serves."
    run -C site deploy --resume live.minimal --watch 1s
    [ "$status" = 0 ] || [ "$status" = 4 ] || bad="$bad $step: not finished: $err."
    [ "$(served)" = 0.1.4 ] || bad="$bad $step: $(served) serves."
    run -C site rollback live.minimal --to "$before" --watch 1s
    [ "$(served)" = "$before" ] || bad="$bad $step: no way back."
done
check 'a-deployment-killed-at-any-step-is-finished-by-the-next' is "$bad" ''
"$FASSEMBLER" -C site -q deploy 0.1.4 live.minimal --watch 1s > killed 2>&1 < /dev/null &
pid=$!
until [ -e "$live/slots/b" ] && [ -e "$live/slots/a" ]; do kill -0 "$pid" || break; done
kill -KILL "$pid"
wait "$pid" 2> /dev/null
run -C site deploy --undo live.minimal
check 'what-was-killed-before-the-switch-is-given-up' is "$status:$out:$(served)" "0:0.1.4 is undone, $before serves as before:$before"
check 'nothing-of-it-is-left' is "$(readlink "$live"/slots/?)" "../$(readlink "$live/current")"
"$FASSEMBLER" -C site -q deploy 0.1.4 live.minimal --watch 9s > first 2>&1 < /dev/null &
pid=$!
until [ "$(served)" = 0.1.4 ]; do kill -0 "$pid" || break; done
run -C site deploy 0.1.4 live.minimal
check 'of-two-deployments-the-second-is-refused' has "$status:$err" '6:'
check 'it-says-who-is-first' has "$err" "$pid"
kill -KILL "$pid"
wait "$pid" 2> /dev/null
check 'up-does-not-overtake-a-deployment' exits 6 -C site up live.minimal
run -C site deploy --undo live.minimal
check 'behind-the-switch-nothing-is-given-up' is "$status" 3
run -C site deploy --resume live.minimal --watch 1s
check 'it-is-finished-instead' is "$status:$(served)" 0:0.1.4

# While a deployment is watched, what it replaced still runs, and going back starts nothing.
pids() { "$live/bin/supervisorctl" pid all | sort; }
old=$(pids)
"$FASSEMBLER" -C site -q rollback live.minimal --to "$before" --watch 60s > watched 2>&1 < /dev/null &
pid=$!
until [ "$(served)" = "$before" ]; do kill -0 "$pid" || break; done
run -C site rollback live.minimal --to 0.1.1
check 'to-go-elsewhere-has-to-wait' is "$status" 6
run -C site rollback live.minimal --why 'in a hurry'
wait "$pid"
check 'a-deployment-that-is-watched-is-taken-back' is "$?:$status:$(served)" 1:0:0.1.4
check 'its-own-command-says-by-whom' has "$(cat watched)" 'in a hurry'
check 'what-ran-before-was-not-started-again' is "$(pids)" "$old"
check 'it-is-in-the-history' has "$("$FASSEMBLER" -C site history live.minimal)" 'taken back by'
"$FASSEMBLER" -C site -q rollback live.minimal --to "$before" --watch 60s > watched 2>&1 < /dev/null &
pid=$!
until [ "$(served)" = "$before" ]; do kill -0 "$pid" || break; done
kill -KILL "$pid"
wait "$pid" 2> /dev/null
run -C site rollback live.minimal
check 'and-so-is-one-that-nobody-watches-any-more' is "$status:$(served):$(pids)" "0:0.1.4:$old"

# Health that is lost in the watch time brings the old one back.
"$FASSEMBLER" -C site -q rollback live.minimal --to "$before" --watch 60s > lost 2>&1 < /dev/null &
pid=$!
until [ "$(served)" = "$before" ]; do kill -0 "$pid" || break; done
name=$(grep -l . "$live"/current/slot-* | xargs cat)
"$live/bin/supervisorctl" stop "$name" > stopped
wait "$pid"
status=$?
check 'lost-health-brings-the-old-one-back' is "$status:$(served)" 1:0.1.4
check 'it-serves' has "$(page '')" works
run -C site board --json
check 'the-board-says-what-runs-where' is "$(jq -r '.sites[0].environments[0] | "\(.environment) \(.release) \(.health)"' <<< "$out")" 'live.minimal 0.1.4 well'
run -C site board
check 'the-board-is-a-table-too' is "$(sed 's/just now\|[0-9]* [a-z]* ago/AGO/; s/  [a-z]*  \(.\) well/  BY  \1 well/' <<< "$out" | sed -n 2,3p)" \
    "live.minimal  0.1.4    AGO  BY  ✔ well
live.minimal: rolled-back: the process '$name' does not run"
run -C site history live.minimal --last 100 --json
check 'the-history-says-why' is "$(jq -r '[.rows[].why] | index("it was nicer") != null' <<< "$out")" true
check 'and-what-failed' is "$(jq -r '[.rows[] | select(.outcome == "failed")] | length > 1' <<< "$out")" true
run -C site where hello --json
check 'where-a-component-is' is "$(jq -r '.environments[0].release' <<< "$out")" 0.1.4
check 'an-unknown-revision-is-not-found' exits 4 -C site where 12345678
check 'the-ledger-is-whole' exits 0 -C site ledger verify
check 'each-deployment-that-began-has-ended' is "$(events deploy.begun)" "$(events deploy.ended)"
finish

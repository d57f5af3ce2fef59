#!/usr/bin/env bash
# Starting, asking and stopping an environment, with the smallest example and our own supervisor.
. "$(dirname "$0")/tap.sh"
export FASSEMBLER_LIBEXEC=${FASSEMBLER%/*}

run new site
mkdir site/home
base=$("$here/../free-ports" 500)
sed -i "s/base-port: [0-9]*/base-port: $base/" site/fassembler.yaml
trap '"$FASSEMBLER" -C "$work/site" down dev.minimal 2> /dev/null; chmod -R u+w "$work" 2> /dev/null; rm -rf "$work"' EXIT

check 'of-several-environments-one-is-to-be-named' exits 2 -C site status
run -C site status dev.minimal
check 'what-was-never-started-is-down' is "$status" 3
run -C site up dev.minimal -n --json
check 'a-dry-run-says-that-a-build-would-be-composed' is "$(jq -r '"\(.plan[0].action) \(.build) \(.edited | length)"' <<< "$out")" \
    'build new 0'
check 'a-dry-run-makes-nothing' is "$(ls -A site/home)" ''
run -C site up dev.minimal
check 'an-environment-is-started' is "$status" 0
url=$(sed -n 's/.*is up: //p' <<< "$err")
check 'the-site-answers-where-it-says' has "$(curl -s "$url")" 'It works'
check 'the-site-s-setting-is-rendered' has "$(curl -s "${url}greeting.txt")" 'Hello'
run -C site status dev.minimal
check 'what-runs-has-status-0' is "$status" 0
check 'a-process-is-shown-with-its-state' has "$out" 'RUNNING'
run -C site status dev.minimal --json
pid=$(jq '.processes[0].pid' <<< "$out")
check 'the-status-is-json-too' is "$(jq -r '.environment' <<< "$out")" dev.minimal

run -C site up dev.minimal
check 'up-again-changes-nothing' is "$(find site/home/sites/minimal/dev/builds -mindepth 1 -maxdepth 1 | wc -l)" 1
run -C site status dev.minimal --json
check 'up-again-restarts-nothing' is "$(jq '.processes[0].pid' <<< "$out")" "$pid"
check 'the-short-path-is-the-supervisor-s-client' has "$(site/home/sites/minimal/dev/bin/supervisorctl status)" 'hello'
check 'the-supervisor-runs-from-the-store' has "$(readlink /proc/"$(cat site/home/sites/minimal/dev/var/run/supervisord.pid)"/exe)" /site/home/store/
run -C site test hello -e dev.minimal --json
check 'tests-are-run-on-what-was-built-and-what-runs' is "$status:$(jq -r '[.tests[].kind] | join(" ")' <<< "$out")" '0:unit functional'
sed -i 's|unit: .*|unit: ["echo said; false"]|' site/components/hello.yaml
run -C site test --unit -e dev.minimal
check 'a-test-that-fails-is-counted-and-shown' is "$status:$(grep -c said <<< "$out")" 1:2
run -C site restart hello -e dev.minimal
check 'a-process-is-restarted' is "$status" 0
run -C site status dev.minimal --json
check 'a-restarted-process-is-another' test "$(jq '.processes[0].pid' <<< "$out")" != "$pid"
check 'an-unknown-process-is-not-found' exits 4 -C site restart other -e dev.minimal
check 'those-that-there-are-are-told' has "$err" 'help: one of all, hello'
run -C site logs hello -e dev.minimal --lines 5
check 'a-log-is-shown' has "$status:$out" '0:'
check 'an-unknown-log-is-not-found' exits 4 -C site logs hallo -e dev.minimal
check 'the-nearest-log-is-named' has "$err" "did you mean 'hello'?"
run -C site path hello -e dev.minimal
check 'a-path-is-where-what-runs-is' test -x "$out/bin/serve"
run -C site path -e dev.minimal
check 'the-environment-has-a-path-too' is "$out" "$work/site/home/sites/minimal/dev"
check 'a-path-of-nothing-is-not-found' exits 4 -C site path hallo -e dev.minimal
run -C site run -e dev.minimal supervisorctl status
check 'a-command-runs-with-the-bin-of-the-environment' has "$status:$out" '0:hello'
check 'a-command-keeps-its-exit-status' exits 7 -C site run -e dev.minimal sh -c 'exit 7'
check 'what-was-not-composed-has-no-shell' exits 4 -C site shell live.minimal
status=$("$FASSEMBLER" -q -C site shell dev.minimal <<< 'pwd; exit 5'; echo $?)
check 'a-shell-is-in-the-environment-s-folder' is "$status" "$work/site/home/sites/minimal/dev
5"
check 'restart-wants-a-name' exits 2 -C site restart -e dev.minimal
check 'what-is-down-is-not-restarted' exits 7 -C site restart all -e live.minimal
check 'what-starts-it-is-named' has "$err" "'fassembler up live.minimal' starts it"

run -C site up dev.minimal hello.greeting=Servus
check 'a-changed-setting-makes-a-new-build' is "$status:$(find site/home/sites/minimal/dev/builds -mindepth 1 -maxdepth 1 | wc -l)" 0:2
check 'the-new-setting-is-served' has "$(curl -s "${url}greeting.txt")" 'Servus'
before=$(find site -printf '%p %T@ %C@\n' | sort | sha256sum)
run -C site up dev.minimal hello.greeting=Servus -n
check 'a-dry-run-says-that-nothing-would-change' is "$status:$(tail -n 1 <<< "$out")" '0:the current build stays'
run -C site up dev.minimal hello.greeting=Salve -n
check 'a-dry-run-says-that-another-build-would-be-composed' is "$status:$(tail -n 1 <<< "$out")" '0:a new build would be composed'
check 'a-dry-run-touches-nothing' is "$(find site -printf '%p %T@ %C@\n' | sort | sha256sum)" "$before"
echo 'a person was here' >> site/home/sites/minimal/dev/current/etc/hello/greeting.txt
run -C site up dev.minimal -n
check 'a-dry-run-names-what-was-edited' has "$out" 'edited: etc/hello/greeting.txt'
run -C site up dev.minimal hello.greeting=Salve
check 'an-edit-in-conflict-is-refused' is "$status" 3
check 'the-refusal-shows-the-edit-and-the-flag' has "$err" '--on-edit'
run -C site up dev.minimal hello.greeting=Salve --on-edit keep
check 'an-edit-is-kept-when-told' has "$(cat site/home/sites/minimal/dev/current/etc/hello/greeting.txt)" 'a person was here'
check 'secrets-are-for-their-owner-alone' is "$(stat -c %a site/home/sites/minimal/dev/var/admin.txt)" 600

# A build beside it, of something else, takes nothing away from what runs.
run -C site build dev.minimal --sandbox none
run -C site gc
check 'gc-keeps-what-runs-when-something-else-was-built-since' test -x "$(readlink site/home/sites/minimal/dev/current/hello)/bin/serve"
for greeting in Moin Tach Ahoi; do run -C site up dev.minimal "hello.greeting=$greeting" --on-edit replace; done
builds=$(find site/home/sites/minimal/dev/builds -mindepth 1 -maxdepth 1 -printf '%f\n' | sort -V | tr '\n' ' ')
check 'of-old-builds-the-last-five-stay' is "$status:$builds" '0:1.0-2 1.0-3 1.0-4 1.0-5 1.0-6 '
run -C site up dev.minimal --sandbox none
check 'a-build-without-sandbox-says-so' is "$status:$(jq -r .sandbox site/home/sites/minimal/dev/current/build.json)" 0:none
run -C site status
check 'the-only-environment-of-the-home-is-meant' has "$out" 'dev.minimal  up'

site/home/sites/minimal/dev/bin/supervisorctl stop hello > stopped
run -C site up dev.minimal --sandbox none
check 'up-starts-what-a-person-stopped' is "$status:$(run -C site status; echo "$status")" 0:0
# As if a run was killed after the switch to a build, before the processes were told.
run -C site status --json
pid=$(jq '.processes[0].pid' <<< "$out")
echo 1.0-1 > site/home/sites/minimal/dev/var/applied
run -C site up dev.minimal --sandbox none
run -C site status --json
check 'up-finishes-what-a-killed-one-began' test "$(jq '.processes[0].pid' <<< "$out")" != "$pid"
exec 9<> site/home/sites/minimal/dev/.lock
flock 9
run -C site up dev.minimal --sandbox none
exec 9>&-
check 'of-two-ups-the-second-is-refused' is "$status" 6

run -C site down dev.minimal
check 'down-stops-it' is "$status:$(curl -s -o /dev/null -w '%{http_code}' "$url")" '0:000'
run -C site down dev.minimal
check 'down-again-is-no-error' is "$status" 0
run -C site status dev.minimal
check 'what-is-down-has-status-3' is "$status" 3

port=${url##*:}
port=${port%/}
python3 -c 'import signal, socket, sys
s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1); s.bind(("127.0.0.1", int(sys.argv[1]))); s.listen(); print("ready", flush=True); signal.pause()' \
    "$port" > taken &
holder=$!
until grep -q ready taken 2> /dev/null || ! kill -0 "$holder"; do read -rt 0.05 <> <(:) || :; done
run -C site up dev.minimal --on-edit replace
check 'a-taken-port-is-a-conflict' is "$status" 6
check 'who-holds-it-is-named' has "$err" "$holder"
kill "$holder"

sed -i 's|command: .*|command: sh -c "echo the-last-words; exit 3"|; /health:/d' site/components/hello.yaml
run -C site up dev.minimal --on-edit replace
check 'a-process-that-dies-at-once-is-named' has "$status:$err" "error: the process 'hello' does not stay up"
check 'what-it-said-last-is-shown' has "$err" $'\nthe-last-words'
finish

#!/usr/bin/env bash
# The server of a home: other users' commands, as far as their roles go; callers who mean no good; what is killed in the midst.
. "$(dirname "$0")/tap.sh"
chmod 755 "$work"
mkdir tools
cp "${FASSEMBLER%/*}"/fassembler{,-sandbox,-unpack,-pack,-supervisord,-supervisorctl} tools
run new site
FASSEMBLER=$work/tools/fassembler
unset FASSEMBLER_LIBEXEC
mkdir site/home
sed -i "s/base-port: [0-9]*/base-port: $("$here/../free-ports" 500)/" site/fassembler.yaml
cat >> site/fassembler.yaml << 'END'
people:
  games: developer
  news: {minimal: release-manager}
  bin: admin
  mail: viewer
END
printf 'mine\n' > secret
chmod 600 secret
chmod -R go-w site
if [ "$(id -u)" -eq 0 ]; then
    owner=daemon
    chown -R "$owner" site secret
    # become USER: sets `who`, which goes before a command. The process that is started so is the command itself.
    become() { who=(setpriv --reuid="$1" --regid="$(id -g "$1")" --clear-groups env HOME=/); }
else
    owner=$(id -un)
    become() { who=(env HOME=/); }
fi
# as USER COMMAND...
as() {
    become "$1"
    "${who[@]}" "${@:2}"
}
home=$work/site/home
socket=$home/serve.sock
server=''

# serve: begins to serve, and waits until it does.
serve() {
    : > served
    become "$owner"
    "${who[@]}" "$FASSEMBLER" -C "$work/site" serve 2> "$work/served" &
    local started=$!
    until grep -q '^serving' "$work/served"; do
        kill -0 "$started" 2> /dev/null || return 1
        sleep 0.01
    done
    server=$started
}
# by USER WORDS...: as `run`, by somebody; from outside of the product's folder.
by() {
    local user=$1
    shift
    as "$user" "$FASSEMBLER" --home "$home" "$@" > "$work/.out" 2> "$work/.err" < /dev/null
    status=$?
    out=$(cat "$work/.out")
    err=$(cat "$work/.err")
}
# gives STATUS USER WORDS...
gives() {
    local expected=$1
    shift
    by "$@"
    [ "$status" -eq "$expected" ]
}
# hostile WHAT...: as an ordinary caller, where that can be.
hostile() { as games python3 "$here/hostile.py" "$socket" "$@"; }
own() { as "$owner" "$FASSEMBLER" -C "$work/site" "$@"; }
position() { own ledger log --last 1 --json | jq '.events[0].position // 0'; }
count() { own ledger log --kind "$1" --last 1000 --json | jq '.events | length'; }
# until_ended: every deployment that was begun has ended, by itself.
until_ended() {
    for _ in $(seq 600); do
        [ "$(count deploy.begun)" = "$(count deploy.ended)" ] && return
        sleep 0.1
    done
    return 1
}
# deploy_until STEP RELEASE FILE: a release manager deploys, and it is at STEP: sets client.
deploy_until() {
    become news
    "${who[@]}" "$FASSEMBLER" --home "$home" deploy "$2" live.minimal --watch 1s > "$3" 2>&1 < /dev/null &
    client=$!
    until own ledger log --kind deploy.step --last 1 --json 2> /dev/null |
        jq -e --arg step "$1" '.events[0].payload | .step == $step and .state == "begun"' > /dev/null; do
        kill -0 "$client" 2> /dev/null || return 1
    done
}
# shellcheck disable=SC2317 # called by trap
clean() {
    [ -z "$server" ] || kill "$server"
    own down live.minimal
    own down dev.minimal
    wait
    chmod -R u+w "$work"
    rm -rf "$work"
}
trap 'clean > /dev/null 2>&1' EXIT

chmod g+w site/fassembler.yaml
run_server() {
    as "$owner" "$FASSEMBLER" -C "$work/site" serve > "$work/.out" 2> "$work/.err"
    status=$?
    err=$(cat "$work/.err")
}
run_server
check 'a-product-that-others-write-is-not-served' is "$status" 5
check 'and-it-is-said-what-they-write' has "$err" 'fassembler.yaml'
chmod g-w site/fassembler.yaml
own release cut 0.1 > cut.log 2>&1
check 'the-server-is-started' serve
check 'its-socket-lets-everybody-ask' is "$(stat -c %a "$socket")" 666
run_server
check 'there-is-one-for-a-home' is "$status" 6
check 'the-second-says-who-is-first' has "$err" "pid "

# Callers who are not well, or mean no good.
check 'a-plain-call-is-answered' has "$(hostile call release list)" 'status 0'
before=$(position)
check 'bytes-that-are-no-frames-end-the-call' is "$(hostile garbage)" 'status none'
check 'who-says-who-calls-is-not-heard' is "$(hostile liar)" 'status none'
check 'an-answer-that-nobody-asked-for-ends-the-call' has "$(hostile answers)" 'status none'
check 'a-frame-that-is-too-long-ends-the-call' is "$(hostile long)" 'status none'
check 'another-version-is-told' has "$(hostile version)" 'version 1'
check 'a-call-that-is-cut-off-is-none' is "$(hostile early)" ''
check 'half-a-call-is-waited-for-not-for-ever' is "$(hostile half)" 'status none'
check 'there-are-only-so-many-calls-of-one-user' is "$(hostile flood)" 'refused 4'
check 'words-are-needed' has "$(hostile call)" 'without words'
check 'another-home-is-not-for-a-caller-to-say' has "$(hostile call --home /nowhere -C / release list)" 'status 0'
check 'and-the-server-goes-on' has "$(hostile call release list)" 'status 0'
check 'none-of-this-changed-the-ledger' is "$(position)" "$before"

if [ "$(id -u)" -ne 0 ]; then
    skip 'others-are-served-as-their-role-allows' 'only root can be several users'
    kill "$server"
    wait "$server"
    check 'the-server-ends-when-it-is-asked' is "$?" 0
    server=''
    finish
fi
check 'a-call-cannot-say-that-it-is-an-admin-s' has "$(hostile believed)" "that of 'games' is 'developer'"

# Others, and what they may.
ledger=$home/ledger.db
check 'the-ledger-is-its-user-s-alone' is "$(stat -c '%U %a' "$ledger")" "$owner 600"
check 'a-viewer-looks' gives 0 mail board --all
check 'what-is-answered-is-the-answer' gives 0 mail release list --json
check 'as-json-too' is "$(jq -r '.releases[0].label' <<< "$out")" 0.1
check 'a-viewer-changes-nothing' gives 5 mail up dev.minimal
check 'who-has-no-role-may-not-even-look' gives 5 uucp board
check 'and-is-told-who-has-one' has "$err" 'help: ask games, news, bin, mail or daemon'
check 'a-user-of-another-namespace-is-nobody' gives 5 nobody board
check 'and-is-told-so' has "$err" 'it is no user of here'
check 'a-developer-runs-what-may-run-anything' gives 0 games up dev.minimal
check 'it-runs-as-the-home-s-user' is "$(find site -not -user "$owner" | head -1)" ''
check 'it-is-recorded-as-theirs' is "$(own ledger log --last 1 --json | jq -r '.events[0] | .actor + " " + .kind')" 'games environment.up'
check 'a-developer-does-not-deploy-to-live' gives 5 games deploy 0.1 live.minimal
check 'and-is-told-who-does' has "$err" 'help: ask news, bin or daemon'
check 'a-plan-alone-is-no-less' gives 5 games deploy 0.1 live.minimal -n
check 'a-release-manager-of-one-site-cuts-nothing-for-all' gives 5 news release cut
check 'a-release-manager-deploys' gives 0 news deploy 0.1 live.minimal --watch 1s --why 'for them'
check 'the-history-says-who' has "$(own history live.minimal)" news
check 'the-board-says-who' has "$(own board)" news
check 'an-exit-status-is-passed-on' gives 4 news deploy 7.7 live.minimal
check 'an-unknown-command-is-told-here' gives 2 mail baord
check 'an-admin-acts-for-others' gives 0 bin --as games status dev.minimal
check 'it-is-recorded-with-both-names' is "$(own ledger log --last 1 --json | jq -r '.events[0] | .actor + " " + .payload.as')" 'bin games'
check 'nobody-else-does' gives 5 news --as bin gc
check 'as-another-one-may-no-more-than-they' gives 5 bin --as games gc
check 'with-a-home-of-their-own-they-are-their-own-master' gives 4 games --home /tmp ledger log

# Files are written here, by who names them; nothing of the home's user is read or written for others.
mkdir -m 777 drop
check 'a-ledger-is-exported-to-the-caller-s-side' gives 0 mail ledger export drop/events
check 'it-is-the-caller-s' is "$(stat -c '%U %a' drop/events):$(grep -c deploy.begun drop/events)" 'mail 600:1'
check 'a-release-is-exported-there-too' gives 0 mail release export 0.1 -o drop/bundle.tar.zst
check 'whole' is "$(stat -c %U drop/bundle.tar.zst):$(zstd -dc drop/bundle.tar.zst | tar -t | head -1)" mail:minimal-0.1/
check 'where-one-may-not-write-nothing-is-written' gives 5 mail release export 0.1 "-o$home/bundle"
check 'no-part-of-a-file-is-left' is "$(find drop "$home" -name '*.??????' -path '*bundle*')" ''
served() { gives 5 "$@" && has "$err" 'not served' && has "$(tail -2 "$work/served")" "$1: "; }
denied() { has "$(as bin python3 "$here/hostile.py" "$socket" call "$@")" 'status 5'; }
check 'not-even-an-admin-names-files-of-the-owner-s' denied ledger export "$home/x"
check 'by-no-spelling' denied release export 0.1 "--output=$home/x"
check 'no-file-is-read-for-them' denied ledger import "$work/secret"
check 'no-shell-is-served' denied shell
check 'no-program-is-served' denied run id
check 'no-checkout-is-served' denied develop hello
check 'no-folder-is-offered-for-them' denied store offer "$work/drop" dev.minimal
check 'nothing-is-pulled-for-them' denied store pull "$work/drop" hello
check 'a-served-command-is-not-served-again' denied served
check 'the-server-serves-no-server' denied serve
check 'the-sandbox-stays' served games up dev.minimal --sandbox none
check 'settings-are-not-theirs-to-give' served games up dev.minimal hello.greeting=x
check 'nor-to-keep' served games build dev.minimal --save
check 'nothing-of-it-is-there' test ! -e "$home/x"
check 'words-that-look-like-options-of-git-are-none' gives 2 mail where --upload-pack=x hello
check 'a-revision-is-no-option' has "$(as mail python3 "$here/hostile.py" "$socket" call where hello -- --output=/tmp/x)" 'status'
check 'a-log-is-named-not-a-path' gives 4 games logs ../../../../../secret -e dev.minimal
check 'a-viewer-reads-no-logs' gives 5 mail logs hello -e dev.minimal

# A person is asked where they are.
check 'nobody-is-asked-where-nobody-is' gives 2 news note add --component hello

# In the midst.
mkfifo lines
: > followed
exec 9<> lines
follow() { as games python3 "$here/hostile.py" "$socket" "$1" logs -f hello -e dev.minimal < lines > "$work/followed"; }
follow stop &
until grep -q begun followed; do sleep 0.01; done
echo >&9
wait $!
check 'a-command-stops-when-its-caller-says-so' has "$(cat followed)" 'status '
: > followed
follow gone &
until grep -q begun followed; do sleep 0.01; done
echo >&9
wait $!
until tail -1 served | grep -q 'games: logs: exit'; do sleep 0.01; done
check 'a-command-ends-when-its-caller-is-gone' has "$(tail -1 served)" 'games: logs: exit'

# One whose smoke test takes longer than anybody waits for.
sed -i 's|^  functional:|  smoke: ["sleep 100"]\n  functional:|' site/components/hello.yaml
own release cut 0.2 > cut.log 2>&1
sed -i '/^  smoke:/d' site/components/hello.yaml
own release cut 0.3 > cut.log 2>&1
# ended: how the last deployment did.
ended() { own history live.minimal --json | jq -r '.rows[0] | .outcome + ": " + (.reason | sub(".* was "; ""))'; }
runs() { jq -r .release < "$home/sites/minimal/live/current/build.json"; }
deploy_until smoke 0.2 killed
kill -KILL "$client"
wait "$client" 2> /dev/null
check 'a-deployment-whose-caller-is-killed-ends' until_ended
check 'it-was-undone' is "$(runs):$(ended)" '0.1:failed: stopped on request'

deploy_until smoke 0.2 lost
kill -KILL "$server"
wait "$server" 2> /dev/null
wait "$client"
check 'who-loses-the-server-is-told' is "$?" 7
check 'and-where-to-look' has "$(cat lost)" 'is gone'
check 'a-deployment-whose-server-is-killed-ends' until_ended
check 'it-was-undone-too' is "$(runs):$(ended)" '0.1:failed: stopped on request'
check 'without-a-server-that-is-told' gives 7 news board
check 'a-socket-of-one-that-was-killed-is-in-nobody-s-way' serve
check 'after-it-all-goes-on' gives 0 news deploy 0.3 live.minimal --watch 1s
check 'and-the-release-runs' is "$(runs)" 0.3

deploy_until smoke 0.2 stopped
kill -TERM "$server"
wait "$server"
check 'a-server-that-is-stopped-sees-its-commands-to-their-end' is "$?:$(count deploy.begun)" "0:$(count deploy.ended)"
server=''
wait "$client"
check 'and-their-callers-are-told' has "$?:$(cat stopped)" '1:'
check 'that-it-was-undone' has "$(cat stopped)" 'undo start: done'
check 'its-socket-is-gone' test ! -e "$socket"
check 'the-ledger-is-whole' exits 0 -C site ledger verify

# A socket of somebody else's.
rm -f "$home/serve.sock"
mkdir -m 777 trap
chown "$owner" trap
: > trapped
become uucp
"${who[@]}" python3 -c 'import socket, sys
line = socket.socket(socket.AF_UNIX)
line.bind(sys.argv[1])
line.listen()
print("ready", flush=True)
line.accept()' trap/serve.sock > trapped &
until grep -q ready trapped; do sleep 0.01; done
chmod 777 trap/serve.sock
home=$work/trap
check 'a-server-that-is-not-the-home-s-user-is-not-believed' gives 5 news board
wait
finish

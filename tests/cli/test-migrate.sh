#!/usr/bin/env bash
# Deployments that migrate data: a small product with SQLite and files, its migrations run, undone, cut off and gone back past.
. "$(dirname "$0")/tap.sh"
export FASSEMBLER_LIBEXEC=${FASSEMBLER%/*}

run new site
mkdir site/home
base=$("$here/../free-ports" 500)
edge=$("$here/../free-ports" 1)
sed -i "s/base-port: [0-9]*/base-port: $base/" site/fassembler.yaml
echo "edge: {listen: \"127.0.0.1:$edge\"}" >> site/fassembler.yaml
# The data: notes in SQLite, and a folder. What set-up makes is what the first release wants.
# shellcheck disable=SC2016 # for the recipe to expand
sed -i 's|cp -r www bin tests|cp -r www bin tests db migrations|
        s|^port: 0|port: 0\nmigrations: migrations\ndata: {files: [notes.db, files]}\nsetup:\n  - name: notes\n    run: python3 $out/db $var/notes.db "CREATE TABLE note (text)" "INSERT INTO note VALUES (1)"; mkdir $var/files; echo first > $var/files/one\n    unless: test -e $var/notes.db|
        s|command: python3 -u|command: '"sh -c 'cat \"\$1\" >> \"\$2\"; shift 2; exec python3 -u \"\$@\"' sh"' ${var}/files/one ${var}/seen|
        s|^  functional:|  smoke: ["test ! -e $var/smoke-fails"]\n  functional:|' site/components/hello.yaml
cat > site/hello/db <<'END'
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], timeout=30)
for statement in sys.argv[2:]:
    for row in connection.execute(statement):
        print('|'.join(map(str, row)))
connection.commit()
END
mkdir site/hello/migrations
live=site/home/sites/minimal/live
data=$work/$live/var/data/hello
host=www.minimal.example

# shellcheck disable=SC2317 # called by trap
clean() {
    "$FASSEMBLER" -C "$work/site" edge stop
    "$FASSEMBLER" -C "$work/site" down live.minimal
    "$FASSEMBLER" -C "$work/site" down dev.minimal
    chmod -R u+w "$work"
    rm -rf "$work"
}
trap 'clean > /dev/null 2>&1' EXIT

served() { jq -r .release < "$live/current/build.json"; }
status_of() { curl -s -o /dev/null -w '%{http_code}' -H "Host: $host" "http://127.0.0.1:$edge/"; }
db() { python3 "$work/site/hello/db" "$data/notes.db" "$@"; }
columns() { db "SELECT group_concat(name) FROM pragma_table_info('note')"; }
ran() { "$FASSEMBLER" -C site ledger log live.minimal --kind migration.ran --last 1000 --json | jq -r '.events[] | .payload | "\(if .direction == "up" then "+" else "-" end)\(.migration) \(.outcome)"'; }
last_ran() { ran | tail -n "$1" | tr '\n' ' '; }
last_outcome() { "$FASSEMBLER" -C site history live.minimal --last 1 --json | jq -r '.rows[0].outcome'; }
# migration NAME MODE < UP, and down from $2 when there is one
migration() {
    mkdir -p "site/hello/migrations/$1"
    printf 'mode: %s\n%s' "$2" "${3:-}" > "site/hello/migrations/$1/migration.yaml"
    cat > "site/hello/migrations/$1/up"
}
down() { cat > "site/hello/migrations/$1/down"; }
cut() { "$FASSEMBLER" -C site release cut "$1" > cut.log 2>&1 || cat cut.log; }
deploy() { run -C site deploy "$1" live.minimal --watch 1s "${@:2}"; }
rollback() { run -C site rollback live.minimal --watch 1s "$@"; }
# strike STEP COMMAND...: kills it when that step has begun; fails when it was over before.
strike() { "$here/strike.py" site/home/ledger.db "$1" "$FASSEMBLER" -C site -q "${@:2}"; }

run -C site backup list
check 'there-is-no-backup-yet' has "$status:$err" '0:no backups'
cut 0.1
deploy 0.1
check 'the-first-release-needs-none' is "$status:$(served):$(columns)" 0:0.1:text
run -C site edge apply
check 'it-is-served' is "$status:$(status_of)" 0:200

# One that the old code lives with. All scripts here can be run twice, as they have to.
migration 001-due online 'summary: Notes have a day' <<'END'
test -e "$var/kill-in-up" && rm "$var/kill-in-up" && kill_after=yes || kill_after=
if test -e "$var/hang-in-up"; then
    rm "$var/hang-in-up"
    kill -9 $PPID
    until test -e "$var/go-on"; do sleep 0.02; done
fi
python3 "$out/db" "$var/notes.db" "SELECT due FROM note" > "$var/said" 2>&1 ||
    python3 "$out/db" "$var/notes.db" "ALTER TABLE note ADD COLUMN due"
echo "the old one answers $(curl -s -o /dev/null -w '%{http_code}' -H 'Host: www.minimal.example' http://127.0.0.1:EDGE/)"
if [ "$kill_after" ]; then kill -9 $PPID; fi
END
sed -i "s/EDGE/$edge/" site/hello/migrations/001-due/up
down 001-due <<'END'
test ! -e "$var/down-fails" || { echo "it is cold"; exit 5; }
python3 "$out/db" "$var/notes.db" "SELECT due FROM note" > "$var/said" 2>&1 || exit 0
python3 "$out/db" "$var/notes.db" "ALTER TABLE note DROP COLUMN due"
END
cut 0.2
run -C site deploy 0.2 live.minimal -n
check 'what-was-never-built-is-said-to-be-unknown' has "$out" 'known once it is built'
run -C site deploy 0.2 dev.minimal --watch 1s
check 'in-an-empty-environment-set-up-comes-first' is "$status" 0
run -C site deploy 0.2 live.minimal -n --json
plan=$(jq -r .plan <<< "$out")
check 'a-plan-says-what-is-migrated' is "$(jq -r '.migrations.steps[] | "\(.direction) \(.component)/\(.migration) \(.phase) \(.mode) \(.reversible) \(.summary)"' <<< "$out")" \
    'up hello/001-due before online true Notes have a day'
check 'it-says-what-is-run' has "$(jq -r '.migrations.steps[0].command' <<< "$out")" 'migrations/001-due/up'
check 'and-what-is-saved' is "$(jq -c '.migrations.backup' <<< "$out")" '[{"component":"hello","paths":["notes.db","files"],"not-saved":[]}]'
run -C site deploy 0.2 live.minimal -n
check 'people-read-it-too' has "$out" 'migrate hello/001-due, online, can be undone: Notes have a day'
sed -i 's/track: release,/track: release, keep-old: 1h,/' site/fassembler.yaml
deploy 0.2 --plan "$plan"
check 'an-online-migration-is-deployed' is "$status:$(served):$(columns)" 0:0.2:text,due
check 'what-it-replaced-is-not-listed-beside-it' is "$(grep -c '^hello: ' <<< "$err")" 1
check 'what-knows-only-the-old-data-is-not-kept' is "$(ls "$live/var/beside")" none.conf
sed -i 's/ keep-old: 1h,//' site/fassembler.yaml
check 'it-was-run-once-and-written-down' is "$(last_ran 9)" '+001-due done '
check 'the-old-one-served-meanwhile' has "$(cat "$live"/var/log/migrations/*001-due-up.log)" 'answers 200'
run -C site history live.minimal --json
check 'the-history-has-it' is "$(jq -c '.rows[0].migrations' <<< "$out")" '["+hello/001-due"]'
backup=$(echo site/home/backups/minimal/live/*-before)
check 'there-is-a-backup-from-before' is "$(stat -c %a "$backup" "$backup/backup.json" | tr '\n' ' ')" '700 600 '
check 'it-has-the-data' is "$(python3 site/hello/db "$backup/hello/notes.db" "SELECT group_concat(name) FROM pragma_table_info('note')"):$(cat "$backup/hello/files/one")" text:first
run -C site ledger log live.minimal --kind backup.made --json
check 'it-is-in-the-ledger' is "$(jq -r '.events[0].payload | "\(.path) \(.components.hello.databases)"' <<< "$out")" "${backup#site/home/} 1"
run -C site backup list --json
check 'it-is-listed' is "$(jq -r '.backups[0] | "\(.environment) \(.id)"' <<< "$out")" "live.minimal ${backup##*/}"
rollback
check 'going-back-undoes-it' is "$status:$(served):$(columns)" 0:0.1:text
check 'and-writes-that-down' is "$(last_ran 1)" '-001-due done '
deploy 0.2
check 'and-forth-again' is "$status:$(columns)" 0:text,due

# One that nobody may be served with, and that cannot be undone.
migration 002-fold offline <<'END'
test -e "$var/kill-in-up" && rm "$var/kill-in-up" && kill_after=yes || kill_after=
curl -s -o /dev/null -D "$var/during" -H 'Host: www.minimal.example' http://127.0.0.1:EDGE/
for port in BASE $((BASE + 50)); do
    curl -s -o /dev/null "http://127.0.0.1:$port/" && echo "$port" >> "$var/running" || :
done
python3 "$out/db" "$var/notes.db" "UPDATE note SET text = text * 10"
echo folded > "$var/files/one"
if [ -e "$var/up-fails" ]; then echo "it was too much"; exit 7; fi
if [ "$kill_after" ]; then kill -9 $PPID; fi
END
sed -i "s/EDGE/$edge/; s/BASE/$base/g" site/hello/migrations/002-fold/up
cut 0.3
touch "$data/up-fails"
deploy 0.3
check 'an-offline-one-that-fails-is-told' has "$status:$err" 'it was too much'
check 'where-its-log-is-is-told' has "$err" '002-fold-up.log'
check 'its-data-come-back' is "$(db 'SELECT text FROM note'):$(cat "$data/files/one"):$(columns)" 1:first:text,due
check 'the-old-one-serves-again' is "$(served):$(status_of)" 0.2:200
check 'nothing-counts-as-made' is "$(last_ran 2)" '+002-fold failed -002-fold done '
rm "$data/up-fails"
touch "$data/smoke-fails"
deploy 0.3
check 'what-is-not-well-after-it-is-undone-with-it' is "$status:$(served):$(status_of):$(db 'SELECT text FROM note')" 1:0.2:200:1
rm "$data/smoke-fails" "$data/running" 2> /dev/null
: > "$data/seen"
deploy 0.3 --json
check 'an-offline-one-is-deployed' is "$status:$(served):$(db 'SELECT text FROM note'):$(status_of)" 0:0.3:10:200
check 'the-new-one-has-only-seen-what-it-wants' is "$(sort -u "$data/seen")" folded
check 'people-were-told-to-come-back' is "$(tr -d '\r' < "$data/during" | grep -iE '^HTTP|^retry-after' | tr '\n' ' ')" 'HTTP/1.1 503 Service Temporarily Unavailable Retry-After: 30 '
check 'nothing-ran-meanwhile' test ! -e "$data/running"
check 'how-long-and-how-many-is-told' is "$(jq -s '.[-1] | ."offline-requests" == 1 and ."offline-ms" > 0' <<< "$out")" true
run -C site ledger log live.minimal --kind deploy.step --last 1000 --json
check 'and-kept' has "$(jq -r '[.events[].payload | select(.step == "maintenance-off" and .state == "done")] | last.detail' <<< "$out")" '1 requests were answered 503'

db 'INSERT INTO note VALUES (77, NULL)'
rollback
check 'past-what-cannot-be-undone-is-refused' is "$status:$(served)" 3:0.3
check 'the-ways-out-are-told' has "$err" '--migration hello/002-fold=keep'
check 'an-answer-about-another-one-is-not-found' exits 4 -C site rollback live.minimal --migration hello/003-x=keep
check 'where-the-others-are-is-told' has "$err" "'fassembler history live.minimal --json'"
check 'what-is-no-answer-is-told' exits 2 -C site rollback live.minimal --migration hello/002-fold=drop
rollback --migration hello/002-fold=keep
check 'kept-it-stays' is "$status:$(served):$(db 'SELECT group_concat(text) FROM note')" 0:0.2:10,77
deploy 0.3
check 'and-is-not-made-again' is "$status:$(db 'SELECT group_concat(text) FROM note')" 0:10,77
run -C site rollback live.minimal --migration hello/002-fold=restore -n
check 'a-plan-says-what-is-lost' has "$out" 'what was written since is lost'
rollback --migration hello/002-fold=restore
check 'restored-it-is-as-before' is "$status:$(served):$(db 'SELECT group_concat(text) FROM note'):$(cat "$data/files/one")" 0:0.2:1:first
check 'what-was-there-is-in-a-backup' is "$(python3 site/hello/db "$(echo site/home/backups/minimal/live/*-closed | tr ' ' '\n' | sort -V | tail -n 1)/hello/notes.db" 'SELECT group_concat(text) FROM note')" 10,77

# What is wrong with a migration is told before anything is touched.
sed -i 's/^mode: online/mode: online # really/' site/hello/migrations/001-due/migration.yaml
echo '# as before, or is it?' >> site/hello/migrations/001-due/up
cut 0.4
deploy 0.4
check 'one-that-is-another-by-now-is-refused' has "$status:$err" "'hello/001-due' was made by release '0.2', and does something else by now"
check 'nothing-was-touched' is "$(served):$(columns)" 0.2:text,due
run -C site deploy 0.4 live.minimal -n
check 'once-it-is-built-the-plan-says-so' has "$status:$out" '3:refused: the migration'
sed -i '$d' site/hello/migrations/001-due/up
migration 002-twice online <<< 'true'
cut 0.5
deploy 0.5
check 'two-with-one-number-are-a-mistake' has "$status:$err" 'another migration has the same number'
check 'and-nothing-is-touched' is "$(served):$(columns)" 0.2:text,due
rm -r site/hello/migrations/002-twice site/hello/migrations/002-fold

# Online ones that go wrong.
migration 003-bad online 'timeout: 1s' <<'END'
python3 "$out/db" "$var/notes.db" "CREATE TABLE bad (x)"
if [ -e "$var/waits" ]; then echo $$ > "$var/waiting"; sleep 1000; fi
exit 3
END
down 003-bad <<'END'
test ! -e "$var/down-fails" || { echo "it is cold"; exit 5; }
python3 "$out/db" "$var/notes.db" "DROP TABLE IF EXISTS bad"
END
tables() { db "SELECT group_concat(name) FROM sqlite_master"; }
cut 0.6
deploy 0.6
check 'what-fails-half-way-is-undone' is "$status:$(served):$(tables):$(last_ran 1)" '1:0.2:note:+003-bad failed '
touch "$data/waits"
deploy 0.6
check 'what-hangs-is-ended' has "$status:$err" '1 s'
check 'and-undone' is "$(served):$(tables)" 0.2:note
rm "$data/waiting"
sed -i 's/timeout: 1s/timeout: 100s/' site/hello/migrations/003-bad/migration.yaml
cut 0.6.1
"$FASSEMBLER" -C site deploy 0.6.1 live.minimal --watch 1s > interrupted 2>&1 < /dev/null &
pid=$!
until [ -s "$data/waiting" ]; do kill -0 "$pid" 2> /dev/null || break; done
kill -INT "$pid"
wait "$pid"
status=$?
check 'an-interrupt-undoes-it' is "$status:$(served):$(tables)" 1:0.2:note
rm "$data/waits"
touch "$data/down-fails"
deploy 0.6
check 'what-cannot-be-undone-is-told' has "$status:$err" 'it is cold'
check 'the-environment-is-whole' is "$(served):$(status_of):$(tables)" 0.2:200:note,bad
run -C site board --json
check 'the-board-says-that-it-is-open' is "$(jq -r '.sites[0].environments[] | select(.environment == "live.minimal") | ."on-its-way" | "\(.step) \(."is-undoing")"' <<< "$out")" 'migrate-online true'
run -C site deploy --undo live.minimal
check 'it-is-tried-again' is "$status:$(tables)" 1:note,bad
run -C site deploy --undo live.minimal --migration hello/003-bad=keep
check 'or-left-as-it-is' is "$(last_outcome):$(tables)" failed:note,bad
rm "$data/down-fails"
db 'DROP TABLE bad'
rm -r site/hello/migrations/003-bad
touch "$data/down-fails"
rollback
check 'what-cannot-be-undone-behind-a-rollback-is-told' has "$status:$(served):$err" '0:0.1:'
check 'with-what-it-said' has "$err" 'it is cold'
check 'and-is-still-there' is "$(columns)" text,due
rm "$data/down-fails"
deploy 0.1
check 'the-next-deployment-undoes-it' is "$status:$(columns)" 0:text
deploy 0.2

# Killed within a script, at its end: it was done, and nobody wrote that down.
rollback
touch "$data/kill-in-up"
deploy 0.2
check 'somebody-was-killed-within-a-script' is "$(served):$(columns)" 0.1:text,due
run -C site deploy --undo live.minimal
check 'what-nobody-wrote-down-is-undone-too' is "$(served):$(columns):$(last_outcome)" 0.1:text:undone
touch "$data/kill-in-up"
deploy 0.2
run -C site deploy --resume live.minimal --watch 1s
check 'or-run-again' is "$status:$(served):$(columns)" 0:0.2:text,due
rollback
touch "$data/hang-in-up"
deploy 0.2
"$FASSEMBLER" -C site deploy --resume live.minimal --watch 1s > resumed 2>&1 < /dev/null &
pid=$!
until grep -q 'waiting for' resumed || ! kill -0 "$pid" 2> /dev/null; do sleep 0.02; done
waited="$(grep -c "waiting for 'migrating hello'" resumed):$(columns)"
touch "$data/go-on"
wait "$pid"
ended=$?
check 'a-script-that-outlived-its-deployment-is-waited-for' is "$waited:$ended:$(served):$(columns)" 1:text:0:0.2:text,due
before=$(db 'SELECT group_concat(text) FROM note')
touch "$data/kill-in-up"
deploy 0.3
check 'nobody-is-served-until-somebody-goes-on' is "$(status_of)" 503
run -C site deploy --undo live.minimal
check 'what-cannot-be-undone-comes-from-the-backup' is "$(served):$(status_of):$(db 'SELECT group_concat(text) FROM note')" "0.2:200:$before"

# Killed at any step, the next command brings it to an end.
bad=''
for step in backup migrate-online maintenance-on migrate-offline maintenance-off; do
    rollback --to 0.1
    strike "$step" deploy 0.3 live.minimal --watch 1s
    run -C site deploy --resume live.minimal --watch 1s
    [ "$status" = 0 ] || [ "$status" = 4 ] || bad="$bad $step: not finished: $err."
    [ "$(served):$(status_of):$(columns)" = 0.3:200:text,due ] || bad="$bad $step: $(served) $(status_of) $(columns)."
    [ "$(cat "$data/files/one")" = folded ] || bad="$bad $step: not folded."
    rollback --to 0.2 --migration hello/002-fold=restore
    [ "$(served):$(db 'SELECT group_concat(text) FROM note'):$(cat "$data/files/one")" = "0.2:$before:first" ] || bad="$bad $step: no way back: $err."
done
for step in backup migrate-online maintenance-on; do
    rollback --to 0.1
    for _ in 1 2 3 4 5; do
        strike "$step" deploy 0.3 live.minimal --watch 1s && break
        rollback --to 0.1 --migration hello/002-fold=restore
    done
    run -C site deploy --undo live.minimal --watch 1s
    [ "$(served):$(status_of):$(columns):$(db 'SELECT group_concat(text) FROM note')" = "0.1:200:text:$before" ] || bad="$bad undo $step: $(served) $(status_of) $(columns): $err."
    deploy 0.2
done
strike migrate-back rollback live.minimal --to 0.1 --watch 1s
run -C site deploy --resume live.minimal --watch 1s
[ "$(served):$(columns)" = 0.1:text ] || bad="$bad migrate-back: $(served) $(columns): $err."
check 'a-deployment-killed-at-any-step-is-finished-or-undone' is "$bad" ''

# An online one that cannot be undone, cut off: nobody knows how far it came, and the ledger says so.
migration 004-hard online <<'END'
test -e "$var/kill-hard" && rm "$var/kill-hard" && kill -9 $PPID
exit 0
END
cut 0.7
touch "$data/kill-hard"
deploy 0.7
run -C site deploy --undo live.minimal
check 'an-irreversible-one-that-was-cut-off-is-told' is "$(served):$(last_ran 2)" '0.1:+004-hard failed -001-due done '
run -C site ledger log live.minimal --kind migration.ran --last 1000 --json
check 'with-what-to-do' has "$(jq -r '[.events[].payload | select(.migration == "004-hard")] | last.note' <<< "$out")" 'Deploy again'
deploy 0.7
check 'the-next-deployment-runs-it-again' is "$status:$(served):$(last_ran 2)" '0:0.7:+001-due done +004-hard done '
rollback --to 0.1 --migration hello/004-hard=restore
touch "$data/kill-hard"
deploy 0.7
run -C site deploy --resume live.minimal --watch 1s
check 'who-goes-on-runs-what-was-done-no-more' is "$status:$(served):$(last_ran 3)" '0:0.7:-001-due done +001-due done +004-hard done '

# A disk that is full when the backup is made.
mkdir -p site/home/backups
if mount -t tmpfs -o size=40k tmpfs site/home/backups 2> /dev/null; then
    migration 005-more online <<< true
    cut 0.8
    head -c 200000 /dev/zero > "$data/files/big"
    deploy 0.8
    served_now=$(served):$(status_of)
    left=$(find site/home/backups -mindepth 3 | wc -l)
    umount site/home/backups
    check 'a-full-disk-at-the-backup-touches-nothing' is "$status:$served_now:$left:$(grep -ic 'error: .*no space left' <<< "$err")" 1:0.7:200:0:1
    rm "$data/files/big"
else
    skip 'a-full-disk-at-the-backup-touches-nothing' 'cannot mount'
fi

# Old backups go when nothing needs them any more.
count() { find site/home/backups/minimal/live -mindepth 1 -maxdepth 1 | wc -l; }
all=$(count)
set_version() { python3 -c "import sqlite3; sqlite3.connect('site/home/ledger.db').execute('PRAGMA user_version = $1')"; }
set_version 99
run -C site gc
check 'without-a-ledger-all-of-them-are-kept' is "$status:$(count):$(grep -c 'backups that nobody needs may be left' <<< "$err")" "0:$all:1"
set_version 1
run -C site gc -n --json
check 'a-dry-run-removes-no-backup' is "$(jq '."backups-removed" > 0' <<< "$out"):$(($(count) > 5))" true:1
run -C site gc
check 'the-newest-five-and-what-is-needed-are-kept' is "$status:$(count)" 0:5
check 'the-ledger-is-whole' exits 0 -C site ledger verify
finish

#!/usr/bin/env bash
# What was done in a home, as its ledger tells it: log, verify, export and import.
. "$(dirname "$0")/tap.sh"
export FASSEMBLER_LIBEXEC=${FASSEMBLER%/*}

run new site
mkdir site/home
base=$("$here/../free-ports" 500)
sed -i "s/base-port: [0-9]*/base-port: $base/" site/fassembler.yaml
trap '"$FASSEMBLER" -C "$work/site" down dev.minimal 2> /dev/null; chmod -R u+w "$work" 2> /dev/null; rm -rf "$work"' EXIT
ledger=site/home/ledger.db

check 'a-home-without-a-ledger-has-no-log' exits 4 -C site ledger log
check 'it-says-what-makes-one' has "$err" "'fassembler up'"
check 'asking-makes-no-ledger' test ! -e "$ledger"
check 'a-dry-run-makes-no-ledger' exits 0 -C site up dev.minimal -n
check 'nothing-is-there-after-a-dry-run' test ! -e "$ledger"
run -C site up dev.minimal
check 'up-makes-the-ledger' is "$status:$(stat -c %a "$ledger")" 0:600
run -C site ledger log --json
check 'up-is-recorded' is "$(jq -r '.events[] | "\(.position) \(.actor) \(.kind) \(.subject) \(.payload["is-new"])"' <<< "$out")" \
    "1 $(id -un) environment.up dev.minimal true"
check 'what-runs-is-recorded' is "$(jq -r '.events[0].payload.components.hello' <<< "$out")" "store/$(basename site/home/store/hello-*)"
run -C site down
run -C site ledger log dev.minimal
check 'down-is-recorded' has "$out" 'environment.down'
check 'the-log-says-which-build' has "$out" 'build='
run -C site down
run -C site ledger log --kind environment.down --json
check 'what-did-nothing-is-not-recorded' is "$(jq '.events | length' <<< "$out")" 1
check 'of-what-never-happened-there-is-nothing' exits 0 -C site ledger log live.minimal
check 'that-is-told' has "$err" 'no such events'

git init -q -b main origin
cp -r site/hello/. origin
git -C origin add -A
git -C origin -c user.name=A -c user.email=a@example.org commit -qm first
sed -i "s|^source:.*|source: {git: $work/origin, trunk: main}|" site/components/hello.yaml
run -C site develop hello
run -C site develop hello --off
run -C site ledger log hello --json
check 'develop-is-recorded-and-its-end' is "$(jq -r '[.events[] | .kind, .payload.checkout] | join(" ")' <<< "$out")" \
    'component.develop src/hello/main component.pinned src/hello/main'
chmod -R u+w site/home/sites && rm -rf site/home/sites site/home/store/roots
run -C site gc
run -C site ledger log store --json
check 'gc-is-recorded' is "$(jq -r '.events[] | .kind + " " + (.payload["names-removed"] > 0 | tostring)' <<< "$out")" 'store.gc true'
run -C site ledger log --last 2
check 'the-last-ones-are-shown' is "$(grep -cE 'component.pinned|store.gc' <<< "$out"):$(wc -l <<< "$out")" 2:3

run -C site ledger verify
check 'a-ledger-is-whole' has "$status:$out" '0:all 5 events are whole'
run -C site ledger export ../export.jsonl
check 'an-export-is-a-file-of-its-owner' is "$status:$(stat -c %a export.jsonl):$(wc -l < export.jsonl)" 0:600:5
run -C site ledger export
check 'an-export-goes-to-stdout-too' is "$out" "$(cat export.jsonl)"
# The chain is checked by other means than ours.
check 'anybody-can-check-the-hashes' python3 -c '
import hashlib, json
before = bytes(32)
for line in open("export.jsonl", "rb").read().splitlines():
    body, _, _ = line.rpartition(b",\"hash\":")
    before = hashlib.sha256(before + body + b"}").digest()
    assert before.hex() == json.loads(line)["hash"]'

run --home "$work/copy" ledger import export.jsonl
check 'an-export-is-imported' is "$status:$out" '0:added 5 events'
run --home "$work/copy" ledger import export.jsonl
check 'an-import-again-adds-nothing' is "$status:$out" '0:all of it is here already'
run --home "$work/copy" ledger export
check 'an-import-has-the-same-hashes' is "$out" "$(cat export.jsonl)"
check 'an-import-reads-standard-input' is "$("$FASSEMBLER" --home "$work/third" ledger import - --json < export.jsonl | jq '."events-added"')" 5
sed -i '3s/component/komponent/' export.jsonl
check 'a-changed-export-is-refused' exits 2 --home "$work/fourth" ledger import export.jsonl
check 'the-line-is-named' has "$err" 'line 3'
check 'what-is-not-there-is-not-imported' exits 4 --home "$work/fourth" ledger import nowhere

python3 - copy/ledger.db << 'END'
import sqlite3, sys
with sqlite3.connect(sys.argv[1]) as database:
    database.execute("DROP TRIGGER event_never_changes")
    database.execute("UPDATE event SET actor = 'eva' WHERE position = 4")
END
run --home "$work/copy" ledger verify
check 'a-changed-event-is-named' has "$status:$out" '1:event 4 is changed'
run --home "$work/copy" ledger verify --json
check 'a-verification-is-json-too' is "$(jq -r '"\(.flaw) \(.position) \(.events)"' <<< "$out")" 'changed 4 3'
check 'a-changed-export-is-refused-where-the-events-are-too' exits 2 -C site ledger import ../export.jsonl
run --home "$work/fifth" ledger import - < /dev/null
check 'nothing-can-be-imported' is "$status:$out" '0:all of it is here already'
"$FASSEMBLER" --home "$work/copy" ledger export > other.jsonl
check 'another-history-is-refused' exits 2 -C site ledger import ../other.jsonl

# A ledger that does not work stops up, before anything is changed, but neither down nor gc.
run -C site up dev.minimal
python3 -c 'import sqlite3; sqlite3.connect("site/home/ledger.db").execute("PRAGMA user_version = 99")'
run -C site ledger log
check 'a-ledger-of-a-newer-version-is-refused' has "$status:$err" '3:error: the ledger'
run -C site up dev.minimal
check 'up-wants-its-ledger' is "$status" 3
run -C site down dev.minimal -q
check 'down-needs-no-ledger' is "$status" 0
check 'down-says-that-it-was-not-recorded' has "$err" 'warning: this was not recorded'
run -C site status dev.minimal
check 'it-is-down-all-the-same' is "$status" 3
check 'gc-needs-no-ledger' exits 0 -C site gc
finish

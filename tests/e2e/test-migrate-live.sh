#!/usr/bin/env bash
# Migrations of the example product on MariaDB and SQLite, while people use it through the edge: online ones lose no request; while
# offline ones run, people are told to come back, every one of them, and nobody else fails. No write is lost. With nginx,
# DokuWiki, WordPress, MariaDB and Node.
. "$(dirname "$0")/../cli/tap.sh"
. "$here/../e2e/user.sh"
. "$here/../e2e/demo.sh"
live=$demo/home/sites/openplans/live
host=www.openplans.example:$edge

# shellcheck disable=SC2317 # called by trap
clean() {
    as_user "$FASSEMBLER" -C "$demo" edge stop
    as_user "$FASSEMBLER" -C "$demo" down live.openplans
    chmod -R u+w "$work"
    rm -rf "$work"
}
trap 'clean > /dev/null 2>&1' EXIT
sql() { as_user mariadb --defaults-file="$live/current/etc/wordpress/client.cnf" --skip-column-names -e "$1" 2>&1; }
column() { sql "SELECT count(*) FROM information_schema.columns WHERE table_name = 'wp_posts' AND column_name = 'seen'"; }
# What the blog migrates: $1 goes into what it builds. It has no repository of its own.
brings() {
    as_user python3 - "$demo/components/wordpress.yaml" "$1" <<'END'
import sys
path, scripts = sys.argv[1:]
text = open(path).read()
if 'migrations: ' not in text:
    text = text.replace('routes:\n', 'migrations: migrations\nroutes:\n')
    text = text.replace('tests:\n', '  - name: migrations\n    run: |\n      mkdir -p $out/migrations\n      cd $out/migrations\ntests:\n', 1)
text = text.replace('tests:\n', ''.join('      %s\n' % line for line in scripts.strip().split('\n')) + 'tests:\n', 1)
open(path, 'w').write(text)
END
}
# under_load COMMAND...: what it says is in out, and what people saw in result.
under_load() {
    local load
    mkfifo "$work/end"
    "$here/../e2e/load.py" "$host" "$edge" "$live/current" 25 < "$work/end" > "$work/load" &
    load=$!
    exec 8> "$work/end"
    run "$@"
    exec 8>&-
    wait "$load"
    rm "$work/end"
    result=$(cat "$work/load")
    posts=$((posts + $(jq .posts <<< "$result")))
}
posts=0
stored() { page www.openplans /tasks/api/lists | jq '[.lists[] | select(.name == "load") | .tasks] | add'; }

run -C "$demo" release cut 0.6
run -C "$demo" deploy 0.6 live.openplans --watch 1s
check 'the-first-release-goes-live' is "$status" 0
run -C "$demo" edge apply
check 'its-data-are-as-they-were' is "$(column)" 0

# Online ones, of both databases at once.
merge tasktracker topic/due:main
# shellcheck disable=SC2016 # for the scripts to expand
brings '
mkdir 001-seen
printf "mode: online\nsummary: Posts know how often they were seen\n" > 001-seen/migration.yaml
printf "%s\n" "mariadb --defaults-file=\"\$etc/client.cnf\" -e \"ALTER TABLE wp_posts ADD COLUMN IF NOT EXISTS seen INT NOT NULL DEFAULT 0\"" > 001-seen/up
printf "%s\n" "mariadb --defaults-file=\"\$etc/client.cnf\" -e \"ALTER TABLE wp_posts DROP COLUMN IF EXISTS seen\"" > 001-seen/down'
run -C "$demo" release cut 0.6.1
under_load -C "$demo" deploy 0.6.1 live.openplans --watch 1s
check 'online-migrations-go-live-under-load' is "$status:$(column):$(page www.openplans /tasks/api/lists | jq -r .release)" 0:1:0.6.1
check 'people-were-there-all-the-time' is "$(jq '.requests > 50 and .switches == 1' <<< "$result")" true
check 'no-request-failed-and-nobody-was-sent-away' is "$(jq -c '[.failed, .away, .examples]' <<< "$result")" '[0,0,[]]'
check 'nobody-met-a-release-that-was-switched-away' is "$(jq .late <<< "$result")" 0
check 'no-write-was-lost' is "$(stored)" "$posts"
run -C "$demo" history live.openplans --json
check 'both-were-written-down' is "$(jq -c '.rows[0].migrations | sort' <<< "$out")" '["+tasktracker/001-due","+wordpress/001-seen"]'
run -C "$demo" backup list --json
check 'what-could-not-be-saved-is-said' is "$(jq -c '.backups[0].components | sort_by(.component)[] | [.component, ."databases", ."not-saved"]' <<< "$out" | tr '\n' ' ')" \
    '["tasktracker",1,[]] ["wordpress",0,["its database on '"'mariadb'"' (mariadb)"]] '

# Offline ones: it goes on when enough people were told to come back, so that there were some.
merge tasktracker topic/fold:main
# shellcheck disable=SC2016 # for the scripts to expand
brings '
mkdir 002-motto
printf "mode: offline\nsummary: The blog has another motto\n" > 002-motto/migration.yaml
printf "%s\n" "log=\"\$var/../../../../../../edge/log/access.log\"" "until [ \$(grep -c \"live.openplans\" \"\$log\") -gt 0 ] && [ \$(grep -c \"\\\" 503 \" \"\$log\") -ge 20 ]; do sleep 0.1; done" "mariadb --defaults-file=\"\$etc/client.cnf\" -e \"UPDATE wp_options SET option_value = CHAR(110,101,119) WHERE option_name = CHAR(98,108,111,103,100,101,115,99,114,105,112,116,105,111,110)\"" > 002-motto/up
printf "%s\n" "mariadb --defaults-file=\"\$etc/client.cnf\" -e \"UPDATE wp_options SET option_value = CHAR(111,108,100) WHERE option_name = CHAR(98,108,111,103,100,101,115,99,114,105,112,116,105,111,110)\"" > 002-motto/down'
motto() { sql "SELECT option_value FROM wp_options WHERE option_name = 'blogdescription'"; }
run -C "$demo" release cut 0.6.2
under_load -C "$demo" deploy 0.6.2 live.openplans --watch 1s --json
check 'offline-migrations-go-live-under-load' is "$status:$(motto):$(page www.openplans /tasks/api/lists | jq -r .release)" 0:new:0.6.2
check 'some-were-told-to-come-back-and-nobody-failed' is "$(jq -c '[.failed, .examples, .away >= 20]' <<< "$result")" '[0,[],true]'
check 'each-of-them-is-counted' is "$(jq -s '.[-1]."offline-requests"' <<< "$out")" "$(jq .away <<< "$result")"
check 'how-long-is-told' is "$(jq -s '.[-1]."offline-ms" > 0' <<< "$out")" true
check 'no-write-was-lost-here-either' is "$(stored)" "$posts"
echo "# offline for $(jq -s '.[-1]."offline-ms"' <<< "$out") ms, $(jq .away <<< "$result") told to come back; p99 $(jq '."p99-ms"' <<< "$result") ms"
run -C "$demo" rollback live.openplans -n
check 'going-back-past-what-cannot-be-undone-is-refused' has "$status:$out" "3:refused: the migration 'tasktracker/002-fold'"
check 'the-plan-says-what-nobody-saves' has "$out" "NOT saved: its database on 'mariadb'"
under_load -C "$demo" rollback live.openplans --watch 1s --migration tasktracker/002-fold=keep
check 'kept-it-goes-back-and-undoes-the-other' is "$status:$(motto):$(column):$(page www.openplans /tasks/api/lists | jq -r .release)" 0:old:1:0.6.1
check 'there-too-nobody-failed' is "$(jq -c '[.failed, .examples]' <<< "$result")" '[0,[]]'
check 'and-no-write-was-lost' is "$(stored)" "$posts"
check 'the-ledger-is-whole' exits 0 -C "$demo" ledger verify
finish

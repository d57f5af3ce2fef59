#!/usr/bin/env bash
# Releases of the example product, deployed and taken back through the edge while people use it: no request is lost, no write, and
# nobody meets a release that was switched away. With nginx, DokuWiki, WordPress, MariaDB and Node.
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

run -C "$demo" release cut 0.6
check 'a-release-is-cut-from-the-repositories' is "$status" 0
run -C "$demo" deploy 0.6 live.openplans --watch 1s
check 'the-first-release-goes-live' is "$status" 0
run -C "$demo" edge apply
check 'the-blog-names-its-release' has "$(page www.openplans /blog/)" 'name="release" content="0.6"'
check 'the-wiki-answers-at-its-name' has "$(page www.openplans /)" dokuwiki
check 'the-tasks-name-their-release' is "$(page www.openplans /tasks/api/lists | jq -r .release)" 0.6
merge wp-in-openplans topic/looks:main
run -C "$demo" release cut
check 'the-next-train-is-cut' has "$out" '0.6.1, after 0.6'
database=$("$live/bin/mariadb" | awk '{ print $4 }')

mkfifo "$work/end"
"$here/../e2e/load.py" "$host" "$edge" "$live/current" 25 < "$work/end" > "$work/load" &
load=$!
exec 8> "$work/end"
run -C "$demo" deploy 0.6.1 live.openplans --watch 1s
deployed=$status:$(page www.openplans /tasks/api/lists | jq -r .release)
run -C "$demo" rollback live.openplans --watch 1s
back=$status:$(page www.openplans /tasks/api/lists | jq -r .release)
exec 8>&-
wait "$load"
result=$(cat "$work/load")
check 'the-next-release-goes-live-under-load' is "$deployed" 0:0.6.1
check 'and-back' is "$back" 0:0.6
check 'people-were-there-all-the-time' is "$(jq '.requests > 50 and .switches == 2' <<< "$result")" true
check 'no-request-failed' is "$(jq -c '[.failed, .examples, .away]' <<< "$result")" '[0,[],0]'
check 'nobody-met-a-release-that-was-switched-away' is "$(jq .late <<< "$result")" 0
stored=$(page www.openplans /tasks/api/lists | jq '[.lists[] | select(.name == "load") | .tasks] | add')
check 'no-write-was-lost' is "$stored" "$(jq .posts <<< "$result")"
check 'the-database-was-not-restarted' is "$("$live/bin/mariadb" | awk '{ print $4 }')" "$database"
run -C "$demo" board --json
check 'the-board-says-so' is "$(jq -r '.sites[0].environments[0] | "\(.release) \(.health)"' <<< "$out")" '0.6 well'
finish

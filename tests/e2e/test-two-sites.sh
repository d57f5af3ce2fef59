#!/usr/bin/env bash
# Three weeks of the example product: two sites with live, stage and dev each, and one to try a fix on, all up at once; each
# release goes from stage to one live site and a week later to the other. A fix that jumps the queue is not lost by what follows,
# and a release that disappoints is taken back. With nginx, DokuWiki, WordPress, MariaDB and Node.
. "$(dirname "$0")/../cli/tap.sh"
. "$here/../e2e/user.sh"
. "$here/../e2e/demo.sh"
# Two are enough for one who looks at it.
as_user sed -i 's/workers: 8/workers: 2/; s/256M/64M/' "$demo/sites/openplans.yaml"
environments=(stage.nycstreets stage.openplans live.nycstreets live.openplans dev.nycstreets dev.openplans leapfrog.openplans)

stop_all() {
    local environment
    run -C "$demo" edge stop
    for environment in "${environments[@]}"; do
        as_user "$FASSEMBLER" -C "$demo" down "$environment" > "$work/down-$environment" 2>&1 &
    done
    wait
}
# shellcheck disable=SC2317 # called by trap
clean() {
    stop_all
    chmod -R u+w "$work"
    rm -rf "$work"
}
trap 'clean > /dev/null 2>&1' EXIT

# deploy RELEASE ENVIRONMENT...: the statuses, each with what it says of a failure.
deploy() {
    local release=$1 environment said=''
    shift
    for environment in "$@"; do
        run -C "$demo" deploy "$release" "$environment" --watch 1s
        said="$said$status"
        [ "$status" = 0 ] || said="$said: $err "
    done
    told=$said
}
# made_by HOST: the release that the blog, the wiki and the task lists name there.
made_by() {
    local blog wiki tasks
    blog=$(page "$1" /blog/ | sed -n 's/.*name="release" content="\([^"]*\)".*/\1/p')
    wiki=$(page "$1" / | sed -n 's/.*name="release" content="\([^"]*\)".*/\1/p')
    tasks=$(page "$1" /tasks/api/lists | jq -r .release)
    echo "$blog $wiki $tasks"
}
# What the board says, but for the times.
board() {
    run -C "$demo" board --json
    jq -r '.sites[].environments[] | "\(.environment) \(.release) \(.health)"' <<< "$out"
}

# The first week: 0.6 is looked at on stage, and goes live on one site. Meanwhile colleagues merge what becomes 0.6.1.
run -C "$demo" release cut 0.6 --why 'the first of this year'
check 'the-first-release-is-cut' is "$status" 0
deploy 0.6 stage.nycstreets stage.openplans live.nycstreets
check 'it-goes-to-both-stages-and-to-one-live-site' is "$told" 000
run -C "$demo" edge apply
check 'one-edge-leads-to-all-of-them' is "$status" 0
for environment in dev.nycstreets dev.openplans; do
    run -C "$demo" up "$environment"
    [ "$status" = 0 ] || break
done
check 'developers-have-the-trunk-of-both' is "$status" 0
merge wp-in-openplans topic/looks:main
merge tasktracker topic/due:main
run -C "$demo" release cut --json
check 'the-next-train-brings-what-was-merged' is "$(jq -r '"\(.release) \([.changes[].commits[]?] | length)"' <<< "$out")" '0.6.1 2'
check 'it-says-what-a-deployer-must-know' has "$out" '001-due adds a column'
deploy 0.6.1 stage.nycstreets stage.openplans
check 'it-is-looked-at-on-both-stages' is "$told" 00

# The second week: one train behind on the other site.
deploy 0.6 live.openplans
check 'the-first-release-goes-live-on-the-other-site' is "$told" 0
deploy 0.6.1 live.nycstreets
check 'while-the-next-one-goes-live-on-the-first' is "$told" 0
run -C "$demo" edge apply
check 'each-site-names-its-own-release' is "$(made_by www.nycstreets), $(made_by www.openplans)" '0.6.1 0.6.1 0.6.1, 0.6 0.6 0.6'
check 'the-new-looks-are-on-one-site-only' is "$(page www.nycstreets /blog/ | grep -c Follow) $(page www.openplans /blog/ | grep -c Follow)" '1 0'

run -C "$demo" history live.nycstreets --json
check 'its-data-were-migrated' is "$(jq -c '.rows[0].migrations' <<< "$out")" '["+tasktracker/001-due"]'

# Something is wrong with 0.6 on live.openplans: the fix does not wait for its train.
merge tasktracker fix/one-line:release/0.6
run -C "$demo" release cut --from 0.6 --why 'titles of several lines break the page' --json
check 'a-fix-jumps-the-queue' is "$(jq -r '"\(.release) \(.parent)"' <<< "$out")" '0.6.0.1 0.6'
deploy 0.6.0.1 leapfrog.openplans live.openplans
check 'it-is-tried-on-leapfrog-and-goes-live' is "$told" 00
check 'the-fix-is-there' is "$(made_by www.openplans)" '0.6.0.1 0.6.0.1 0.6.0.1'
deploy 0.6.1 live.openplans
check 'what-would-lose-the-fix-is-refused' has "$told" '3:'
check 'the-change-is-named' has "$err" "the change 'tasktracker 9ab4f0dacc8e', which runs there now, would be lost"
run -C "$demo" where 9ab4f0dacc8e --json
check 'the-fix-is-found-where-it-is' is "$(jq -r '[.environments[] | select(.["has-it"] == "yes") | .environment] | join(" ")' <<< "$out")" 'leapfrog.openplans live.openplans'

# The third week: what is cut from a trunk that has the fix may go there.
merge tasktracker topic/fold:main
run -C "$demo" release cut --json
check 'the-third-train-is-cut' is "$(jq -r '.release' <<< "$out")" 0.6.2
deploy 0.6.2 stage.nycstreets stage.openplans live.openplans
check 'what-has-the-fix-may-go-live' is "$told" 000
run -C "$demo" release diff 0.6.0.1 0.6.2
check 'what-is-new-there-is-told' has "$out" 'theme: be blue, and lead to the feed'

# It disappoints.
run -C "$demo" rollback live.openplans --watch 1s --why 'the days are wrong'
check 'going-back-past-what-cannot-be-undone-is-refused' has "$status:$err" "3:error: the migration 'tasktracker/002-fold'"
run -C "$demo" rollback live.openplans --watch 1s --why 'the days are wrong' --migration tasktracker/002-fold=restore
check 'the-release-before-comes-back' is "$status:$(made_by www.openplans)" '0:0.6.0.1 0.6.0.1 0.6.0.1'
check 'the-board-has-all-of-it' is "$(board)" 'dev.nycstreets trunk well
live.nycstreets 0.6.1 well
stage.nycstreets 0.6.2 well
dev.openplans trunk well
leapfrog.openplans 0.6.0.1 well
live.openplans 0.6.0.1 well
stage.openplans 0.6.2 well'
run -C "$demo" history live.openplans --json
check 'and-the-history-how-it-came' is "$(jq -r '[.rows[] | "\(.kind) \(.release)"] | reverse | join(", ")' <<< "$out")" 'deploy 0.6, deploy 0.6.0.1, deploy 0.6.2, rollback 0.6.0.1'
check 'it-says-why' is "$(jq -r '.rows[0].why' <<< "$out")" 'the days are wrong'
check 'the-ledger-is-whole' exits 0 -C "$demo" ledger verify
stop_all
# shellcheck disable=SC2009 # whose environment and folder they have is what is looked for
check 'nothing-runs-on' is "$(ps -e -o args | grep -F "$demo/home" | grep -v grep)" ''
finish

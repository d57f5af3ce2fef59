#!/usr/bin/env bash
# Backstage follows the trunks by itself and survives what is broken there; leapfrog follows live.
. "$(dirname "$0")/tap.sh"
export FASSEMBLER_LIBEXEC=${FASSEMBLER%/*}
export GIT_AUTHOR_NAME=Ana GIT_AUTHOR_EMAIL=ana@example GIT_COMMITTER_NAME=Ana GIT_COMMITTER_EMAIL=ana@example

run new site
mkdir site/home
base=$("$here/../free-ports" 500)
sed -i "s/base-port: [0-9]*/base-port: $base/; s|^environments:|&\n  backstage: {host: backstage, track: trunk, ports: 200}\n  leapfrog: {host: leapfrog, track: live+fix, ports: 300}|" site/fassembler.yaml
mv site/hello repo
git -C repo init -q -b main
sed -i "s|^source:.*|source: {git: \"$work/repo\", trunk: main}|" site/components/hello.yaml
commit() { git -C repo add -A && git -C repo commit -q -m "$1"; }

# shellcheck disable=SC2317 # called by trap
clean() {
    for environment in live backstage leapfrog; do
        "$FASSEMBLER" -C "$work/site" down "$environment.minimal"
    done
    chmod -R u+w "$work"
    rm -rf "$work"
}
trap 'clean > /dev/null 2>&1' EXIT
show() { "$FASSEMBLER" -C site env show "$1.minimal" --json | jq -r "$2"; }
page() { curl -s "$(show backstage .url)/"; }
events() { "$FASSEMBLER" -C site ledger log --kind "$1" --last 1000 --json | jq -r '.events | length'; }

commit 'hello'
run -C site build live.minimal
cp site/fassembler.lock lock
check 'what-runs-releases-is-not-refreshed' exits 3 -C site refresh live.minimal
check 'it-says-what-to-do' has "$err" 'fassembler deploy LABEL live.minimal'
check 'nor-is-what-is-not-there' exits 4 -C site refresh backstag.minimal
run -C site refresh backstage.minimal --json
check 'the-first-refresh-brings-it-up' is "$status:$(jq -r '"\(.release) \(."is-new")"' <<< "$out")" '0:trunk true'
check 'it-serves' has "$(page)" 'It works'
run -C site refresh backstage.minimal --json
check 'without-news-nothing-is-switched' is "$status:$(jq -r '."is-new"' <<< "$out")" 0:false
sed -i 's/It works/It works better/' repo/www/index.html
commit 'better'
run -C site refresh backstage.minimal
check 'the-trunk-of-now-is-fetched' is "$status:$(page | grep -c better)" 0:1
check 'the-lock-of-the-product-stays' cmp lock site/fassembler.lock

# The trunk does not build.
good=$(show backstage .build)
sed -i 's|cp -r www|test -e www/index.html; cp -r www|' site/components/hello.yaml
git -C repo mv www/index.html www/home.html
commit 'oops'
run -C site refresh backstage.minimal
check 'what-does-not-build-fails' has "$status:$err" '1:'
check 'it-says-that-nothing-was-lost' has "$err" 'goes on with what it had'
check 'the-last-good-build-runs' is "$(show backstage .build):$(page | grep -c better)" "$good:1"
check 'the-environment-is-broken' is "$(show backstage .broken.what)" build
since=$(show backstage .broken.since)
run -C site board --json
check 'the-board-says-so-and-why' is "$(jq -r '[.sites[0].environments[] | select(.name == "backstage")."in-the-way"[] | .what] | join(" ")' <<< "$out")" broken
run -C site status backstage.minimal
check 'the-status-says-so-too' has "$status:$out" '0:broken since'
run -C site env list
check 'and-the-list' has "$out" broken
run -C site refresh backstage.minimal
check 'the-same-failure-is-recorded-once' is "$status:$(events environment.broken):$(show backstage .broken.since)" "1:1:$since"

# It builds, but does not come up.
git -C repo mv www/home.html www/index.html
commit 'back again'
sed -i '1a import sys; sys.exit("no such luck")' repo/bin/serve
commit 'dies at once'
run -C site refresh backstage.minimal
check 'what-does-not-come-up-fails' has "$status:$err" 'no such luck'
check 'it-is-taken-back' is "$(show backstage .build):$(page | grep -c better)" "$good:1"
check 'the-reason-is-another-now' is "$(show backstage .broken.what):$(events environment.broken)" start:2
run -C site status backstage.minimal
check 'all-of-the-good-one-runs' is "$status" 0
git -C repo revert --no-edit HEAD > /dev/null
run -C site refresh backstage.minimal
check 'what-is-repaired-is-refreshed' is "$status:$(show backstage .broken)" 0:null

# Leapfrog is as live is.
run -C site refresh leapfrog.minimal
check 'without-a-release-on-live-there-is-nothing-to-follow' has "$status:$err" '4:error: live.minimal runs no release yet'
check 'and-nothing-is-broken' is "$(show leapfrog .broken)" null
run -C site release cut 0.1
run -C site deploy 0.1 live.minimal --watch 1s
run -C site refresh leapfrog.minimal
check 'leapfrog-gets-what-live-runs' is "$status:$(show leapfrog .release):$(show leapfrog .broken)" 0:0.1:null
run -C site history leapfrog.minimal --json
check 'its-history-calls-it-a-refresh' is "$(jq -r '.rows[0].kind' <<< "$out")" refresh
run -C site refresh leapfrog.minimal --json
check 'it-has-it-already' is "$status:$(jq -r '."is-new"' <<< "$out")" 0:false
run -C site down leapfrog.minimal
run -C site refresh leapfrog.minimal
check 'what-was-stopped-is-started' is "$status:$(show leapfrog .health)" 0:well

# By itself, by its rule.
sed -i 's|track: trunk, ports: 200|track: trunk, ports: 200, refresh: daily|' site/fassembler.yaml
check 'a-rule-that-is-none-is-told' exits 2 -C site check
check 'it-says-how-one-looks' has "$err" 'FREQ=DAILY'
sed -i 's|refresh: daily|refresh: "FREQ=DAILY;BYDAY=MO,TU"|; s|track: release,|track: release, refresh: FREQ=DAILY,|' site/fassembler.yaml
check 'releases-do-not-come-by-a-rule' exits 2 -C site check
sed -i 's|track: release, refresh: FREQ=DAILY,|track: release,|' site/fassembler.yaml
run -C site refresh backstage.minimal
check 'a-rule-becomes-a-program-of-the-supervisor' has "$status:$(cat site/home/sites/minimal/backstage/current/etc/supervisord.conf)" 'schedule=0 6 * * 1,2'
run -C site status backstage.minimal
check 'that-it-waits-is-well' is "$status" 0
check 'and-is-well-on-the-board' is "$(show backstage .health)" well
before=$(show backstage .build)
sed -i 's/It works better/It works by itself/' repo/www/index.html
commit 'by itself'
site/home/sites/minimal/backstage/bin/supervisorctl start fassembler-refresh > started
until [ "$(show backstage .build)" != "$before" ]; do :; done
until page | grep -q 'by itself'; do :; done
check 'the-program-refreshes-the-environment' lacks "$(show backstage .build)" "$before"
until site/home/sites/minimal/backstage/bin/supervisorctl status fassembler-refresh | grep -q EXITED; do :; done
run -C site restart all -e backstage.minimal
check 'to-restart-all-refreshes-nothing' is "$status:$(site/home/sites/minimal/backstage/bin/supervisorctl pid fassembler-refresh)" 0:0
check 'the-ledger-is-whole' exits 0 -C site ledger verify
finish

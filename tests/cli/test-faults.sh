#!/usr/bin/env bash
# What can go wrong with releases and deployments, one after the other: each is told, with what to do, and nothing is harmed.
. "$(dirname "$0")/tap.sh"
export FASSEMBLER_LIBEXEC=${FASSEMBLER%/*}
export GIT_AUTHOR_NAME=ana GIT_AUTHOR_EMAIL=ana@example.org GIT_COMMITTER_NAME=ana GIT_COMMITTER_EMAIL=ana@example.org
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1

run new site
mkdir site/home
base=$("$here/../free-ports" 500)
edge=$((base + 499))
sed -i "s/base-port: [0-9]*/base-port: $base/; s/  dev:.*/  dev: {host: dev, track: anything, ports: 100}\n  backstage: {host: backstage, track: trunk, ports: 200}/" site/fassembler.yaml
echo "edge: {listen: \"127.0.0.1:$edge\"}" >> site/fassembler.yaml
live=site/home/sites/minimal/live
recipe=site/components/hello.yaml

# shellcheck disable=SC2317 # called by trap
clean() {
    "$FASSEMBLER" -C "$work/site" edge stop
    "$FASSEMBLER" -C "$work/site" down live.minimal
    chmod -R u+w "$work"
    rm -rf "$work"
}
trap 'clean > /dev/null 2>&1' EXIT

# The component is in a repository of its own.
git -C site/hello init -q -b main
git -C site/hello add .
git -C site/hello commit -qm one
git clone -q --bare site/hello site/hello.git
rm -rf site/hello
sed -i 's|^source:.*|source: {git: hello.git, trunk: main, releases: "release/*"}|' "$recipe"
commit() {
    rm -rf checkout
    git clone -q site/hello.git checkout
    git -C checkout commit -q --allow-empty -m "$1"
    git -C checkout push -q
}
served() { jq -r .release < "$live/current/build.json"; }
well() { [ "$(served)" = 0.1 ] && [ "$("$FASSEMBLER" -C site status live.minimal --json | jq -r '[.processes[].state] | join(" ")')" = RUNNING ]; }

run -C site release cut 0.1
check 'a-release-is-cut' is "$status" 0
run -C site deploy 0.1 live.minimal --no-watch
run -C site edge apply
check 'and-serves' well

# A cut.
commit two
git -C site/hello.git tag minimal-0.2 main~1
run -C site release cut 0.2
check 'a-tag-that-is-on-another-revision-is-in-the-way' has "$status:$err" '3:'
check 'what-to-do-about-a-tag-is-told' has "$err" 'move the tag by hand'
git -C site/hello.git tag -d minimal-0.2 > gone
git -C site/hello.git branch release/0.2 main~1
run -C site release cut 0.2
check 'a-branch-that-moved-under-a-cut-is-in-the-way' has "$status:$err" '3:'
check 'what-to-do-about-a-branch-is-told' has "$err" '--from RELEASE'
git -C site/hello.git branch -D release/0.2 > gone
check 'a-label-is-used-once' exits 3 -C site release cut 0.1
check 'what-was-used-is-named' has "$err" "0.1"
mv site/hello.git away.git
run -C site release cut 0.2
check 'a-repository-that-is-gone-is-told' is "$status:$(grep -c "check the location" <<< "$err")" 4:1
run -C site deploy 0.1 dev.minimal --no-watch
check 'what-was-cut-before-needs-no-repository' is "$status" 0
run -C site down dev.minimal
mv away.git site/hello.git
run -C site release cut 0.2
check 'and-nothing-was-left-half-cut' is "$status" 0
# Its last revision changed nothing: what is built of it is there already, under the name of the one before.
run -C site deploy 0.2 live.minimal --no-watch
check 'what-is-the-same-is-not-built-again' is "$status:$(served):$(find site/home/store -maxdepth 1 -name "hello-*" | wc -l)" 0:0.2:1
run -C site rollback live.minimal --no-watch

# Where it may go.
check 'a-track-of-trunk-takes-no-release' exits 3 -C site deploy 0.1 backstage.minimal
check 'it-says-which-track' has "$err" 'trunk'

# A health check that never answers, a smoke test that hangs, and both are waited for no longer than one is patient.
cp "$recipe" whole
sed -i "s|^    health:.*|    health: \"tcp:127.0.0.1:$((base + 498))\"|" "$recipe"
run -C site release cut 0.2.1
run -C site deploy 0.2.1 live.minimal --no-watch --patience 1s
check 'a-health-check-that-never-answers-is-told' has "$status:$err" "is not up after 1 seconds"
check 'and-what-ran-serves-on' well
cp whole "$recipe"
sed -i 's|^tests:|tests:\n  smoke: [sleep 1000]|' "$recipe"
run -C site release cut 0.2.2
run -C site deploy 0.2.2 live.minimal --no-watch --patience 1s
check 'a-smoke-test-that-hangs-is-told' has "$status:$err" "1:"
check 'which-it-was' has "$err" "smoke test of 'hello'"
check 'and-what-ran-serves-still' well
cp whole "$recipe"

# The edge.
run -C site edge stop
echo 'no_such_thing on;' > site/home/edge/conf.d/mine.conf
run -C site edge apply
check 'an-nginx-that-refuses-its-configuration-is-told' has "$status:$err" "1:error: nginx refuses the edge's configuration"
check 'in-its-own-words' has "$err" 'no_such_thing'
rm site/home/edge/conf.d/mine.conf
run -C site edge apply
check 'once-it-is-mended-it-starts' is "$status" 0
echo 'no_such_thing on;' > site/home/edge/conf.d/mine.conf
run -C site deploy 0.2 live.minimal --no-watch
check 'a-deployment-that-the-edge-cannot-follow-is-undone' has "$status:$err" "1:"
check 'it-says-that-it-was-the-edge' has "$err" "nginx refuses the edge's configuration"
check 'and-what-ran-serves-as-before' well
rm site/home/edge/conf.d/mine.conf

# A release whose parts are not here: the ledger came from another host.
cp -r site other
chmod -R u+w other/home
rm -rf other/home
mkdir other/home
run -C site ledger export
printf '%s\n' "$out" > lines
check 'a-ledger-is-taken-to-another-host' exits 0 -C other ledger import "$work/lines"
run -C other release verify 0.1
check 'a-release-that-lacks-what-it-is-made-of-is-told' has "$status:$out$err" '1:'
check 'what-it-lacks-is-named' has "$out$err" '0.1'
run -C other deploy 0.1 dev.minimal --no-watch
check 'and-does-not-go-anywhere' is "$((status > 0)):$(find other/home/sites -name current)" 1:

# The ledger.
run -C site edge stop
cp site/home/ledger.db whole.db
rm -f site/home/ledger.db-*
truncate -s -5000 site/home/ledger.db
run -C site deploy 0.2 live.minimal --no-watch
check 'a-truncated-ledger-is-told' has "$status:$err" '1:error: the ledger'
check 'and-what-to-do' has "$err" 'ledger import'
cp whole.db site/home/ledger.db
python3 -c "import sqlite3; d = sqlite3.connect('site/home/ledger.db'); d.execute('PRAGMA user_version=99'); d.commit()"
run -C site deploy 0.2 live.minimal --no-watch
check 'a-ledger-of-a-newer-version-is-not-touched' has "$status:$err" '3:error: the ledger'
python3 -c "import sqlite3; d = sqlite3.connect('site/home/ledger.db'); d.execute('PRAGMA user_version=1'); d.commit()"
run -C site deploy 0.2 live.minimal --no-watch
check 'with-its-own-ledger-all-goes-on' is "$status:$(served)" 0:0.2
check 'which-is-whole' exits 0 -C site ledger verify
finish

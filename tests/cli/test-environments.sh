#!/usr/bin/env bash
# Environments and sites: which there are, new ones, those that are given up, and what their tracks hold up.
. "$(dirname "$0")/tap.sh"
export FASSEMBLER_LIBEXEC=${FASSEMBLER%/*}

run new site
mkdir site/home
base=$("$here/../free-ports" 500)
edge=$("$here/../free-ports" 1)
sed -i "s/base-port: [0-9]*/base-port: $base/" site/fassembler.yaml
echo "edge: {listen: \"127.0.0.1:$edge\"}" >> site/fassembler.yaml
live=site/home/sites/minimal/live

# shellcheck disable=SC2317 # called by trap
clean() {
    "$FASSEMBLER" -C "$work/site" edge stop
    for environment in live.minimal dev.minimal dev.town; do
        "$FASSEMBLER" -C "$work/site" down "$environment"
    done
    chmod -R u+w "$work"
    rm -rf "$work"
}
trap 'clean > /dev/null 2>&1' EXIT
state() { "$FASSEMBLER" -C site env show "$1" --json | jq -r "${2:-.state}"; }
page() { curl -s -H "Host: www.minimal.example" "http://127.0.0.1:$edge/greeting.txt"; }
events() { "$FASSEMBLER" -C site ledger log --kind "$1" --last 1000 --json | jq -r '.events | length'; }

run -C site env list --json
check 'all-environments-are-listed' is "$(jq -r '[.environments[] | "\(.environment) \(.track) \(.state)"] | join(", ")' <<< "$out")" \
    'live.minimal release empty, dev.minimal anything empty'
run -C site env list
check 'they-are-a-table-too' has "$status:$out" 'live.minimal'
check 'one-that-is-not-there-is-not-found' exits 4 -C site env show life.minimal
check 'the-nearest-is-named' has "$err" "did you mean 'live.minimal'?"

# A track that is for releases runs no snapshot.
check 'up-is-held-to-the-track' exits 3 -C site up live.minimal
check 'it-says-what-to-do-first' has "$err" 'release cut'
check 'a-dry-run-says-so-too' exits 3 -C site up live.minimal -n
run -C site release cut 0.1
check 'a-release-is-cut' is "$status" 0
run -C site up live.minimal
check 'and-then-what-to-deploy' has "$status:$err" 'fassembler deploy 0.1 live.minimal'
run -C site deploy 0.1 live.minimal --watch 1s
check 'it-is-deployed' is "$status" 0
run -C site board --json
check 'the-board-knows-track-and-address' is "$(jq -r '.sites[0].environments[0] | "\(.track) \(.host)"' <<< "$out")" 'release www.minimal.example'
build=$(state live.minimal .build)
run -C site down live.minimal
run -C site up live.minimal -n
check 'a-dry-run-tells-what-would-be-started' has "$status:$out" '0:0.1 would be started'
run -C site up live.minimal
check 'what-was-deployed-is-started-as-it-is' is "$status:$(state live.minimal .build):$(state live.minimal .release)" "0:$build:0.1"
run -C site up live.minimal
check 'again-too' is "$status" 0
check 'its-settings-are-those-of-the-cut' exits 3 -C site up live.minimal hello.greeting=Hallo
run -C site up live.minimal --why 'the release is lost'
check 'a-snapshot-runs-there-when-it-has-to' is "$status:$(state live.minimal .release)" 0:trunk
check 'the-ledger-says-why' is "$(state live.minimal .why)" 'the release is lost'
run -C site deploy 0.1 live.minimal --watch 1s
check 'a-release-takes-its-place-again' is "$status:$(state live.minimal .release)" 0:0.1

# One more, in the file that a person wrote.
sed -i 's|^environments:|# Who uses what.\nenvironments: # by name|' site/fassembler.yaml
cp site/fassembler.yaml before
check 'an-unknown-name-wants-a-track' exits 2 -C site env create qa.minimal
check 'an-environment-is-one-of-a-site' exits 2 -C site env create qa
check 'the-site-has-to-be-there' exits 4 -C site env create qa.minimul --track release
check 'a-port-that-is-none-is-told' exits 2 -C site env create qa.minimal --track release --ports 150
check 'a-port-that-is-taken-is-told' exits 2 -C site env create qa.minimal --track release --ports 100
check 'what-contradicts-the-file-is-told' exits 6 -C site env create live.minimal --track trunk
run -C site env create qa.minimal --track release -n
check 'nothing-was-written-by-all-this' is "$status:$(cmp before site/fassembler.yaml && find site -name '.fassembler*')" 0:
run -C site env create qa.minimal --track release --why 'for testers'
check 'an-environment-is-added' is "$status:$(state qa.minimal '"\(.track) \(.host) \(.state)"')" '0:release qa.minimal.example empty'
run -C site board
check 'what-nothing-was-brought-to-is-empty-not-ill' has "$(grep qa.minimal <<< "$out")" 'empty'
check 'the-file-keeps-its-comments' is "$(grep -c '# Who uses what.\|# by name' site/fassembler.yaml)" 2
check 'and-is-right' exits 0 -C site check
check 'the-ledger-has-it' is "$(events environment.created)" 1
run -C site env create qa.minimal
check 'what-is-there-is-not-added-twice' is "$status:$(events environment.created)" 0:1
run -C site board --json
check 'the-board-shows-it' is "$(jq -r '[.sites[].environments[].environment] | join(" ")' <<< "$out")" 'live.minimal qa.minimal'

# A site.
check 'a-site-is-there-once' exits 6 -C site new-site minimal
check 'a-name-is-one' exits 2 -C site new-site 'My Town'
check 'a-base-port-is-a-port' exits 2 -C site new-site town --base-port 99999
check 'ports-of-two-sites-do-not-meet' exits 2 -C site new-site town --base-port $((base + 100))
run -C site new-site town -n
check 'a-dry-run-says-which-domain-it-would-have' has "$status:$err" '0:site town would be there: town.example'
check 'and-writes-nothing' is "$(cd site/sites && echo *)" minimal.yaml
town=$("$here/../free-ports" 500)
run -C site new-site town --base-port "$town"
check 'a-site-is-made' is "$status:$(cd site/sites && echo *)" '0:minimal.yaml town.yaml'
check 'the-product-is-right' exits 0 -C site check
check 'the-file-keeps-its-comments-still' is "$(grep -c '# Who uses what.\|# by name' site/fassembler.yaml)" 2
check 'it-has-all-environments' is "$(state dev.town '"\(.track) \(.host)"')" 'anything dev.town.example'
run -C site up dev.town
check 'and-comes-up' is "$status:$(state dev.town)" 0:up
run -C site status --json
check 'a-status-without-a-name-is-of-all-that-the-home-has' is "$status:$(jq -r '[.environments[] | "\(.environment) \(.running)"] | join(", ")' <<< "$out")" '0:dev.town true, live.minimal true'
run -C site status
check 'a-line-each' is "$(awk '{ print $1, $2, $4, $5 }' <<< "$out")" 'ENVIRONMENT STATE PROCESSES ADDRESS
dev.town up 1 run
live.minimal up 1 run'

# Given up.
run -C site edge apply
check 'live-is-on-the-edge' has "$(page)" Welcome
exec 9<> "$live/.deploy"
flock 9
run -C site env retire live.minimal --why 'nobody comes'
exec 9>&-
check 'not-while-it-is-deployed-to' is "$status:$(state live.minimal)" 6:up
run -C site env retire live.minimal --why 'nobody comes'
check 'an-environment-is-retired' is "$status:$(state live.minimal)" 0:retired
check 'its-data-is-kept' test -d "$live/var"
check 'it-is-off-the-edge' lacks "$(page)" Welcome
check 'nothing-of-it-runs' exits 3 -C site status live.minimal
run -C site status
check 'but-what-is-retired-need-not' is "$status:$(awk '$1 == "live.minimal" { print $2 }' <<< "$out")" 0:retired
check 'nothing-is-brought-there' exits 3 -C site deploy 0.1 live.minimal
check 'not-by-up-either' exits 3 -C site up live.minimal --why 'all the same'
check 'it-says-how-to-bring-it-back' has "$err" 'env create live.minimal'
check 'twice-is-told' exits 3 -C site env retire live.minimal
run -C site env list --json
check 'it-is-not-listed' lacks "$out" live.minimal
run -C site env list --all --json
check 'but-with-all-it-is' has "$out" live.minimal
run -C site env create live.minimal
check 'it-is-brought-back' is "$status:$(state live.minimal)" 0:down
run -C site up live.minimal
check 'with-what-ran-there' is "$status:$(state live.minimal .release)" 0:0.1
check 'to-delete-its-data-is-asked-about' exits 2 -C site env retire live.minimal --delete-data
check 'without-an-answer-nothing-is-done' is "$(state live.minimal)" up
run -C site env retire live.minimal --delete-data --yes
check 'its-data-is-deleted-when-told' is "$status:$(ls -A site/home/sites/minimal)" 0:
run -C site env create live.minimal
check 'it-begins-anew' is "$status:$(state live.minimal)" 0:empty
run -C site deploy 0.1 live.minimal --watch 1s
check 'and-is-deployed-to' is "$status:$(state live.minimal)" 0:up
run -C site env retire life.minimal
check 'what-is-not-there-is-not-retired' has "$status:$err" "did you mean 'live.minimal'?"

# What the product has no more is in the ledger still.
sed -i '/^  qa:/d' site/fassembler.yaml
check 'what-the-file-has-no-more-is-shown' is "$(state qa.minimal '."is-configured"')" false
check 'the-ledger-is-whole' exits 0 -C site ledger verify
finish

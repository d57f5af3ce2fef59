#!/usr/bin/env bash
# What a deployer must know: notes by hand and out of commits, between two releases, and carried out where they have to be.
. "$(dirname "$0")/tap.sh"
export FASSEMBLER_LIBEXEC=${FASSEMBLER%/*}
export GIT_AUTHOR_NAME=Ana GIT_AUTHOR_EMAIL=ana@example GIT_COMMITTER_NAME=Ana GIT_COMMITTER_EMAIL=ana@example

run new site
mkdir site/home
base=$("$here/../free-ports" 500)
sed -i "s/base-port: [0-9]*/base-port: $base/" site/fassembler.yaml
mv site/hello repo
git -C repo init -q -b main
sed -i "s|^source:.*|source: {git: \"$work/repo\", trunk: main}|; s|^port: 0|port: 0\nmigrations: migrations|" site/components/hello.yaml
commit() { git -C repo add -A && git -C repo commit -q "$@" && git -C repo rev-parse HEAD; }

# shellcheck disable=SC2317 # called by trap
clean() {
    "$FASSEMBLER" -C "$work/site" down live.minimal
    chmod -R u+w "$work"
    rm -rf "$work"
}
trap 'clean > /dev/null 2>&1' EXIT
events() { "$FASSEMBLER" -C site ledger log --kind "$1" --last 1000 --json | jq -r '.events | length'; }
deploy() { run -C site deploy "$1" live.minimal --watch 1s "${@:2}"; }

commit -m 'hello' > /dev/null
run -C site release cut 0.1
check 'the-first-release-has-no-notes' lacks "$status:$out" note
run -C site release notes 0.1
check 'nor-does-it-say-between-what' is "$status:$err" '0:0.1 brings no notes'
deploy 0.1
check 'it-is-deployed' is "$status" 0

check 'a-note-wants-a-component' exits 2 -C site note add --kind none
check 'a-note-wants-a-kind' exits 2 -C site note add --component hello --text x
check 'a-note-wants-a-text' exits 2 -C site note add --component hello --kind manual
check 'nothing-is-no-text' exits 2 -C site note add --component hello --kind manual --text ' '
check 'of-the-kinds-there-are-four' exits 2 -C site note add --component hello --kind manuel --text x
check 'the-nearest-kind-is-named' has "$err" manual
check 'a-component-that-is-gone-is-not-found' exits 4 -C site note add --component hallo --kind none
check 'the-nearest-component-is-named' has "$err" "did you mean 'hello'?"
check 'an-unknown-revision-is-told' lacks "$(exits 0 -C site note add -c hello -k none -r 1234567; echo $?)" 0
check 'an-unknown-release-is-not-found' exits 4 -C site note add -c hello -k none --release 0.7
check 'nothing-was-recorded-of-all-this' is "$(events note.added)" 0

# One note a way: in a commit, of a commit, of the next release.
echo 1 >> repo/www/index.html
trailer=$(commit -m 'page: more' -m 'Deployment-Note: config: set the greeting')
echo 2 >> repo/www/index.html
plain=$(commit -m 'page: even more')
run -C site note add -c hello -k manual -t 'ring the bell'
check 'a-note-of-the-next-release-is-added' is "$status" 0
run -C site note add -c hello -k migration -t 'takes a minute' --revision "${plain:0:8}"
check 'a-note-of-a-commit-is-added' is "$status" 0
run -C site release cut -n --json
check 'a-dry-run-of-a-cut-shows-them-all' is "$(jq -r '[.notes[].kind] | sort | join(" ")' <<< "$out")" 'config manual migration'
check 'and-records-none' is "$(events note.added)" 2
run -C site release cut
check 'a-cut-shows-its-notes' has "$status:$out" 'note: hello (manual): ring the bell'
check 'the-note-of-a-commit-is-recorded-with-the-cut' is "$(events note.added)" 3
run -C site release notes 0.1.1 --json
check 'notes-tell-their-commit' is "$(jq -r '.notes[] | select(.["is-from-commit"]).revision' <<< "$out")" "$trailer"
check 'and-each-has-an-id' is "$(jq -r '[.notes[].id] | unique | length' <<< "$out")" 3
run -C site release notes 0.1.1
check 'they-are-lines-too' has "$status:$out" "note: hello (migration): takes a minute  [${plain:0:12}]"
run -C site release cut 0.1.2
check 'a-note-belongs-to-one-release' lacks "$out" note:
run -C site release notes 0.1.2 --from 0.1
check 'what-was-skipped-hands-its-notes-on' is "$(grep -c '^note:' <<< "$out")" 3
check 'notes-of-an-unknown-release-are-not-found' exits 4 -C site release notes 0.9
check 'or-from-one' exits 4 -C site release notes 0.1.2 --from 0.9

# A manual one is carried out once, where it has to be.
run -C site deploy 0.1.2 live.minimal -n --json
check 'a-plan-shows-what-is-to-be-done' is "$(jq -r '.["to-do"][].text' <<< "$out"):$(jq -r '.notes | length' <<< "$out")" 'ring the bell:3'
deploy 0.1.2
check 'what-is-to-be-done-by-hand-comes-first' has "$status:$err" '3:'
check 'it-says-what' has "$err" 'ring the bell'
check 'and-how-to-go-on' has "$err" '--notes-done'
check 'nothing-was-begun' is "$(events deploy.begun)" 1
deploy 0.1.2 --notes-done
check 'what-is-said-to-be-done-is-deployed' has "$status:$err" 'takes a minute'
check 'what-was-done-is-recorded' is "$status:$(events note.executed)" 0:1
run -C site rollback live.minimal --watch 1s
check 'a-rollback-asks-nothing' is "$status" 0
deploy 0.1.2
check 'what-was-done-there-is-not-asked-again' is "$status:$(events note.executed)" 0:1

# What migrates has a note (P18).
mkdir -p repo/migrations/001-one
echo 'mode: online' > repo/migrations/001-one/migration.yaml
echo true > repo/migrations/001-one/up
moved=$(commit -m 'migrations: the first')
run -C site release cut
check 'a-cut-warns-of-what-migrates-without-a-note' has "$status:$err" 'no note says how'
run -C site deploy 0.1.3 live.minimal -n --json
check 'it-is-refused' is "$status:$(jq -r '.reasons[].code' <<< "$out")" 3:note-missing
deploy 0.1.3
check 'before-anything-is-done' is "$status:$(events deploy.begun)" 3:4
check 'it-says-what-to-do' has "$err" "note add --component hello --revision $moved"
run -C site note add -c hello -k none -r "$moved"
check 'that-there-is-nothing-to-know-is-a-note' is "$status" 0
run -C site deploy 0.1.3 live.minimal -n --json
check 'and-it-may-go' is "$status:$(jq -r '.reasons | length' <<< "$out")" 0:0

# Subversion has notes too.
svnadmin create svn
svn -q import -m hello repo/www "file://$work/svn/trunk"
svn -q mkdir -m x "file://$work/svn/branches" "file://$work/svn/tags"
cat > site/components/pages.yaml << YAML
summary: Pages
source: {svn: "file://$work/svn"}
build:
  - run: mkdir -p \$out && cp -r . \$out/
YAML
sed -i 's/^components:.*/components: [hello, pages]/' site/fassembler.yaml
run -C site release cut 0.2
check 'a-component-from-svn-is-cut' is "$status" 0
svn -q checkout "file://$work/svn/trunk" pages
echo 3 >> pages/index.html
svn -q commit -m "$(printf 'more\n\nDeployment-Note: Manual: ring twice')" pages
run -C site release cut 0.2.1 --json
check 'its-commits-carry-notes' is "$status:$(jq -r '.notes[] | "\(.component) \(.kind) \(.text)"' <<< "$out")" '0:pages manual ring twice'
check 'the-ledger-is-whole' exits 0 -C site ledger verify
finish

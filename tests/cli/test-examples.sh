#!/usr/bin/env bash
# The examples: what can be said of them without building them.
# shellcheck source=tap.sh
. "$(dirname "$0")/tap.sh"
examples=$(cd "$here/../../examples" && pwd)
make=$examples/openplans/repositories/make

# make_repositories TARGET [SOURCE]: sets status, out and err as run does.
make_repositories() {
    mkdir -p "$1"
    sh "$make" "${2:-$examples/openplans/repositories}" "$1" > "$work/.out" 2> "$work/.err"
    status=$?
    out=$(cat "$work/.out")
    err=$(cat "$work/.err")
}

# heads TARGET: the commits that the branches of all repositories stand at.
heads() {
    local repository
    for repository in "$1"/*.git; do
        git -C "$repository" for-each-ref --format='%(objectname) %(refname)' refs/heads
    done
}

# lock_is_pinned FILE: every package has a digest, and none names the host that it came from.
lock_is_pinned() {
    local packages digests
    packages=$(grep -c '^    "node_modules/' "$1")
    digests=$(grep -c '"integrity": "sha512-' "$1")
    [ "$packages" -gt 0 ] && [ "$packages" -eq "$digests" ] && ! grep -q '"resolved": "http' "$1"
}

# every_template_is_used: each etc folder is that of a component in the product's list.
every_template_is_used() {
    local folder
    for folder in "$1"/etc/*/ "$1"/components/*.yaml; do
        folder=$(basename "$folder" .yaml)
        grep -qE "^components:.*[[ ]${folder}[],]" "$1/fassembler.yaml" || return 1
    done
}

page_is_whole() {
    sh "$examples/minimal/hello/tests/unit" "$examples/minimal/hello/www" > "$work/.out"
}

make_repositories first
check 'repositories-are-made-from-their-history' test "$status" = 0
check 'each-has-a-trunk-and-a-release-branch' test "$(heads first | grep -cE 'refs/heads/(main|release/)')" = 4
make_repositories second
check 'the-same-history-gives-the-same-commits' test "$(heads first)" = "$(heads second)"
make_repositories first
check 'a-repository-that-is-there-is-left-alone' test "$status-$out" = 0-
check 'nothing-else-is-left-behind' test "$(ls -A first)" = "$(printf 'tasktracker.git\nwp-in-openplans.git')"

tasks=first/tasktracker.git
fix=$(git -C "$tasks" rev-parse fix/one-line)
# has_trailer BRANCH LINE
has_trailer() {
    git -C "$tasks" log -5 --format=%B "$1" | grep -qxF "$2"
}
check 'a-message-may-have-several-lines' has_trailer topic/due 'Fixes: #18'
check 'a-message-may-name-the-commit-of-a-branch' has_trailer topic/fold "(cherry picked from commit $fix)"
check 'what-is-merged-next-goes-on-from-the-trunk' git -C "$tasks" merge-base --is-ancestor main topic/due

mkdir -p wrong/one
printf 'branch main\njump 1\n' > wrong/one/history
make_repositories third wrong
check 'an-unknown-act-is-refused' test "$status-$(ls -A third)" = 1-
check 'an-unknown-act-is-named' test "${err#*has an act \'jump\'}" != "$err"

check 'packages-are-pinned-by-digest' lock_is_pinned "$examples/openplans/repositories/tasktracker/01-lists/package-lock.json"
for product in minimal openplans; do
    check "what-$product-holds-is-of-its-components" every_template_is_used "$examples/$product"
done
check 'the-page-of-minimal-passes-its-test' page_is_whole
finish

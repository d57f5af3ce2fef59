#!/usr/bin/env bash
# Sources when the disk fails, or the program is killed, at any call that changes something: the tree is there whole or
# not at all, and whatever happened, fetching again gives it. SOURCE is the program that fetches, UNPACK the unpacker.
. "$(dirname "$0")/tap.sh"
SOURCE=${SOURCE:?the program that calls source/}
UNPACK=${UNPACK:?the unpacker}
FASSEMBLER_LIBEXEC=$(dirname "$UNPACK")
GIT_CONFIG_GLOBAL=/dev/null
export FASSEMBLER_LIBEXEC GIT_CONFIG_GLOBAL

mkdir top top/sub
seq 1 20000 > top/numbers
echo '#!' > top/sub/run
chmod 755 top/sub/run
ln -s ../numbers top/sub/link
tar -czf a.tar.gz top
sha256=$(sha256sum < a.tar.gz | cut -c 1-64)
git init -q -b main repository
cp -a top/. repository/
git -C repository add .
git -C repository -c user.name=t -c user.email=t@example.org commit -qm one

is_whole() { diff -r top out/tree > /dev/null && [ -x out/tree/sub/run ] && [ -L out/tree/sub/link ]; }

nothing() { rm -rf home out; }

# fetched HOW COMMAND: after a failure what was begun is gone too, and a second try does it.
fetched() {
    if [ "$1" = 'done' ]; then
        is_whole
        return
    fi
    [ ! -e out/tree ] || is_whole || return
    rm -rf out/tree
    ("$2") > .again 2>&1 && is_whole && [ -z "$(find home -name '.new-*')" ]
}

fetch_archive() { exec "$SOURCE" archive a.tar.gz "$sha256"; }
archive_is_fetched() { fetched "$1" fetch_archive; }
torture 'an-archive-is-fetched-whole-or-not-at-all' nothing fetch_archive archive_is_fetched

fetch_git() { exec "$SOURCE" git repository; }
git_is_fetched() { fetched "$1" fetch_git; }
torture 'a-commit-is-fetched-whole-or-not-at-all' nothing fetch_git git_is_fetched

empty_tree() {
    rm -rf out
    mkdir -p out/tree
}
unpack() { cd out/tree && exec "$UNPACK" ../../a.tar.gz 1; }
# It may leave a part, but never call a part the whole.
is_unpacked() { [ "$1" != 'done' ] || is_whole; }
torture 'a-part-is-never-called-the-whole' empty_tree unpack is_unpacked

finish

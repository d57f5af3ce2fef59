#!/usr/bin/env bash
# The store when the disk fails, or the program is killed, at any call that changes something. STORE is the program.
. "$(dirname "$0")/tap.sh"
STORE=${STORE:?the program that calls store/}

a_tree() {
    chmod -R u+w "$work"/* 2> /dev/null
    rm -rf "${work:?}"/* "$work"/.out.*
    mkdir -p tree/sub
    echo 'one file that is long enough not to be tiny' > tree/one
    echo 'another one that is long enough, and is run' > tree/sub/two
    chmod 755 tree/sub/two
    : > tree/empty
    ln -s one tree/link
    cp -a tree made
}

# same A B: what a checkout has is what was imported.
same() { diff -r --no-dereference "$1" "$2" > /dev/null 2>&1; }

# Whatever is visible is whole, and the next try finishes the job and leaves nothing behind.
store_is_whole() {
    [ ! -e home/store/app-1 ] || same tree home/store/app-1 || return 1
    [ "$1" != 'done' ] || [ -e home/store/app-1 ] || return 1
    [ ! -e home/store/objects ] || "$STORE" verify || return 1
    "$STORE" publish && "$STORE" verify && "$STORE" gc && same tree home/store/app-1 || return 1
    [ -z "$(find home/store/tmp home/store/sessions -mindepth 1)" ] || return 1
    [ -z "$(find home/store -name '.*')" ]
}
publish() { exec "$STORE" publish; }
torture 'a-build-is-published-whole-or-not' a_tree publish store_is_whole
import_build() { exec "$STORE" import-build; }
torture 'a-build-is-imported-whole-or-not' a_tree import_build store_is_whole

# Several builds that wait for the disk together: none is known by its key before all of it is there.
two_trees() {
    a_tree
    cp -a tree made-2
    echo 'only in the second, and long enough not to be tiny' > made-2/more
    cp -a made-2 tree-2
}
both_are_whole() {
    [ ! -e home/store/app-2 ] || same tree-2 home/store/app-2 || return 1
    [ "$1" != 'done' ] || [ -e home/store/app-2 ] || return 1
    store_is_whole "$1"
}
import_builds() { exec "$STORE" import-builds; }
torture 'builds-that-wait-together-are-imported-whole-or-not' two_trees import_builds both_are_whole

# Many files: whole folders of objects are published, where the store has not some of them already.
publish_many() { exec "$STORE" publish many; }
torture_with 28 'a-build-of-many-files-is-published-whole-or-not-on-a-full-disk' a_tree publish_many store_is_whole
some_objects() {
    a_tree
    mv tree/one .
    "$STORE" publish && "$STORE" unroot && chmod -R u+w home/store/app-1 && rm -rf home/store/app-1 home/store/keys/*
    mv one tree
}
import_many() { exec "$STORE" import-build many; }
torture_with 0 'a-build-of-many-files-is-imported-whole-or-not-when-killed' some_objects import_many store_is_whole

a_build() {
    a_tree
    "$STORE" publish
}
check_out() { exec "$STORE" checkout; }
checkout_is_whole() {
    [ ! -e out ] || same tree out || return 1
    [ "$1" != 'done' ] || [ -e out ] || return 1
    [ "$1" = killed ] || [ -z "$(find . -maxdepth 1 -name '.out.*')" ] || return 1
    [ -e out ] || "$STORE" checkout && same tree out && "$STORE" verify
}
torture 'a-checkout-is-whole-or-not-there' a_build check_out checkout_is_whole

garbage() {
    a_build
    "$STORE" unroot
}
collect() { exec "$STORE" gc; }
# What is left of a build that was to go is not taken for one.
garbage_goes() {
    [ ! -e home/store/app-1 ] || same tree home/store/app-1 || return 1
    "$STORE" gc && [ ! -e home/store/app-1 ] && [ -z "$(find home/store/objects -type f)" ] &&
        store_is_whole again
}
torture 'garbage-is-collected-by-the-next-try' garbage collect garbage_goes
finish

#!/usr/bin/env bash
# Files and trees when the disk fails, or the program is killed, at any call that changes something. DISK is the program.
. "$(dirname "$0")/tap.sh"
DISK=${DISK:?the program that calls sys/}
new='the new content, long enough to be cut in half'

# clean: nothing here but what a test makes.
clean() {
    chmod -R u+w "$work"/* 2> /dev/null
    rm -rf "${work:?}"/* "${work:?}"/.file* "${work:?}"/.current*
}

# no_leftovers PATTERN HOW: no hidden file that nobody will ever look for. Only a kill may leave one.
no_leftovers() {
    [ "$2" = killed ] || [ -z "$(find "$work" -maxdepth 1 -name "$1")" ]
}

old_file() {
    clean
    echo -n old > file
}
write_file() { exec "$DISK" write; }
file_is_whole() {
    case $1 in
    'done') [ "$(cat file)" = "$new" ] ;;
    *) [ "$(cat file)" = old ] || [ "$(cat file)" = "$new" ] ;;
    esac && no_leftovers '.file.*' "$1"
}
torture 'a-file-is-old-or-new' old_file write_file file_is_whole

old_link() {
    clean
    ln -s builds/1 current
}
switch_link() { exec "$DISK" switch; }
link_is_whole() {
    case $1 in
    'done') [ "$(readlink current)" = builds/2 ] ;;
    *) [[ $(readlink current) == builds/[12] ]] ;;
    esac && no_leftovers '.current.*' "$1"
}
torture 'a-link-is-old-or-new' old_link switch_link link_is_whole

make_directory() { exec "$DISK" make; }
# What was begun is finished by another try.
directory_can_be_made() { "$DISK" make && [ -d a/b/c ]; }
torture 'a-directory-is-made-by-the-next-try' clean make_directory directory_can_be_made

a_tree() {
    clean
    mkdir -p tree/sub
    echo one > tree/one
    echo two > tree/sub/two
    ln -s one tree/link
    chmod 555 tree/sub
}
remove_tree() { exec "$DISK" remove; }
tree_can_be_removed() { [ "$1" != 'done' ] || [ ! -e tree ] && "$DISK" remove && [ ! -e tree ]; }
torture 'a-tree-is-removed-by-the-next-try' a_tree remove_tree tree_can_be_removed

copy_tree() { exec "$DISK" copy; }
copy_is_true() {
    diff -r tree copy > /dev/null 2>&1 || [ "$1" != 'done' ]
}
torture 'a-copy-that-fails-says-so' a_tree copy_tree copy_is_true

take_lock() { exec "$DISK" lock; }
lock_is_free() { "$DISK" lock; }
torture 'a-lock-is-free-afterwards' clean take_lock lock_is_free
finish

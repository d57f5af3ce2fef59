# shellcheck shell=bash disable=SC2034,SC2154 # what tap.sh sets, and what is set for who sources this
# As an ordinary user, whom PHP and the databases want: sourced after tap.sh. $room is that user's folder, FASSEMBLER a
# copy that the user can run, and `run` and `as_user` act as the user.
chmod 755 "$work"
mkdir "$work/bin" "$work/room"
cp "$FASSEMBLER" "${FASSEMBLER%/*}"/fassembler-{sandbox,unpack,supervisord,supervisorctl} "$work/bin/"
cp -r "$here/../../examples" "$work/"
FASSEMBLER=$work/bin/fassembler
room=$work/room
if [ "$(id -u)" -eq 0 ]; then
    chown nobody "$room"
    as_user() { setpriv --reuid nobody --regid nogroup --clear-groups env -i PATH="$PATH" LC_ALL=C.UTF-8 HOME="$room" "$@"; }
else
    as_user() { "$@"; }
fi

run() {
    as_user "$FASSEMBLER" "$@" > "$work/.out" 2> "$work/.err" < /dev/null
    status=$?
    out=$(cat "$work/.out")
    err=$(cat "$work/.err")
}

# down_at_the_end PRODUCT ENVIRONMENT: whatever happens, nothing runs on.
down_at_the_end() {
    # shellcheck disable=SC2064 # now, not then
    trap "as_user '$FASSEMBLER' -C '$1' down '$2' 2> /dev/null; chmod -R u+w '$work' 2> /dev/null; rm -rf '$work'" EXIT
}

#!/usr/bin/env bash
# What people get wrong in a product, each told with its place or its cure, and nothing lost.
. "$(dirname "$0")/tap.sh"
export FASSEMBLER_LIBEXEC=${FASSEMBLER%/*}
run new good
mkdir good/home
# try NAME STATUS WORDS SCRIPT: a copy of the good product, changed by SCRIPT, is built with this status and these words.
try() {
    rm -rf site
    cp -r good site
    (cd site && eval "$4")
    run -C site build dev.minimal
    check "$1" is "$status" "$2"
    check "$1-is-told" has "$err" "$3"
}
recipe=components/hello.yaml

try 'an-unknown-key' 2 "'processes'" "sed -i 's/^processes:/procesess:/' $recipe"
try 'a-wrong-type' 2 "$recipe:" "sed -i 's/^needs:.*/needs: [python3]/' $recipe"
try 'a-key-given-twice' 2 'first given here' "echo 'summary: again' >> $recipe"
try 'a-need-that-is-no-component' 2 "'helo'" "sed -i 's/^needs:.*/needs: {components: [helo]}/' $recipe"
try 'a-component-that-needs-itself' 2 "'hello'" "sed -i 's/^needs:.*/needs: {components: [hello]}/' $recipe"
try 'a-package-that-is-not-installed' 1 'apt-get install' "sed -i 's/^needs:.*/needs: {packages: [no-such-package]}/' $recipe"
try 'a-program-that-is-not-there' 1 'no-such-program' "sed -i 's/^needs:.*/needs: {programs: [no-such-program]}/' $recipe"
try 'an-unknown-component-in-the-lock' 2 'fassembler.lock:' \
    "printf '# fassembler lock 1\nhallo git 0123456789012345678901234567890123456789 -\n' > fassembler.lock"
try 'a-folder-that-vanished' 4 "help: check 'source' in components/hello.yaml" 'rm -r hello'
try 'a-link-that-leaves-the-source' 3 'passwd' 'ln -s /etc/passwd hello/www/passwd'
try 'a-pipe-in-the-source' 3 'queue' 'mkfifo hello/www/queue'
try 'yaml-that-is-none' 2 "$recipe:" "echo '  - [' >> $recipe"
try 'bytes-that-are-no-utf-8' 2 "$recipe:" "printf 'description: \"\\377\"\n' >> $recipe"
try 'a-password-written-down' 2 'secret' "printf 'databases:\n  - {kind: mariadb, server: hello, name: a, user: a, password: hunter2}\n' >> $recipe"
check 'and-it-is-not-repeated' lacks "$err" 'hunter2'
try 'an-archive-without-digest' 2 'sha256' "sed -i 's|^source:.*|source: {archive: a.tar.gz}|' $recipe"
try 'a-step-that-climbs-out' 2 "'../../x'" "sed -i 's|^build:|build:\n  - copy: {from: www, to: ../../x}|' $recipe"

tar -C good -czf good/a.tar.gz hello
digest=$(sha256sum good/a.tar.gz | cut -d' ' -f1)
try 'an-archive-with-another-digest' 1 "$digest" \
    "sed -i 's|^source:.*|source: {archive: a.tar.gz, sha256: ${digest//[0-8]/9}}|' $recipe"
tar -C good -czPf good/out.tar.gz ../good/hello/www
try 'an-archive-that-leads-out' 3 "'..' in its name
help: nothing of it was kept" "sed -i 's|^source:.*|source: {archive: out.tar.gz, sha256: $(sha256sum good/out.tar.gz | cut -d' ' -f1)}|' $recipe"
rm -rf site
cp -r good site
sed -i "s|^source:.*|source: {archive: a.tar.gz, sha256: $digest}|" site/$recipe
check 'an-archive-with-its-digest-is-built' exits 0 -C site build dev.minimal

if [ "$(id -u)" -ne 0 ]; then
    as_nobody() { "$@"; }
else
    chmod 755 "$work"
    as_nobody() { setpriv --reuid nobody --regid nogroup --clear-groups "$@"; }
fi
cp "$FASSEMBLER" "$work/fassembler"
as_nobody "$work/fassembler" -C site --home /srv build dev.minimal > "$work/.out" 2> "$work/.err"
status=$?
check 'a-home-that-is-not-ours-is-denied' is "$status" 5
check 'a-home-of-one-s-own-is-proposed' has "$(cat "$work/.err")" "a folder 'home' beside 'fassembler.yaml'"
finish

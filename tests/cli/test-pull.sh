#!/usr/bin/env bash
# build and up pull what others built already, in place of building it.
. "$(dirname "$0")/tap.sh"
export FASSEMBLER_LIBEXEC=${FASSEMBLER%/*}
unset http_proxy https_proxy all_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY

# What one host built and offers; the home of the other is at the same path, since that is part of the key.
run new site
mkdir site/home public bin
python3 -c 'import random; draw = random.Random(1)
for name, size in ("small", 4000), ("middle", 1100000), ("large", 3000000):
    open(f"site/hello/www/{name}.bin", "wb").write(draw.randbytes(size))'
run -C site build dev.minimal
build=$(basename site/home/store/hello-*)
run store key secret
key=$out
run -C site store offer ../public dev.minimal --sign ../secret
check 'an-environment-is-all-that-it-was-built-from' test -e "public/builds/$build"
mv site/home first
anew() { chmod -R u+w site/home 2> /dev/null; rm -rf site/home && mkdir site/home; }
# The builds of one store lie below another path than those of the other: only what is in them counts.
same() { diff -r --no-dereference "first/store/$build" "site/home/store/$build" > /dev/null 2>&1; }
# pulls_from PLACE...: what the product says from now on.
pulls_from() {
    sed -i '/^store:/d' site/fassembler.yaml
    echo "store: {pull: [$(IFS=,; echo "$*")], keys: [$key]}" >> site/fassembler.yaml
}

"$here/server.py" "$work/public" "$work/port" &
server=$!
trap 'kill "$server" 2> /dev/null; chmod -R u+w "$work"; rm -rf "$work"' EXIT
until [ -e port ]; do kill -0 "$server" || exit 1; read -rt 0.05 <> <(:); done
url=http://127.0.0.1:$(cat port)
ln -s "$here/ssh.py" bin/ssh
export PATH=$work/bin:$PATH SSH_CALLS=$work/calls

anew
pulls_from "$url"
run -C site build dev.minimal -n
check 'a-plan-says-what-would-be-pulled' has "$out" "pull from $url"
run -C site build dev.minimal -n --json
check 'a-plan-says-it-as-json-too' is "$(jq -r '.plan[0] | .action, .from' <<< "$out" | tr '\n' ' ')" "pull $url "
run -C site up dev.minimal -n
check 'up-says-it-too' has "$out" "pull from $url"
check 'a-plan-pulls-nothing' is "$(ls -A site/home)" ''
run -C site explain hello -e dev.minimal
check 'where-from-is-explained' has "$out" "pull from  $url"
run -C site build dev.minimal --no-pull -n
check 'no-pull-pulls-nothing' has "$out" ' build '
run -C site build dev.minimal --offline -n
check 'offline-asks-nobody' is "$status:$(grep -c ' build ' <<< "$out"):$err" '0:1:'
run -C site build dev.minimal
check 'a-component-is-pulled-in-place-of-built' has "$err" "hello: done in 0 s (pulled from $url"
check 'what-was-pulled-is-what-was-built' same
check 'what-was-pulled-was-not-built' test ! -e site/home/log/build/hello.log
run -C site build dev.minimal
check 'what-was-pulled-is-there' has "$err" "hello: cached"
run -C site store verify
check 'all-of-it-is-whole' is "$status" 0

# Where not, it is built, with a line that says why.
# built_since WORDS: it was built, and the words were told.
built_since() {
    anew
    run -C site build dev.minimal
    [ "$status" -eq 0 ] && has "$err" "$1" && has "$err" 'hello: done' && lacks "$err" '(pulled from' && same
}
pulls_from "$url/nothing"
check 'what-is-nowhere-is-built' built_since "not found where builds are pulled from: $build"
pulls_from http://127.0.0.1:1
check 'a-place-that-is-away-is-done-without' built_since "nothing was pulled: cannot fetch 'builds/$build' from 'http://127.0.0.1:1'"
pulls_from /nowhere
check 'a-folder-that-is-not-there-is-told' built_since "there is no folder 'file:///nowhere'"
mkdir broken
cp -r public/builds public/trees broken
pulls_from "$work/broken"
for pack in broken/trees/*/*.pack; do truncate -s 100 "$pack"; done
check 'a-build-that-is-not-whole-is-built' built_since "'$build' is built here: "
anew
pulls_from "$work/broken" "$url"
run -C site build dev.minimal
check 'another-place-has-what-one-gives-out-broken' has "$err" "(pulled from $url"
run store key other
other=$out
pulls_from "$url"
sed -i "s/keys: .*/keys: [$other]}/" site/fassembler.yaml
check 'a-build-of-a-stranger-is-not-taken' built_since "'$url' has '$build', but nobody who is trusted has signed it"
sed -i "s/, keys: .*/}/" site/fassembler.yaml
run -C site build dev.minimal
check 'to-pull-somebody-must-be-trusted' is "$status" 2
check 'how-to-trust-is-told' has "$err" "help: put the public key of who signs them under 'keys', or use --no-pull"
echo "$key us" > site/trusted-keys
anew
run -C site build dev.minimal
check 'the-keys-of-the-product-are-trusted' has "$err" "pulled from $url"
rm site/trusted-keys

# A folder, relative to the product; what the home says comes first.
anew
pulls_from ../public
run -C site build dev.minimal --offline
check 'a-folder-is-pulled-from' has "$err" "pulled from file://$work/public"
sed -i '/^store:/d' site/fassembler.yaml
anew
printf 'pull: [http://127.0.0.1:1, "%s"]\nkeys: [%s]\n' "$url" "$key" > site/home/store.yaml
run -C site build dev.minimal
check 'the-home-says-where-from' has "$err" "pulled from $url"
check 'a-place-that-is-away-does-not-hide-the-next' has "$err" "http://127.0.0.1:1"
echo 'pulls: []' >> site/home/store.yaml
run -C site check
check 'a-mistake-of-the-home-is-found' is "$status:$(grep -c "home/store.yaml:3:1: error: 'store' has no key 'pulls'" <<< "$err")" 2:1
rm site/home/store.yaml

# An interrupted pull goes on: what had come by then is not fetched again.
anew
pulls_from "ssh://stalling$work/public"
"$FASSEMBLER" -C site build dev.minimal 2> .err < /dev/null &
builder=$!
until [ -e calls.stalled ]; do kill -0 "$builder" || exit 1; read -rt 0.05 <> <(:); done
kill -INT "$builder"
wait "$builder"
check 'a-pull-that-is-interrupted-ends' is "$?:$(pgrep -f "ssh.py.*[s]talling" -s "$builder")" 130:
pulls_from "ssh://kind$work/public"
run -C site build dev.minimal --json
size=$(jq -r 'select(.event == "ended").note' <<< "$out")
check 'an-interrupted-pull-goes-on' same
check 'what-had-come-is-not-fetched-again' has "$size" ', 3.0 MB'

# By ssh.
# by_ssh HOST: pulled by it, the right bytes, over one connection.
by_ssh() {
    anew
    rm -f calls
    pulls_from "ssh://me@$1:2222$work/public"
    run -C site build dev.minimal
    has "$err" "pulled from ssh://$1:2222$work/public" && same && [ "$(wc -l < calls)" -eq 1 ]
}
check 'a-component-is-pulled-by-ssh' by_ssh kind
check 'ssh-is-asked-not-to-ask' is "$(cat calls)" '-oBatchMode=yes -oConnectTimeout=30 -p 2222 -s -- me@kind sftp'
check 'a-server-may-give-less-than-was-asked' by_ssh grudging
if [ -x /usr/lib/openssh/sftp-server ]; then
    check 'a-real-server-is-pulled-from' by_ssh real
else
    skip 'a-real-server-is-pulled-from' 'no sftp-server'
fi
pulls_from "ssh://kind$work/nothing"
check 'what-is-nowhere-by-ssh-is-built' built_since "not found where builds are pulled from: $build"
pulls_from "ssh://stranger$work/public"
check 'who-is-not-let-in-is-told' built_since 'help: see to it'
pulls_from "ssh://greeting$work/public"
check 'a-shell-that-prints-is-told' built_since 'does its shell print something'
pulls_from "ssh://confused$work/public"
check 'answers-that-were-not-asked-for-are-refused' built_since 'answers something else than was asked'
run --home bad store pull "ssh://endless$work/public" "$build" --trust "$key" --patience 1s
check 'answers-without-end-are-refused' is "$status" 1
run --home bad store pull "ssh://silent$work/public" "$build" --trust "$key" --patience 1s
check 'a-silent-server-is-left' is "$status" 7
run --home bad store pull "ssh://-oProxyCommand=x$work/public" "$build" --trust "$key"
check 'an-option-is-no-host' is "$status" 2
run --home bad store pull "ssh://me:geheim@kind$work/public" "$build" --trust "$key"
check 'an-ssh-address-has-no-password' is "$status:$(grep -c geheim <<< "$err")" 2:0
mkdir empty
PATH=$work/empty "$FASSEMBLER" --home bad store pull "ssh://kind$work/public" "$build" --trust "$key" 2> .err
check 'a-missing-ssh-is-told' has "$(cat .err)" "cannot find program 'ssh'"

# Mistakes.
for mistake in 'pull: [ftp://x/y]' 'pull: ["-oX"]' 'pull: x' 'keys: [abc]' 'pull: [/a, /a]' 'push: []'; do
    sed -i '/^store:/d' site/fassembler.yaml
    echo "store: {$mistake}" >> site/fassembler.yaml
    check "a-mistake-is-told: $mistake" exits 2 -C site check
done
finish

#!/usr/bin/env bash
# Moving builds from one store to another, over HTTP and folders, and looking whether a store is whole.
. "$(dirname "$0")/tap.sh"
export FASSEMBLER_LIBEXEC=${FASSEMBLER%/*}
unset http_proxy https_proxy all_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY

# Two builds of one component, the second one with a changed page.
run new site
mkdir site/home public
python3 -c 'import random; draw = random.Random(1)
for i in range(50): open(f"site/hello/www/{i}.bin", "wb").write(draw.randbytes(4000))'
run -C site build dev.minimal
old=$(basename site/home/store/hello-*)
echo '<p>changed</p>' >> site/hello/www/index.html
run -C site build dev.minimal
new=$(find site/home/store -maxdepth 1 -name 'hello-*' ! -name "$old" -printf '%f')
same() { diff -r "site/home/store/$1" "$2/store/$1" > /dev/null 2>&1; }

run store key secret
key=$out
check 'a-key-is-made' test "$(stat -c %a secret):${#key}" = 600:64
run store key secret
check 'a-key-is-not-made-twice' is "$out" "$key"
run store key other
other=$out

run -C site store offer ../public "$old" --sign ../secret
check 'a-build-is-offered' has "$out" 'wrote '
run -C site store offer ../public "$old" --sign ../secret
check 'what-is-offered-already-is-not-written-again' is "$status:$out" "0:'../public' has all of it already"
run -C site store offer ../public "$new" --base "$old" --sign ../secret --json
check 'what-was-offered-is-json-too' is "$(jq .trees <<< "$out")" 1
check 'an-unknown-build-cannot-be-offered' exits 4 -C site store offer ../public nothing
check 'where-names-are-found-is-told' has "$err" "'fassembler build -n'"
chmod 644 other
check 'a-key-that-others-can-read-is-refused' exits 3 -C site store offer ../public "$new" --sign ../other
check 'anybody-can-read-what-is-offered' is "$(find public -type f ! -name .lock ! -perm 644)" ''

"$here/server.py" "$work/public" "$work/port" &
server=$!
trap 'kill "$server" 2> /dev/null; chmod -R u+w "$work"; rm -rf "$work"' EXIT
until [ -e port ]; do kill -0 "$server" || exit 1; read -rt 0.05 <> <(:); done
url=http://127.0.0.1:$(cat port)

check 'a-name-alone-is-not-enough' exits 3 --home far store pull "$url" "$old"
check 'how-to-trust-is-told' has "$err" 'help: name the key'
check 'a-signature-of-a-stranger-is-refused' exits 3 --home far store pull "$url" "$old" --trust "$other"
check 'nothing-is-made-by-a-refused-pull' test ! -e far
run --home far store pull "$url" "$old" --trust "$key"
check 'a-build-is-pulled-over-http' is "$status:${out%%:*}" "0:pulled '$old'"
check 'what-was-pulled-is-the-same' same "$old" far
run --home far store pull "$url" "$old" --trust "$key"
check 'what-is-here-is-not-pulled-again' is "$out" "'$old' is here already"
run --home far store pull "$url/" "$new" --trust "$key" --json
check 'the-difference-is-enough-for-who-has-the-base' is "$(jq -r '."by-difference"' <<< "$out")" true
check 'a-difference-is-small' test "$(jq '."bytes-received"' <<< "$out")" -lt 8000
check 'the-difference-makes-the-same' same "$new" far
digest=$(jq -r .tree <<< "$out")
check 'a-pulled-store-is-whole' exits 0 --home far store verify

run --home folder store pull "$work/public" "$digest"
check 'a-digest-alone-is-enough' is "$status" 0
run --home folder2 store pull "file://$work/public" "$digest" --limit 10k
check 'what-is-too-large-is-refused' is "$status" 3
printf '# who releases\n%s  us\n' "$other" > site/trusted-keys
run -C site --home ../far2 store pull "$url" "$digest"
check 'a-product-trusts-only-its-keys' is "$status" 3
printf '%s  us\n' "$key" >> site/trusted-keys
run -C site --home ../far2 store pull "$url" "$new"
check 'a-product-trusts-its-keys' is "$status" 0
echo nonsense >> site/trusted-keys
run -C site --home ../far2 store pull "$url" "$new"
check 'a-line-that-is-no-key-is-wrong-configuration' is "$status" 2

mkdir trusting
echo "keys: [$key]" > trusting/store.yaml
check 'a-home-trusts-its-keys' exits 0 --home trusting store pull "$url" "$old"
echo "keys: [nonsense]" > trusting/store.yaml
check 'a-mistake-of-the-home-is-told' exits 2 --home trusting store pull "$url" "$new"

# unkind STATUS WORDS PATH: what is told of a server that is not kind, from which nothing is kept.
unkind() {
    run --home bad store pull "$url/$3" "$digest" --patience 1s
    [ "$status" -eq "$1" ] && has "$err" "$2" && [ "$(wc -l <<< "$err")" -eq 1 ] && [ -z "$(ls bad/store/tmp 2> /dev/null)" ]
}
check 'a-server-that-sends-elsewhere-is-not-followed' unkind 1 "sends elsewhere" elsewhere
check 'a-server-that-sends-half-is-told' unkind 1 "cannot fetch" cut
check 'a-server-that-sends-other-bytes-is-told' unkind 1 "manifest" wrong
check 'a-server-that-never-stops-is-left' unkind 1 "larger than it should be" endless
check 'a-server-that-never-answers-is-left' unkind 7 "takes too long" silent
check 'a-server-that-gives-out-nothing-is-told' unkind 5 "does not give out" closed
check 'a-server-that-fails-is-told' unkind 1 "answers 500" broken
check 'what-a-server-does-not-have-is-not-found' unkind 4 "has no" nothing
check 'a-server-that-is-away-is-told' exits 7 --home bad store pull http://127.0.0.1:1 "$digest"
run --home bad store pull http://me:geheim@127.0.0.1:1 "$digest"
check 'a-password-is-not-shown' lacks "$err" geheim
run --home bad store verify
check 'nothing-was-kept-of-unkind-servers' is "$status:$(ls bad/store/objects 2> /dev/null)" '0:'

# By ssh, through a program that stands in for it.
mkdir bin
ln -s "$here/ssh.py" bin/ssh
export PATH=$work/bin:$PATH SSH_CALLS=$work/calls
run --home by-ssh store pull "ssh://me@kind:2222$work/public" "$old" --trust "$key"
check 'a-build-is-pulled-by-ssh' same "$old" by-ssh
check 'ssh-is-asked-not-to-ask' is "$(cat calls)" '-oBatchMode=yes -oConnectTimeout=30 -p 2222 -s -- me@kind sftp'

# Both builds and the store share this file, so that no whole copy is left.
file=far/store/$new/www/7.bin
chmod 644 "$file" && echo damage >> "$file" && chmod 444 "$file"
run --home far store verify --json
check 'damage-is-found-with-who-uses-it' is "$status:$(jq -c '[.damage[] | select(.path | contains("/objects/"))][0].builds | length' <<< "$out")" 1:2
run --home far store pull "$url" "$digest"
check 'pulling-again-brings-back-what-was-damaged' has "$out" '1 objects'
run --home far store verify
check 'builds-are-restored-from-what-was-pulled' is "$status:${out%% *}" 0:restored
check 'a-restored-build-is-the-same' same "$new" far
finish

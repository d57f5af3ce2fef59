#!/usr/bin/env bash
# Building the components of an environment into the store.
. "$(dirname "$0")/tap.sh"
export FASSEMBLER_LIBEXEC=${FASSEMBLER%/*}

run new site
mkdir site/home
run -C site build dev.minimal -n
check 'a-dry-run-says-what-would-be-built' has "$out" 'build'
check 'a-dry-run-touches-nothing' is "$(ls -A site/home)$(ls site/fassembler.lock 2> /dev/null)" ''
run -C site build dev.minimal
check 'a-component-is-built' is "$status" 0
built=$(echo site/home/store/hello-*)
check 'what-was-built-is-in-the-store' test -x "$built/bin/serve"
check 'what-was-built-cannot-be-written' is "$(stat -c %a "$built" "$built/bin/serve" | tr '\n' ' ')" '555 555 '
run -C site build dev.minimal
check 'what-is-there-is-not-built-again' has "$err" 'hello: cached'
run -C site build dev.minimal --json
check 'a-build-is-a-stream-of-events' is "$(jq -s 'length > 0' <<< "$out")" true
run -C site build dev.minimal -n --json
check 'a-plan-is-json-too' is "$(jq -r '.plan[0] | "\(.component) \(.action)"' <<< "$out")" 'hello there'
run -C site gc
check 'what-an-environment-was-built-from-is-kept' test -d "$built"

echo '<p>changed</p>' >> site/hello/www/index.html
run -C site build dev.minimal
check 'a-changed-source-is-built-anew' is "$(find site/home/store -maxdepth 1 -name 'hello-*' | wc -l)" 2
check 'an-unknown-environment-is-not-found' exits 4 -C site build prod.minimal
run -C site build dev.minimal other=1
check 'an-unknown-setting-is-a-mistake' is "$status" 2

# A source in git, whose lock is kept.
git init -q -b main origin
commit() {
    git -C origin add -A
    git -C origin -c user.name=A -c user.email=a@example.org commit -qm "$1"
}
cp -r site/hello/. origin
commit first
first=$(git -C origin rev-parse HEAD)
sed -i "s|^source:.*|source: {git: $work/origin, trunk: main}|" site/components/hello.yaml
run -C site build dev.minimal
check 'a-revision-of-git-is-built' is "$status:$(awk '$1 == "hello" { print $3 }' site/fassembler.lock)" "0:$first"
echo more >> origin/www/index.html
commit second
second=$(git -C origin rev-parse HEAD)
run -C site build dev.minimal
check 'the-lock-keeps-its-revision' is "$(awk '$1 == "hello" { print $3 }' site/fassembler.lock)" "$first"
check 'a-locked-revision-is-not-built-again' has "$err" 'hello: cached'
run -C site build dev.minimal --update
check 'update-moves-on' is "$status:$(awk '$1 == "hello" { print $3 }' site/fassembler.lock)" "0:$second"
mv origin gone
run -C site build dev.minimal
check 'what-is-there-needs-no-repository' is "$status" 0
run -C site --home "$work/other" build dev.minimal
check 'a-repository-that-is-gone-is-told' has "$err" "$work/origin"
mv gone origin
sed -i "s/sha256:[0-9a-f]*/sha256:$(printf '0%.0s' {1..63})1/" site/fassembler.lock
check 'another-content-than-the-lock-is-refused' exits 1 -C site --home "$work/other" build dev.minimal
check 'the-refusal-names-the-way-on' has "$err" "'fassembler build --update'"
rm site/fassembler.lock

components() { find site/home/store -maxdepth 1 -name 'hello-*' -not -empty | sort; }
before=$(components)
sed -i 's|cp -r www bin.*|echo the-step-said-this; false|' site/components/hello.yaml
run -C site build dev.minimal
check 'a-step-that-fails-fails-the-build' is "$status" 1
check 'the-log-of-what-failed-is-shown' has "$err" 'the-step-said-this'
check 'a-failed-build-leaves-nothing-in-the-store' is "$(components)" "$before"

# shellcheck disable=SC2016 # for the step's shell
sed -i 's|echo the-step-said-this; false|cp -r www bin tests $out/; echo x > /usr/escaped|' site/components/hello.yaml
check 'a-step-cannot-write-outside' exits 1 -C site build dev.minimal
check 'nothing-was-written-outside' test ! -e /usr/escaped

# Killed in the midst: the step waits for a pipe that nobody opens.
sed -i 's|; echo x > /usr/escaped|; mkfifo wait; echo begun; cat wait|' site/components/hello.yaml
"$FASSEMBLER" -C site build dev.minimal > /dev/null 2> killed < /dev/null &
pid=$!
until grep -q begun site/home/log/build/hello.log 2> /dev/null || ! kill -0 "$pid" 2> /dev/null; do
    read -rt 0.05 <> <(:) || :
done
kill -9 "$pid"
wait "$pid" 2> /dev/null
check 'nothing-half-built-is-left-by-a-kill' is "$(components)" "$before"

# begin_build NAME [WORDS...]: until its step waits for a reader's word; go_on lets that end.
begin_build() {
    local name=$1
    shift
    rm -f site/home/log/build/hello.log
    "$FASSEMBLER" -C site build "$@" dev.minimal > /dev/null 2> "$name" < /dev/null &
    pid=$!
    until grep -q begun site/home/log/build/hello.log 2> /dev/null || ! kill -0 "$pid" 2> /dev/null; do
        read -rt 0.05 <> <(:) || :
    done
}
# shellcheck disable=SC2016 # for the inner shell
go_on() { timeout 10 sh -c 'echo go > "$0"' "$(find site/home/tmp -name wait -type p)"; }
begin_build stopped
kill -INT "$pid"
wait "$pid"
status=$?
check 'ctrl-c-stops-in-good-order-and-says-so' has "$status:$(cat stopped)" 'stopping in good order'
check 'ctrl-c-has-its-status' is "$status:$(components)" "130:$before"

begin_build first
"$FASSEMBLER" -C site build dev.minimal > /dev/null 2> second < /dev/null &
other=$!
until grep -q waiting second || ! kill -0 "$other" 2> /dev/null; do read -rt 0.05 <> <(:) || :; done
check 'of-two-builds-of-the-same-one-waits-and-says-for-whom' has "$(cat second)" "waiting for 'building hello', pid $pid"
run -C site gc
check 'gc-works-beside-a-running-build' is "$status" 0
go_on
wait "$pid"
check 'gc-takes-nothing-from-a-running-build' is "$?" 0
wait "$other"
check 'who-waited-shares-what-was-built' is "$?" 0
sed -i 's|; mkfifo wait; echo begun; cat wait||' site/components/hello.yaml
run -C site build dev.minimal
check 'after-a-kill-a-rerun-completes' is "$status" 0
check 'a-lone-equals-sign-is-wrong-usage' exits 2 -C site build =
check 'an-assignment-without-a-setting-is-wrong-usage' exits 2 -C site build hello.=1
check 'an-unknown-component-in-an-assignment-is-a-mistake' exits 2 -C site build x.y=
check 'two-environments-are-wrong-usage' exits 2 -C site build dev.minimal dev.minimal
check 'an-empty-name-is-no-environment' exits 2 -C site build ''

# A path that commands would read as something else.
mkdir 'a b' 'a%b'
run -C site build dev.minimal --home "$work/a b"
check 'a-home-with-a-space-in-its-path-is-refused' has "$status:$err" "2:error: the home '$work/a b' has a space in its path"
run -C site build dev.minimal --home "$work/a%b"
check 'or-what-means-something-to-the-supervisor' has "$status:$err" "has '%' in its path"
check 'nothing-is-made-there' is "$(find 'a b' 'a%b' -mindepth 1)" ''

# A disk that is full, and one that cannot be written.
if mkdir small && mount -t tmpfs -o size=300k tmpfs small 2> /dev/null; then
    trap 'umount "$work/fixed" "$work/small" 2> /dev/null; chmod -R u+w "$work" 2> /dev/null; rm -rf "$work"' EXIT
    run new plain
    dd if=/dev/zero of=small/fill bs=1k count=280 2> /dev/null
    run -C plain --home "$work/small" build dev.minimal
    check 'a-full-disk-is-told-with-the-way-on' has "$status:$err" "'fassembler gc' removes"
    rm small/fill
    run -C plain --home "$work/small" build dev.minimal
    check 'with-space-again-the-build-completes' is "$status" 0
    mkdir fixed
    mount --bind small fixed
    mount -o remount,bind,ro fixed
    run -C plain --home "$work/fixed" build dev.minimal
    check 'a-home-that-cannot-be-written-is-told' has "$err" 'read-only file system'
    umount small
else
    skip 'a-full-disk-is-told-with-the-way-on' 'only root can mount'
fi

# What cannot be built here says why, and leaves what is there.
sed -i 's|^summary:.*|&\ntimeout: 1s|; s|cp -r www bin.*|&; sleep 1000|' site/components/hello.yaml
run -C site build dev.minimal
check 'a-step-that-never-ends-is-ended' has "$status:$err" "step 'run' did not end within 1 s"
check 'how-to-give-it-longer-is-told' has "$err" "help: 'timeout' in the recipe"
check 'a-failure-is-one-line-of-progress' is "$(grep -c '^hello: failed after .*([^()]*)$' <<< "$err")" 1

# A folder of templates, whose names are templates too.
run new filled
mkdir -p filled/home filled/components/hello/conf/bin
# shellcheck disable=SC2016 # the names are the template's
printf 'say ${greeting}\n' > filled/components/hello/conf/say.txt
# shellcheck disable=SC2016
printf '#!/bin/sh\necho ${greeting}\n' > filled/components/hello/conf/bin/say
chmod +x filled/components/hello/conf/bin/say
# shellcheck disable=SC2016
echo named > 'filled/components/hello/conf/${greeting}.txt'
sed -i 's|^build:|build:\n  - template: {from: conf, to: conf}|' filled/components/hello.yaml
run -C filled build dev.minimal hello.greeting=Servus
conf=$(echo filled/home/store/hello-*/conf)
check 'every-file-of-a-folder-is-filled-in' is "$status:$(cat "$conf/say.txt"):$("$conf/bin/say")" '0:say Servus:Servus'
check 'names-of-files-are-filled-in' is "$(cat "$conf/Servus.txt")" named
run -C filled build dev.minimal hello.greeting=Moin -n
check 'what-they-read-is-part-of-the-key' has "$out" ' build '
run -C filled build dev.minimal hello.greeting=Servus -n
check 'the-same-again-is-there' has "$out" ' there '
ln -s say.txt filled/components/hello/conf/link
run -C filled build dev.minimal
check 'a-link-is-no-template' has "$err" "conf/link' cannot be a template"
rm filled/components/hello/conf/link
# shellcheck disable=SC2016
echo '${nothing}' > filled/components/hello/conf/wrong.txt
run -C filled build dev.minimal
check 'a-mistake-in-one-of-them-has-its-place' has "$err" 'components/hello/conf/wrong.txt:1:'

# Values that are kept.
run new kept
mkdir kept/home
run -C kept build dev.minimal hello.greeting=Servus --save -n
check 'a-dry-run-saves-nothing' has "$(cat kept/sites/minimal.yaml)" 'greeting: Hello'
run -C kept build live.minimal hello.greeting=Servus --save
check 'a-value-is-saved' has "$err" 'saved in sites/minimal.yaml'
run -C kept explain hello -e live.minimal
check 'a-saved-value-is-the-value-of-that-environment' has "$(tr -s ' ' <<< "$out")" 'greeting Servus Hello environment, sites/minimal.yaml'
run -C kept explain hello -e dev.minimal
check 'and-of-no-other' has "$(tr -s ' ' <<< "$out")" 'greeting Hello'
before=$(cat kept/sites/minimal.yaml)
run -C kept build dev.minimal hello.greetin=x --save
check 'an-unknown-setting-is-not-saved' is "$status:$(cat kept/sites/minimal.yaml)" "2:$before"
check 'saving-nothing-is-wrong-usage' exits 2 -C kept build dev.minimal --save

# Some of the components.
run new some
mkdir some/home
sed '/^routes/,$d; /^processes/,/^    lifetime/d' some/components/hello.yaml > some/components/other.yaml
sed 's/^needs:.*/needs: {components: [other]}/' some/components/other.yaml > some/components/third.yaml
sed -i 's/^components:.*/components: [hello, other, third]/' some/fassembler.yaml
run -C some build dev.minimal third
check 'what-is-named-is-built-with-what-it-needs' is "$(cd some/home/store && echo hello* other* third* | tr -d '*' | sed 's/-[0-9a-f]*//g')" 'hello other third'
check 'and-nothing-else' test ! -e "$(echo some/home/store/hello-*)"
run -C some gc
check 'what-was-built-in-part-is-kept' test -e "$(echo some/home/store/third-*)"
run -C some build dev.minimal missing -n --json
check 'missing-is-all-that-is-not-there' is "$(jq -r '.plan[].action' <<< "$out" | tr '\n' ' ')" 'build there there '
run -C some build all dev.minimal
check 'all-is-everything' is "$status:$(grep -c ': cached' <<< "$err")" 0:2
run -C some build dev.minimal thrid
check 'an-unknown-component-is-told' is "$status:$err" "4:error: no component 'thrid'
help: did you mean 'third'?"
finish

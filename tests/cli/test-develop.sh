#!/usr/bin/env bash
# Working on a component: a checkout that dev environments use.
. "$(dirname "$0")/tap.sh"

run new site
mkdir site/home
git init -q -b main origin
cp -r site/hello/. origin
git -C origin add -A
git -C origin -c user.name=A -c user.email=a@example.org commit -qm first
git -C origin branch release/1.0
check 'a-folder-is-edited-where-it-is' exits 3 -C site develop hello
sed -i "s|^source:.*|source: {git: $work/origin, trunk: main}|" site/components/hello.yaml

planned() { "$FASSEMBLER" -C site build "$1" -n --json | jq -r '.plan[0].path'; }
run -C site build dev.minimal
pinned=$(planned dev.minimal)
run -C site develop hello
checkout=$out
check 'a-checkout-is-made-under-a-short-path' is "$status:$checkout" "0:$work/site/home/src/hello/main"
check 'it-is-joined-to-the-real-repository' is "$(git -C "$checkout" remote get-url origin)" "$work/origin"
check 'an-unchanged-checkout-gives-the-same-as-its-revision' test -d "$pinned"

echo '<p>mine</p>' >> "$checkout/www/index.html"
run -C site build dev.minimal
mine=$(planned dev.minimal)
check 'what-was-edited-is-built-without-a-commit' has "$(cat "$mine/www/index.html")" mine
check 'a-commit-alone-changes-nothing' is "$(git -C "$checkout" -c user.name=A -c user.email=a@example.org commit -qam mine; planned dev.minimal)" "$mine"
check 'other-environments-keep-the-pinned-revision' is "$(planned live.minimal)" "$pinned"
check 'the-lock-keeps-its-revision' has "$(cat site/fassembler.lock)" "$(git -C origin rev-parse main)"
run -C site develop hello
check 'developing-again-loses-nothing' has "$status:$(cat "$checkout/www/index.html")" mine
run -C site develop hello --branch release/1.0
check 'another-branch-is-another-checkout' is "$status:$out" "0:$work/site/home/src/hello/release-1.0"
out_checkout=$out

run -C site develop
check 'what-is-worked-on-is-listed' has "$(tr -s ' ' <<< "$out")" "hello release/1.0 - $work/site/home/src/hello/release-1.0"
echo more >> "$out_checkout/www/index.html"
touch "$out_checkout/new"
git -C "$out_checkout" -c user.name=A -c user.email=a@example.org commit -qm mine --allow-empty
run -C site develop --json
check 'with-what-was-changed' is "$(jq -c '.components[0] | [.branch, .changed, .ahead]' <<< "$out")" '["release/1.0",2,1]'
check 'off-wants-a-component' exits 2 -C site develop --off

run -C site develop hello --off
check 'off-goes-back-to-the-pinned-revision' is "$status:$(planned dev.minimal)" "0:$pinned"
check 'off-leaves-the-checkouts' test -f "$checkout/www/index.html"
run -C site develop
check 'nothing-is-listed-then' is "$status:$out:${err%%$'\n'*}" '0::nothing is worked on'
check 'off-again-is-no-error' exits 0 -C site develop hello --off
check 'an-unknown-component-is-not-found' exits 4 -C site develop hallo
check 'a-branch-that-is-not-there-is-told' exits 4 -C site develop hello --branch nowhere
check 'off-and-branch-exclude-each-other' exits 2 -C site develop hello --off --branch main

sed -i '/^develop:/d' site/components/hello.yaml
echo 'develop: {in-place: true, run: touch prepared}' >> site/components/hello.yaml
run -C site develop hello
check 'a-checkout-is-prepared' test -e "$checkout/prepared"
check 'in-place-the-checkout-itself-is-used' is "$(planned dev.minimal)" "$checkout"
finish

#!/usr/bin/env bash
# Making a product, checking its files, explaining its settings.
. "$(dirname "$0")/tap.sh"

check 'outside-a-product-nothing-is-found' exits 4 check
check 'how-to-make-a-product-is-told' has "$err" "help: 'fassembler new DIR' makes a product"

run new site
check 'a-product-is-made-from-the-smallest-example' is "$status:$out" '0:'
check 'what-to-do-next-is-told' has "$err" 'next: cd site && mkdir home && fassembler check'
check 'an-existing-folder-is-not-overwritten' exits 6 new site
check 'an-unknown-example-is-not-found' exits 4 new other --example minimla
check 'the-nearest-example-is-named' has "$err" "help: did you mean 'minimal'?"
check 'nothing-is-left-of-a-refused-product' is "$(find . -maxdepth 1 -name '.fassembler*' -o -maxdepth 1 -name other)" ''
mkdir empty
check 'an-empty-folder-may-become-a-product' exits 0 new empty

for example in minimal openplans; do
    run new "$example" --example "$example"
    run -C "$example" check
    check "the-example-$example-has-no-mistakes" is "$status:$err" '0:'
done
run -C openplans/components check
check 'the-product-is-found-from-a-folder-inside' is "$status" 0
check 'repositories-have-their-history' has "$(git -C openplans/repositories/tasktracker.git log --oneline --all 2>&1)" ' '

run -C site explain hello -e dev.minimal
check 'a-setting-is-explained-with-its-value' has "$out" 'greeting'
run -C site explain hello -e dev.minimal --json
origin=$(jq -r '.components[0].settings[] | select(.name == "greeting") | .origin' <<< "$out")
check 'the-environment-beats-the-site' is "$origin" environment
run -C site explain hello -e live.minimal --json
origin=$(jq -r '.components[0].settings[] | select(.name == "greeting") | "\(.origin) \(.value)"' <<< "$out")
check 'the-site-beats-the-recipe' is "$origin" 'site Welcome'
run -C site explain hello -e dev.minimal hello.greeting=Hi --json
origin=$(jq -r '.components[0].settings[] | select(.name == "greeting") | "\(.origin) \(.value)"' <<< "$out")
check 'the-command-line-beats-all' is "$origin" 'command line Hi'
check 'an-unknown-component-is-not-found' exits 4 -C site explain hallo -e dev.minimal
check 'the-nearest-component-is-named' has "$err" "help: did you mean 'hello'?"
check 'an-unknown-setting-is-a-mistake' exits 2 -C site explain hello -e dev.minimal hello.greting=Hi
check 'an-unknown-environment-is-not-found' exits 4 -C site explain hello -e devv.minimal
check 'the-nearest-environment-is-named' has "$err" "help: did you mean 'dev.minimal'?"

run --home "$work/home" gc --json
check 'an-empty-store-has-nothing-to-remove' is "$status:$(jq '."names-removed"' <<< "$out")" '0:0'
run --home "$work/home" gc -n
check 'what-would-go-is-told' has "$out" 'would remove 0 builds'

run -C site --home "$work/home" doctor --json
check 'the-doctor-looks-at-everything' is "$(jq -r '[.checks[].name] | join(" ")' <<< "$out")" 'sandbox git svn patch tar sh home locale'
check 'the-status-of-the-doctor-is-the-verdict' is "$status" "$(jq 'if ."is-well" then 0 else 1 end' <<< "$out")"
LC_ALL=C "$FASSEMBLER" doctor > "$work/doctor" 2>&1
check 'a-plain-locale-gets-plain-signs' is "$(LC_ALL=C grep -c '[^ -~]' "$work/doctor")" 0
check 'and-is-told-of' has "$(cat "$work/doctor")" 'help: locale: export LC_ALL=C.UTF-8'
PATH=/nonexistent "$FASSEMBLER" doctor > "$work/doctor" 2>&1
check 'what-is-missing-is-told-with-its-cure' has "$(cat "$work/doctor")" "help: git: install 'git'"

sed -i 's/^product:/prodcut:/' site/fassembler.yaml
sed -i 's/^processes:/proceses:/' site/components/hello.yaml
run -C site check
check 'mistakes-are-wrong-configuration' is "$status:$out" '2:'
check 'a-mistake-has-its-place' has "$err" 'fassembler.yaml:'
check 'mistakes-of-all-files-come-in-one-go' has "$err" 'hello.yaml:'
check 'the-nearest-key-is-named' has "$err" "'processes'"
run -C site check --json
check 'mistakes-are-json-too' is "$(jq '.errors >= 2' <<< "$out")" true
check 'a-product-with-mistakes-is-not-explained' exits 2 -C site explain
finish

#!/usr/bin/env bash
# People and their roles, as the home's own user meets them: --as.
. "$(dirname "$0")/tap.sh"

run new site
cd site || exit 1
mkdir home
sed -i "s/base-port: [0-9]*/base-port: $("$here/../free-ports" 100)/" fassembler.yaml
cat >> fassembler.yaml << 'END'
people:
  ana: developer
  ben: {minimal: release-manager}
  cyd: admin
END
me=$(id -un)
events() { "$FASSEMBLER" ledger log --json | jq -r '.events[] | "\(.kind) \(.actor)"' | tail -n "$1" | paste -sd,; }

check 'a-mistyped-name-is-told-the-nearest' exits 4 --as anna gc
check 'and-which-that-is' has "$err" "did you mean 'ana'?"
check 'nothing-is-recorded-of-a-mistake' exits 4 ledger log
check 'as-somebody-one-may-what-they-may' exits 5 --as ana gc
check 'the-refusal-says-which-role-is-needed' has "$err" "this needs the role 'admin' for all sites, and that of 'ana' is 'developer'"
check 'and-who-has-it' has "$err" "help: ask cyd or $me"
check 'a-role-for-a-site-is-none-for-all' exits 5 release cut --as ben
check 'where-nobody-else-has-it-the-owner-has' has "$err" "help: ask cyd or $me"
check 'every-use-is-recorded-before-anything-is-done' is "$(events 2)" "actor.acted-as $me,actor.acted-as $me"
check 'a-viewer-of-nothing-may-not-even-look' exits 4 board --as eve
check 'what-is-the-owner-s-alone-is-so-for-all-others' exits 5 --as ben run true
check 'a-developer-runs-what-may-run-anything' exits 0 --as ana up dev.minimal
check 'both-names-are-in-the-event' is "$(events 1)" "environment.up $me as ana"
check 'the-log-shows-who' has "$("$FASSEMBLER" ledger log)" "$me as ana  environment.up"
check 'a-developer-does-not-stop-live' exits 5 --as ana down live.minimal
check 'and-is-told-for-which-site' has "$err" "'release-manager' for minimal"
check 'and-who-does' has "$err" "help: ask ben, cyd or $me"
check 'where-no-site-would-do-that-is-said' exits 5 --as ana env retire dev.minimal
check 'of-any-site' has "$err" "'admin' for a site"
check 'a-release-manager-of-the-site-does' exits 0 --as ben down live.minimal
check 'an-admin-does-what-an-admin-does' exits 0 --as cyd gc -n
run down dev.minimal
check 'without-it-the-owner-needs-no-role' is "$(events 1)" "environment.down $me"
check 'the-ledger-is-the-owner-s-alone' is "$(stat -c %a home/ledger.db)" 600
run ledger verify
check 'and-stays-whole' has "$out" 'whole'
finish

#!/usr/bin/env bash
# What outlives releases, as a database does: a deployment restarts it when its files are others, and only then, whichever
# command brings that to an end; and again when it is taken back.
. "$(dirname "$0")/tap.sh"
export FASSEMBLER_LIBEXEC=${FASSEMBLER%/*}

run new site
mkdir site/home site/keeper site/etc/keeper
base=$("$here/../free-ports" 500)
sed -i "s/base-port: [0-9]*/base-port: $base/; s/^components:.*/components: [hello, keeper]/" site/fassembler.yaml
cat > site/components/keeper.yaml <<'END'
summary: What is kept
source: {directory: keeper}
needs: {programs: [python3]}
settings:
  size: {default: "1", help: "How much it keeps"}
build:
  - run: |
      mkdir -p $out
      cp keep $out/
processes:
  keep:
    command: python3 ${out}/keep ${etc}/size
    lifetime: environment
END
echo "\${size}" > site/etc/keeper/size
cat > site/keeper/keep <<'END'
import pathlib, signal, sys
with open('%s/had' % pathlib.Path(sys.argv[1]).resolve().parents[4], 'w') as file:
    file.write(open(sys.argv[1]).read().strip())
signal.pause()
END
live=site/home/sites/minimal/live
# Killed where the new build stands beside the old one, once.
sed -i "s|^  functional: .*|&\n  smoke: ['if [ -e $work/kill ]; then rm $work/kill; kill -9 \$PPID; fi']|" site/components/hello.yaml

# shellcheck disable=SC2317 # called by trap
clean() {
    "$FASSEMBLER" -C "$work/site" down live.minimal
    chmod -R u+w "$work"
    rm -rf "$work"
}
trap 'clean > /dev/null 2>&1' EXIT

served() { jq -r .release < "$live/current/build.json"; }
keeper() { "$live/bin/supervisorctl" pid keeper; }
had() { cat "$live/had"; }
deploy() { run -C site deploy "$1" live.minimal --no-watch; }
# cut LABEL SIZE
cut() {
    sed -i "s/default: \"[0-9]*\", help: \"How much/default: \"$2\", help: \"How much/" site/components/keeper.yaml
    echo "page of $1" > site/hello/www/index.html
    run -C site release cut "$1"
}

cut 0.1 1
deploy 0.1
check 'the-first-release-serves' is "$status:$(served):$(had)" 0:0.1:1
first=$(keeper)
cut 0.2 1
deploy 0.2
check 'what-did-not-change-runs-on' is "$status:$(served):$(keeper)" "0:0.2:$first"
cut 0.3 3
deploy 0.3
check 'what-changed-is-restarted' is "$status:$(served):$(had)" 0:0.3:3
check 'it-is-another-process' lacks "$first" "$(keeper)"
third=$(keeper)
run -C site rollback live.minimal --no-watch
check 'so-it-is-on-the-way-back' is "$status:$(served):$(had)" 0:0.2:1
check 'which-starts-it-again' lacks "$third" "$(keeper)"

# Who goes on for somebody who was killed knows it as well.
touch kill
deploy 0.3
check 'somebody-was-killed-before-the-switch' is "$(served):$(had)" 0.2:1
run -C site deploy --resume live.minimal --no-watch
check 'who-goes-on-restarts-it-too' is "$status:$(served):$(had)" 0:0.3:3

# And who takes back what serves already.
run -C site rollback live.minimal --no-watch
"$FASSEMBLER" -C site deploy 0.3 live.minimal --watch 60s > watched 2>&1 < /dev/null &
pid=$!
until grep -q '^watching' watched; do kill -0 "$pid" || break; done
check 'it-has-changed-by-then' is "$(served):$(had)" 0.3:3
run -C site rollback live.minimal
wait "$pid"
check 'what-is-taken-back-while-it-is-watched-restarts-it' is "$status:$(served):$(had)" 0:0.2:1
check 'the-ledger-is-whole' exits 0 -C site ledger verify
finish

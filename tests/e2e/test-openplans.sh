#!/usr/bin/env bash
# The example product with its real programs: nginx, DokuWiki, WordPress, MariaDB and Node, as an ordinary user.
. "$(dirname "$0")/../cli/tap.sh"
. "$here/../e2e/user.sh"
demo=$room/demo
down_at_the_end "$demo" dev.openplans

run new "$demo" --example openplans
check 'the-example-is-made' is "$status" 0
as_user mkdir "$demo/home"
base=$("$here/../free-ports" 1000)
as_user sed -i "s/base-port: 8000/base-port: $base/; s/base-port: 9000/base-port: $((base + 500))/" "$demo/fassembler.yaml"
run -C "$demo" up dev.openplans
check 'six-real-programs-are-built-and-started' is "$status" 0
url=http://127.0.0.1:$((base + 400))
check 'the-wiki-answers' has "$(curl -s "$url/")" 'dokuwiki__content'
check 'the-wiki-shows-no-error' lacks "$(curl -s "$url/")" 'class="error"'
check 'the-blog-answers' has "$(curl -s "$url/blog/")" 'OpenPlans'
check 'the-tasks-answer' has "$(curl -s "$url/tasks/")" 'Tasks'
# browse PATH: the page as a real browser has it, after its scripts.
browse() {
    timeout 60 chromium --headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking \
        --disable-component-update --disable-sync --user-data-dir="$work/chromium" --dump-dom "$url$1" 2> /dev/null
}
check 'a-browser-shows-the-wiki' has "$(browse /)" 'Plan together'
check 'a-browser-shows-the-blog-in-its-theme' has "$(browse /blog/)" 'OpenPlans Blog'
check 'a-browser-shows-the-tasks' has "$(browse /tasks/)" '<form'
check 'configuration-is-hidden' is "$(curl -s -o /dev/null -w '%{http_code}' "$url/conf/users.auth.php")" 404
run -C "$demo" status dev.openplans --json
check 'every-process-runs' is "$(jq -r '[.processes[].state] | unique | join(" ")' <<< "$out")" RUNNING
pids=$(jq -c '[.processes[].pid]' <<< "$out")
run -C "$demo" test -e dev.openplans
check 'the-tests-of-every-component-pass' has "$status:$out" ' passed, 0 failed'
run -C "$demo" up dev.openplans
check 'up-again-does-no-set-up' lacks "$err" 'set-up of'
run -C "$demo" status dev.openplans --json
check 'up-again-restarts-nothing' is "$(jq -c '[.processes[].pid]' <<< "$out")" "$pids"
secret=$(cat "$demo/home/sites/openplans/dev/var/secrets/wordpress-db")
check 'a-secret-is-in-no-log' is "$(grep -rl "$secret" "$demo/home/sites/openplans/dev/var/log" "$demo/home/log")" ''
check 'a-secret-is-not-in-the-record' is "$(grep -c "$secret" "$demo/home/sites/openplans/dev/current/build.json")" 0
check 'the-record-names-packages-with-versions' has "$(jq -r '.packages // [] | tostring' "$demo/home/sites/openplans/dev/current/build.json")" 'wordpress'
# shellcheck disable=SC2009 # the argument lists are what is looked at
check 'a-secret-is-in-no-argument-list' lacks "$(ps axww -o args)" "$secret"
run -C "$demo" down dev.openplans
check 'everything-stops' is "$status" 0
check 'nothing-of-it-lives-on' is "$(pgrep -f "$demo/home" | wc -l)" 0
finish

#!/usr/bin/env bash
# What a person at a terminal is asked in the midst of work, and what comes of each answer.
. "$(dirname "$0")/tap.sh"
export FASSEMBLER_LIBEXEC=${FASSEMBLER%/*} TERM=xterm PAGER=cat

# converse WORDS... < TALK: the program on a terminal; TALK is lines of `wait TEXT` and `say TEXT`, whose
# texts may hold escapes, and `prompt`, which waits for a shell's. Sets status and out, all that stood on the terminal.
converse() {
    cat > "$work/.talk"
    expect -f - -- "$FASSEMBLER" "$@" > "$work/.out" 2> "$work/.err" << 'TCL'
set timeout 30
proc wait_for {how text} {
    expect {
        $how $text {}
        timeout { puts stderr "waited in vain for '$text'"; exit 98 }
        eof { puts stderr "ended before '$text'"; exit 99 }
    }
}
set stty_init "rows 40 columns 200"
spawn -noecho {*}$argv
set talk [open .talk]
while {[gets $talk line] >= 0} {
    set text [subst -nocommands -novariables [lrange $line 1 end]]
    switch [lindex $line 0] {
        wait { wait_for -ex [join $text] }
        say { send -- [join $text] }
        prompt { wait_for -re {[#$] $} }
    }
}
expect eof
exit [lindex [wait] 3]
TCL
    status=$?
    out=$(tr -d '\r' < "$work/.out")
    err=$(cat "$work/.err")
}

run new site
mkdir site/home
log=site/home/log/build/hello.log
# shellcheck disable=SC2016 # for the step's shell
sed -i 's|cp -r www bin.*|echo the-step-said-this; echo left > here; test -e $files/allowed; cp -r www bin tests $out/|' \
    site/components/hello.yaml
mkdir site/components/hello

converse -C site build dev.minimal << 'TALK'
wait uit?
say "\r"
wait "s  a shell in its sandbox"
wait uit?
say "l\r"
wait "== run =="
wait "the-step-said-this"
wait uit?
say "s\r"
prompt
say "cat here; pwd\r"
wait "left"
prompt
say "(echo be''gun; sleep 1000)\r"
wait "begun"
say "\003"
prompt
say "exit\r"
wait uit?
say "q\r"
TALK
check 'a-failure-is-asked-about-until-an-answer-decides' is "$status" 1
check 'ctrl-c-in-the-shell-is-for-what-runs-there' lacks "$out" 'stopping in good order'
check 'who-quits-sees-where-the-whole-log-is' has "$out" "$log"

converse -C site build dev.minimal << 'TALK'
wait uit?
say "\003"
wait "stopping in good order"
TALK
check 'ctrl-c-answers-the-question-too' is "$status" 130
converse -C site build dev.minimal << 'TALK'
wait uit?
say "\004"
TALK
check 'the-end-of-input-quits' is "$status" 1
converse -C site build dev.minimal --yes < /dev/null
check 'with-yes-nobody-is-asked' is "$status:$(grep -c 'uit?' <<< "$out")" 1:0
run -C site build dev.minimal
check 'without-a-terminal-nobody-is-asked' is "$status:$(grep -c 'uit?' <<< "$err")" 1:0


# Without a sandbox a step sees what is outside of it: that changes between two tries.
sed -i "s|test -e \$files/allowed|test -e $work/allowed|" site/components/hello.yaml
converse -C site build dev.minimal --sandbox none << TALK
wait uit?
say "s\r"
prompt
say "touch $work/allowed; exit\r"
wait uit?
say "retry\r"
TALK
check 'what-fails-can-be-mended-and-tried-again' is "$status:$(ls -d site/home/store/hello-*/bin)" \
    "0:$(echo site/home/store/hello-*/bin)"
check 'how-long-it-took-is-kept-for-the-next-time' grep -qE '^hello [0-9]+$' site/home/log/build/times
echo >> site/hello/www/index.html
run -C site build dev.minimal --sandbox none --json
check 'what-was-built-before-has-an-estimate' is "$(jq -r 'select(.event == "added") | .estimate > 0' <<< "$out")" true

rm allowed
echo >> site/hello/www/index.html
converse -C site build dev.minimal --sandbox none << TALK
wait uit?
say "s\r"
prompt
say "touch $work/allowed $work/site/components/hello/new; exit\r"
wait uit?
say "r\r"
wait "changed since it was read"
wait uit?
say "q\r"
TALK
check 'what-was-edited-meanwhile-is-not-built-under-the-old-key' is "$status" 6

# One that fails, and one that has nothing to do with it.
rm allowed
sed 's|^source:.*|source: {directory: hello}|; /^build:/,/^tests:/ { s|echo the-step.*|mkdir -p $out; true|; }; /^tests:/,$d' \
    site/components/hello.yaml > site/components/other.yaml
sed -i 's/^components:.*/components: [hello, other]/' site/fassembler.yaml
converse -C site build dev.minimal -j1 << 'TALK'
wait uit?
say "c\r"
TALK
check 'the-rest-is-built-when-told-to-continue' has "$(ls site/home/store)" other-
check 'what-failed-has-failed-all-the-same' is "$status" 1

# An environment whose rendered file a person edited, where the template changes too.
run new town
mkdir town/home
sed -i "s/base-port: [0-9]*/base-port: $("$here/../free-ports" 500)/" town/fassembler.yaml
trap '"$FASSEMBLER" -C "$work/town" down dev.minimal 2> /dev/null; chmod -R u+w "$work" 2> /dev/null; rm -rf "$work"' EXIT
greeting=town/home/sites/minimal/dev/current/etc/hello/greeting.txt
run -C town up dev.minimal
check 'an-environment-is-up' is "$status" 0
echo 'a person was here' >> "$greeting"

converse -C town up dev.minimal hello.greeting=Salve << 'TALK'
wait overwrite
say "\003"
TALK
check 'ctrl-c-changes-nothing' lacks "$(cat "$greeting")" Salve

# The editor of a person who saves too early the first time.
cat > editor << 'EDITOR'
#!/bin/sh
[ -e "$(dirname "$0")/seen" ] && grep -q 'half done' "$1" && sed -i '/^[<=>|]\{7\}/d' "$1"
touch "$(dirname "$0")/seen"
echo 'half done' >> "$1"
EDITOR
chmod +x editor
EDITOR=$work/editor VISUAL='' converse -C town up dev.minimal hello.greeting=Salve << 'TALK'
wait overwrite
say "d\r"
wait "+Salve"
wait overwrite
say "m\r"
wait "marks of the conflict"
wait overwrite
say "m\r"
wait "is up"
TALK
check 'a-conflict-is-merged-by-hand' is "$status:$(grep -c 'half done' "$greeting")" 0:2
check 'both-sides-are-in-what-was-merged' is "$(grep -o -e 'a person' -e Salve "$greeting" | sort -u | tr '\n' ' ')" 'Salve a person '

converse -C town up dev.minimal hello.greeting=Ave << 'TALK'
wait overwrite
say "\r"
wait "is up"
TALK
check 'return-loses-nothing' has "$(cat "$greeting.bak")" 'a person was here'
check 'beside-the-backup-is-what-is-rendered-now' is "$(grep -c 'a person' "$greeting"):$(grep -o Ave "$greeting" | head -1)" 0:Ave
# What a note needs and was not given, and whether it was carried out.
converse -C town note add -c hello << 'TALK'
wait kind
say "manual\r"
wait "text:"
say "ring the bell\r"
wait "note n"
TALK
check 'a-note-is-asked-for' is "$status" 0
run -C town release cut 0.1
converse -C town deploy 0.1 dev.minimal --watch 1s << 'TALK'
wait "is this done"
say "n\r"
TALK
check 'what-is-not-done-is-not-deployed' has "$status:$out" '3:'
converse -C town deploy 0.1 dev.minimal --watch 1s << 'TALK'
wait "ring the bell"
wait "is this done"
say "y\r"
wait "serves 0.1"
TALK
check 'what-is-done-is-deployed' is "$status" 0
finish

#!/usr/bin/env bash
# The frame of the command line: help, version, mistakes, completions.
. "$(dirname "$0")/tap.sh"

run --version
check 'the-version-is-one-line-on-stdout' is "$status:$err" '0:'
check 'the-version-names-the-program' has "$out" 'fassembler 0.'
run version --json
check 'the-version-has-json' is "$(jq -r .fassembler <<< "$out")" "$("$FASSEMBLER" --version | cut -d' ' -f2)"
run --json version
check 'options-stand-before-the-command-too' is "$status" 0

run help
check 'help-goes-to-stdout' is "$status:$err" '0:'
check 'help-lists-commands' has "$out" 'completion '
check 'help-hides-what-is-not-for-people' lacks "$out" 'complete '
check 'help-of-a-command-begins-with-what-it-does' has "$("$FASSEMBLER" help version)" 'Print the version'
check 'h-anywhere-is-help' is "$("$FASSEMBLER" version -h)" "$("$FASSEMBLER" help version)"
check 'the-man-page-is-well-formed' is "$("$FASSEMBLER" help --man | man -l --warnings -E UTF-8 - 2>&1 > /dev/null)" ''

run
check 'no-command-is-wrong-usage' is "$status:$out" '2:'
run verison
check 'a-mistyped-command-is-not-run' is "$status:$out" '2:'
check 'a-mistyped-command-gets-a-suggestion' has "$err" "help: did you mean 'version'?"
run version --jsno
check 'a-mistyped-option-gets-a-suggestion' has "$err" "help: did you mean '--json'?"
run $'\033[2J'
check 'an-error-cannot-drive-a-terminal' lacks "$err" $'\033'
check 'one-argument-too-many-is-wrong-usage' exits 2 version now
check 'a-dry-run-of-what-has-none-is-refused' exits 2 version -n
check 'a-missing-folder-is-not-found' exits 4 -C /no/such version
"$FASSEMBLER" --version > /dev/full 2> "$work/full"
status=$?
check 'an-answer-that-cannot-be-written-is-a-failure' is "$status" 1

"$FASSEMBLER" --version >&-
status=$?
check 'a-closed-stdout-does-no-harm' is "$status" 0
check 'no-colour-without-a-terminal' lacks "$("$FASSEMBLER" help)" $'\033'
colours=$(TERM=xterm script -qec "$FASSEMBLER help" /dev/null)
check 'colour-on-a-terminal' has "$colours" $'\033[1m'
colours=$(TERM=xterm NO_COLOR=1 script -qec "$FASSEMBLER help" /dev/null)
check 'no-colour-with-NO_COLOR' lacks "$colours" $'\033'
colours=$(TERM=dumb script -qec "$FASSEMBLER help" /dev/null)
check 'no-colour-on-a-dumb-terminal' lacks "$colours" $'\033'
colours=$(TERM=xterm script -qec "$FASSEMBLER help --no-color" /dev/null)
check 'no-colour-when-told' lacks "$colours" $'\033'

# complete_line LINE: what bash would propose, one a line.
complete_line() {
    # shellcheck disable=SC2016 # for the inner shell
    PATH=$(dirname "$FASSEMBLER"):$PATH bash --norc -c '
        eval "$(fassembler completion bash)"
        COMP_LINE=$1 COMP_POINT=${#1}
        _fassembler
        printf "%s\n" "${COMPREPLY[@]}"' - "$1"
}
check 'bash-completes-a-command' is "$(complete_line 'fassembler versi')" version
check 'bash-completes-an-argument' is "$(complete_line 'fassembler completion ' | tr '\n' ' ')" 'bash zsh fish '
check 'bash-completes-an-option' is "$(complete_line 'fassembler help --nam')" --names
touch "$work/a file"
check 'bash-completes-a-file' is "$(complete_line 'fassembler -C a')" 'a file'
check 'bash-completes-behind-an-equals-sign' is "$(complete_line 'fassembler --home=a')" 'a file'
for shell in bash zsh fish; do
    check "there-is-a-script-for-$shell" exits 0 completion "$shell"
done
check 'an-unknown-shell-is-wrong-usage' exits 2 completion tcsh
finish

#compdef fassembler
# Completion of fassembler in zsh. Hands the words up to the cursor to `fassembler complete` and shows what comes back.
_fassembler() {
    local line word
    local -a shown plain
    while IFS= read -r line; do
        if [[ $line == ':files' ]]; then
            _files
            continue
        fi
        word=${line%%$'\t'*}
        plain+=("$word")
        if [[ $line == *$'\t'* ]]; then
            shown+=("${word}  -- ${line#*$'\t'}")
        else
            shown+=("$word")
        fi
    done < <("${words[1]}" complete -- "${(@)words[2,CURRENT]}" 2> /dev/null)
    (( ${#plain} )) && compadd -l -d shown -a plain
}
if [[ ${zsh_eval_context[-1]} == loadautofunc ]]; then
    _fassembler "$@"
else
    compdef _fassembler fassembler
fi

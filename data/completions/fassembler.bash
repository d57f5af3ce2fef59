# Completion of fassembler in bash. Hands the words up to the cursor to `fassembler complete` and shows what comes back:
# it knows nothing else, so that it never has to change when a command is added.
_fassembler() {
    local line last cut='' typed=${COMP_LINE:0:COMP_POINT}
    local -a words
    # Not COMP_WORDS: bash divides those at '=' and ':'.
    IFS=$' \t\n' read -r -a words <<< "$typed"
    if [[ $typed == *[[:space:]] ]]; then
        words+=('')
    fi
    last=${words[${#words[@]} - 1]}
    # What stands before the last such sign is already on the line, and bash would repeat it.
    if [[ $last == *[=:]* ]]; then
        cut=${last%"${last##*[=:]}"}
    fi
    COMPREPLY=()
    while IFS= read -r line; do
        if [[ $line == ':files' ]]; then
            compopt -o filenames 2> /dev/null
            while IFS= read -r line; do
                COMPREPLY+=("$line")
            done < <(compgen -f -- "${last#"$cut"}")
        else
            line=${line%%$'\t'*}
            COMPREPLY+=("${line#"$cut"}")
        fi
    done < <("${words[0]}" complete -- "${words[@]:1}" 2> /dev/null)
}
complete -F _fassembler fassembler

# Completion of fassembler in fish. Hands the words up to the cursor to `fassembler complete` and shows what comes back.
function __fassembler
    set -l words (commandline -opc) (commandline -ct)
    for line in ($words[1] complete -- $words[2..-1] 2> /dev/null)
        if test "$line" = ':files'
            __fish_complete_path (commandline -ct)
        else
            echo $line
        end
    end
end
complete -c fassembler -f -a '(__fassembler)'

# SPDX-License-Identifier: MIT
# Completion of daybook(1) for fish. The program itself says what a line can go on with.
function __daybook_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    if test (count $current) -eq 0
        set current ''
    end
    for line in ($words[1] complete $words[2..-1] $current 2>/dev/null)
        switch $line
            case :files
                __fish_complete_path $current
            case :folders
                __fish_complete_directories $current ''
            case '*'
                echo $line
        end
    end
end
complete -c daybook -f -a '(__daybook_complete)'

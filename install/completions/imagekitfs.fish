# fish completion for imagekitfs. The program itself says what may follow; this asks it.
function __imagekitfs_complete
    set -l words (commandline -opc) (commandline -ct)
    for line in ($words[1] complete -- $words[2..-1] 2>/dev/null)
        switch $line
            case :files
                __fish_complete_path (commandline -ct)
            case :folders
                __fish_complete_directories (commandline -ct)
            case '*'
                echo $line
        end
    end
end
complete -c imagekitfs -f -a '(__imagekitfs_complete)'

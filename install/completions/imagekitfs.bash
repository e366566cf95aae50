# bash completion for imagekitfs. The program itself says what may follow; this asks it.
_imagekitfs() {
    local current line word files=
    local -a words=("${COMP_WORDS[@]:1:COMP_CWORD}")
    # bash cuts words at = and :, the program wants them whole.
    if declare -F _get_comp_words_by_ref >/dev/null; then
        local cur cword
        local -a words_whole
        _get_comp_words_by_ref -n =: -w words_whole -i cword -c cur
        words=("${words_whole[@]:1:cword}")
    fi
    current=${words[${#words[@]} - 1]-}
    COMPREPLY=()
    while IFS= read -r line; do
        case $line in
            :files | :folders) files=$line ;;
            *)
                word=${line%%$'\t'*}
                [[ $word == "$current"* ]] && COMPREPLY+=("$(printf '%q' "$word")")
                ;;
        esac
    done < <("${COMP_WORDS[0]}" complete -- "${words[@]}" 2>/dev/null)
    case $files in
        :files) compopt -o filenames 2>/dev/null; mapfile -t -O ${#COMPREPLY[@]} COMPREPLY < <(compgen -f -- "$current") ;;
        :folders) compopt -o filenames 2>/dev/null; mapfile -t -O ${#COMPREPLY[@]} COMPREPLY < <(compgen -d -- "$current") ;;
    esac
    declare -F __ltrim_colon_completions >/dev/null && __ltrim_colon_completions "$current"
    # --option=VALUE: bash replaces what stands after the = only.
    if [[ $current == --*=* && $COMP_WORDBREAKS == *=* ]]; then
        COMPREPLY=("${COMPREPLY[@]#*=}")
    fi
}
complete -F _imagekitfs imagekitfs

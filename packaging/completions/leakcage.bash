# bash completion for leakcage: the program itself knows what could be typed.

_leakcage() {
    local current=${COMP_WORDS[COMP_CWORD]} line word paths=
    COMPREPLY=()
    while IFS= read -r line; do
        word=${line%%$'\t'*}
        case $word in
        :files) paths=-f ;;
        :folders) paths=-d ;;
        *) COMPREPLY+=("$(printf %q "$word")") ;;
        esac
    done < <("${COMP_WORDS[0]}" complete -- "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
    # What ends so is to be typed further.
    case ${COMPREPLY[0]-} in *: | *=) compopt -o nospace ;; esac
    if [ -n "$paths" ]; then
        compopt -o filenames
        while IFS= read -r word; do
            COMPREPLY+=("$word")
        done < <(compgen "$paths" -- "${current#=}")
    fi
}
complete -F _leakcage leakcage

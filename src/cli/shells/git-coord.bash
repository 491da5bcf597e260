# Completion of `git coord` and `git-coord` for bash; printed by `git coord completion bash`.

# Asks git-coord for what may stand at word number $1 of the words that follow.
__git_coord_ask() {
    local index=$1 typed word
    shift
    local words=("$@")
    typed=${words[index]-}
    # The program is asked without the shell's quotes, and its answer is quoted again as needed.
    local quote=
    case $typed in
        \'* | \"*) quote=${typed:0:1} words[index]=${typed:1} ;;
        *) words[index]=${typed//\\/} ;;
    esac
    # Bash replaces only what stands behind the last `:` or `=` of an open word.
    local before=
    if [[ -z $quote ]]; then
        local mark
        for mark in : =; do
            if [[ $COMP_WORDBREAKS == *"$mark"* && $typed == *"$mark"* ]]; then
                local upto=${typed%"$mark"*}$mark
                ((${#upto} > ${#before})) && before=$upto
            fi
        done
    fi
    COMPREPLY=()
    while IFS= read -r -d $'\v' word || [[ -n $word ]]; do
        # Options are offered to who has typed the beginning of one.
        [[ -n $typed || $word != -* ]] || continue
        [[ -n $quote ]] || printf -v word %q "$word"
        case $word in
            # A directory goes on, and so does an option that wants its value behind `=`.
            */ | *=) ;;
            *) [[ -n $quote ]] || word+=' ' ;;
        esac
        # What was typed may be quoted in another way than `%q` does.
        [[ -z $before || $word != "$before"* ]] || word=${word#"$before"}
        COMPREPLY+=("$word")
    done < <(
        COMPLETE=bash _CLAP_IFS=$'\v' _CLAP_COMPLETE_INDEX=$index git-coord -- "${words[@]}" 2>/dev/null
    )
}

# For `git coord …`: called by git's own completion, which has set `words`, `cword` and more.
_git_coord() {
    local at=${__git_cmd_idx-}
    if [[ -z $at ]]; then
        # Git before 2.31 does not say where the command stands.
        for ((at = 1; at < cword; at++)); do
            [[ ${words[at]} != coord ]] || break
        done
    fi
    # `git -C elsewhere coord …` is about another repository.
    local front=(git-coord "${__git_C_args[@]}")
    __git_coord_ask $((cword - at - 1 + ${#front[@]})) "${front[@]}" "${words[@]:at+1}"
}

# For `git-coord …`: bash breaks words at `:` and `=`, which belong to keys.
__git_coord_alone() {
    local words=() cword=0 rest=$COMP_LINE word i
    for ((i = 0; i < ${#COMP_WORDS[@]}; i++)); do
        word=${COMP_WORDS[i]}
        if ((i > 0)) && [[ $rest != [[:space:]]* && -n $rest ]]; then
            words[${#words[@]} - 1]+=$word
        else
            rest=${rest#"${rest%%[![:space:]]*}"}
            words+=("$word")
        fi
        rest=${rest#"$word"}
        ((i != COMP_CWORD)) || cword=$((${#words[@]} - 1))
    done
    words[0]=git-coord
    __git_coord_ask "$cword" "${words[@]}"
}
complete -o nospace -F __git_coord_alone git-coord

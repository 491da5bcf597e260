#compdef git-coord
#description locks for many agents in one repository
# Completion of `git coord` and `git-coord` for zsh; printed by `git coord completion zsh`.

# Zsh's own completion of git calls this function for `git coord …`, with the words from `coord` on.
_git-coord() {
    local -a found dirs=() others=()
    local one value
    found=("${(@f)$(
        COMPLETE=zsh _CLAP_IFS=$'\n' _CLAP_COMPLETE_INDEX=$((CURRENT - 1)) \
            command git-coord -- git-coord "${(@Q)words[2,-1]}" 2>/dev/null
    )}")
    for one in $found; do
        # Options are offered to who has typed the beginning of one.
        [[ -n $words[CURRENT] || $one != -* ]] || continue
        # A candidate is `value:description`, with the colons of the value escaped.
        value=${${one//\\:/$'\v'}%%:*}
        if [[ $value == */ ]]; then
            dirs+=(${${value%/}//$'\v'/\\:})
        else
            others+=("$one")
        fi
    done
    (( $#dirs )) && _describe -V 'directories' dirs -S / -r '/ '
    (( $#others )) && _describe -V 'values' others
    (( $#dirs + $#others ))
}

# As a file in $fpath it runs at once; sourced, it only says what it is for.
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
    _git-coord "$@"
else
    compdef _git-coord git-coord
    zstyle -g _git_coord_commands ':completion:*:*:git:*' user-commands
    zstyle ':completion:*:*:git:*' user-commands $_git_coord_commands \
        'coord:locks for many agents in one repository'
    unset _git_coord_commands
fi

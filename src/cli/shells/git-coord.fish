# Completion of `git coord` and `git-coord` for fish; printed by `git coord completion fish`.

function __fish_git_coord --argument-names program
    set -l words (commandline --current-process --tokenize --cut-at-cursor)
    set -l current (commandline --current-token --cut-at-cursor)
    if test "$program" = git
        # Whatever stands before `coord` is git's.
        set -l at (contains --index -- coord $words)
        or return
        set -e words[1..$at]
    else
        set -e words[1]
    end
    set -l found (COMPLETE=fish command git-coord -- git-coord $words "$current" 2>/dev/null)
    # Options are offered to who has typed the beginning of one.
    if test -z "$current"
        string match --invert --regex '^-' -- $found
    else
        string join \n -- $found
    end
end

complete --command git-coord --keep-order --no-files --arguments '(__fish_git_coord)'
complete --command git --condition '__fish_git_using_command coord' --keep-order --no-files \
    --arguments '(__fish_git_coord git)'
complete --command git --condition __fish_git_needs_command --no-files --arguments coord \
    --description 'Locks for many agents in one repository'

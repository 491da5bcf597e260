//! Completion scripts. The candidates come from the program itself, see [`super::live`].
//!
//! The scripts are written by hand because those of clap_complete are for a word, `git-coord`, and
//! what people type is `git coord`, which git's own completion hands over.

use clap::ValueEnum;

/// How users switch it on.
pub(super) const INSTALL: &str = "\
bash:  git coord completion bash > ~/.local/share/bash-completion/completions/git-coord
       echo 'source ~/.local/share/bash-completion/completions/git-coord' >> ~/.bashrc
zsh:   git coord completion zsh > ~/.zfunc/_git-coord   (a directory in $fpath before compinit)
fish:  git coord completion fish > ~/.config/fish/conf.d/git-coord.fish";

/// A shell that has a script.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Shell {
    /// Works with git's own completion, and needs it for `git coord`
    Bash,
    /// Works with the completion of git that zsh brings
    Zsh,
    /// Works with the completion of git that fish brings
    Fish,
}

/// The script of a shell.
pub(super) fn script(shell: Shell) -> &'static str {
    match shell {
        Shell::Bash => include_str!("shells/git-coord.bash"),
        Shell::Zsh => include_str!("shells/git-coord.zsh"),
        Shell::Fish => include_str!("shells/git-coord.fish"),
    }
}

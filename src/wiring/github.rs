//! What a repository on GitHub needs so that its workflows run git-coord: one action and three
//! workflows. They stand at the top of this repository, in `hooks/github/`, for whoever copies them by
//! hand; `git coord github init` writes the same texts.

use super::Part;
use super::form::Form;
use super::sealed::Sealed;

/// Where each file belongs, and what it says.
const FILES: [(&[&str], &str); 4] = [
    (
        &[".github/actions/coord/action.yml"],
        include_str!("../../hooks/github/action.yml"),
    ),
    (
        &[".github/workflows/coord-sync.yml"],
        include_str!("../../hooks/github/coord-sync.yml"),
    ),
    (
        &[".github/workflows/coord-queue.yml"],
        include_str!("../../hooks/github/coord-queue.yml"),
    ),
    (
        &[".github/workflows/coord-check.yml"],
        include_str!("../../hooks/github/coord-check.yml"),
    ),
];

/// The files of a repository on GitHub. They are no agent's.
pub fn workflows() -> Vec<Part> {
    let part = |(paths, text)| Part {
        paths,
        agents: Vec::new(),
        beside: None,
        form: Form::Sealed(Sealed { text }),
    };
    FILES.into_iter().map(part).collect()
}

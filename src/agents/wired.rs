//! Whether a repository itself has an agent's hooks call git-coord. A person may have them for all
//! repositories, and most of those know nothing of git-coord.

use crate::coord::wired::{Files, is_wired};
use crate::wiring::{Agent, Wish, parts};

use super::{Here, Program};

/// Whether this repository wants git-coord to be used with the agent that calls.
pub(super) fn is_wanted(here: &Here<'_>) -> bool {
    let agent = match here.program {
        Program::Claude => Agent::Claude,
        Program::Codex => Agent::Codex,
        Program::Gemini => Agent::Gemini,
        Program::Cursor => Agent::Cursor,
        Program::Copilot => Agent::Copilot,
        Program::OpenCode => Agent::Opencode,
    };
    let parts = parts(&[agent], Wish::default());
    Files::of(here.coord()).is_ok_and(|files| is_wired(&files.look(&parts), agent))
}

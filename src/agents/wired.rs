//! Whether a repository itself has an agent's hooks call git-coord. A person may have them for all
//! repositories, and most of those know nothing of git-coord.

use std::fs::File;
use std::io::Read;

use super::{Here, Program};

/// Largest such file that is looked into, in bytes.
const BYTES_MAX: u64 = 1024 * 1024;
/// What every such file has in it.
const CALL: &[u8] = b"git-coord hook";

/// Where each agent's hooks stand in a repository.
fn files(program: Program) -> &'static [&'static str] {
    match program {
        Program::Claude => &[".claude/settings.json", ".claude/settings.local.json"],
        Program::Codex => &[".codex/hooks.json", ".codex/config.toml"],
        Program::Gemini => &[".gemini/settings.json"],
        Program::Cursor => &[".cursor/hooks.json"],
        Program::Copilot => &[".github/hooks/git-coord.json"],
        // It is a program, which may put the words together in its own way.
        Program::OpenCode => &[".opencode/plugins/git-coord.js"],
    }
}

/// Whether this repository wants git-coord to be used with the agent that calls.
pub(super) fn is_wanted(here: &Here<'_>) -> bool {
    let Some(top) = here.coord().repo().layout().work_dir.as_deref() else {
        return false;
    };
    files(here.program).iter().any(|file| {
        let Ok(file) = File::open(top.join(file)) else {
            return false;
        };
        let mut text = Vec::new();
        let is_read = file.take(BYTES_MAX).read_to_end(&mut text).is_ok();
        let calls = text.windows(CALL.len()).any(|part| part == CALL);
        is_read && (calls || here.program == Program::OpenCode)
    })
}

//! Aider: no hooks and no MCP. It reads `AGENTS.md`, lets git's hooks run, which it skips unless
//! told so, and asks about each file that it has changed.

use crate::wiring::form::Form;
use crate::wiring::keys::{Key, Keys};
use crate::wiring::{Agent, Part};

const KEYS: Keys = Keys(&[
    Key {
        name: "read",
        value: "AGENTS.md",
        or: &["AGENTS.md"],
    },
    Key {
        name: "git-commit-verify",
        value: "true",
        or: &[" true", " yes", " on"],
    },
    Key {
        name: "lint-cmd",
        value: "git coord check --lint",
        or: &["git coord check", "git-coord check"],
    },
]);

pub(super) fn parts() -> Vec<Part> {
    vec![Part::new(
        Agent::Aider,
        &[".aider.conf.yml"],
        Form::Yaml(KEYS),
    )]
}

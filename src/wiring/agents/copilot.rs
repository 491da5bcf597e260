//! GitHub Copilot: `.mcp.json`, hooks in a file of their own below `.github/hooks`, instructions,
//! and the steps that prepare the machine of its cloud agent.

use crate::wiring::block::Block;
use crate::wiring::form::Form;
use crate::wiring::hooks::{Hooks, Shape};
use crate::wiring::json::Tree;
use crate::wiring::members::{Members, Piece};
use crate::wiring::own::Own;
use crate::wiring::{Agent, Part, Wish};

use super::{GUARD_SECS, OTHER_SECS, WORKING, claude, on};

/// The workflow that the cloud agent runs before it begins: one job of this very name.
const STEPS: &str = include_str!("../texts/copilot-setup-steps.yml");

pub(super) fn parts(wish: Wish) -> Vec<Part> {
    let listed = Members {
        fresh: Vec::new(),
        pieces: vec![
            Piece::Exactly("version", Tree::Count(1)),
            Piece::Hooks(hooks(wish)),
        ],
    };
    let told = Block {
        body: WORKING.into(),
        unless: None,
    };
    let steps = STEPS.replace("@REPOSITORY@", env!("CARGO_PKG_REPOSITORY"));
    let step = steps.find("      - name: Install git-coord").unwrap_or(0);
    let steps = Own {
        piece: Some(steps[step..].to_owned()),
        unless: Some("git-coord"),
        ..Own::new(steps)
    };
    vec![
        claude::servers(Agent::Copilot),
        Part::new(
            Agent::Copilot,
            &[".github/hooks/git-coord.json"],
            Form::Json(listed),
        ),
        Part::new(
            Agent::Copilot,
            &[".github/copilot-instructions.md"],
            Form::Block(told),
        ),
        Part::new(
            Agent::Copilot,
            &[
                ".github/workflows/copilot-setup-steps.yml",
                ".github/workflows/copilot-setup-steps.yaml",
            ],
            Form::Own(steps),
        ),
    ]
}

/// Its input does not name the event, and any exit code but 0 blocks, also that of a shell that
/// finds no such program. So by default the command ends well whatever happens.
fn hooks(wish: Wish) -> Hooks {
    let events = [
        ("sessionStart", None),
        ("userPromptSubmitted", None),
        ("preToolUse", None),
        ("postToolUse", None),
        ("preCompact", None),
        ("agentStop", None),
        ("sessionEnd", None),
    ];
    let handler = |event: &str| {
        let is_guard = event == "preToolUse";
        let command = format!("git-coord hook copilot {event}");
        let (bash, powershell) = if is_guard && wish.fail_closed {
            (command.clone(), command)
        } else {
            let there = "Get-Command git-coord -ErrorAction SilentlyContinue";
            (
                format!("{command} || true"),
                format!("if ({there}) {{ {command} }}; exit 0"),
            )
        };
        let secs = if is_guard { GUARD_SECS } else { OTHER_SECS };
        Tree::map([
            ("type", Tree::text("command")),
            ("bash", Tree::text(bash)),
            ("powershell", Tree::text(powershell)),
            ("timeoutSec", Tree::Count(secs)),
        ])
    };
    Hooks {
        agent: "copilot",
        shape: Shape::Flat,
        on: on(events, handler),
    }
}

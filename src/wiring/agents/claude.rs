//! Claude Code: a server in `.mcp.json`, hooks in `.claude/settings.json`, a skill, and a line in
//! `CLAUDE.md`, because it does not read `AGENTS.md` by itself.

use crate::wiring::block::Block;
use crate::wiring::form::Form;
use crate::wiring::hooks::{Hooks, Shape};
use crate::wiring::json::Tree;
use crate::wiring::members::{Members, Piece};
use crate::wiring::own::Own;
use crate::wiring::server::Server;
use crate::wiring::{Agent, Part, Wish};

use super::{GUARD_SECS, OTHER_SECS, on};

/// The tools that change files, or may. `MultiEdit` is of older releases.
const EDITS: &str = "Edit|MultiEdit|Write|NotebookEdit|Bash";

/// The skill, for the repository and for the plugin.
const SKILL: &str = include_str!("../texts/skill.md");

/// What hooks are for, where a file has a place to say so.
pub(in crate::wiring) const HOOKS_ABOUT: &str =
    "Asks git-coord about locks, and tells it what goes on";

pub(super) fn parts(wish: Wish) -> Vec<Part> {
    let settings = Members {
        fresh: Vec::new(),
        pieces: vec![Piece::Hooks(hooks(wish))],
    };
    let line = Block {
        body: "@AGENTS.md".into(),
        unless: Some("@AGENTS.md"),
    };
    vec![
        servers(Agent::Claude),
        Part::new(
            Agent::Claude,
            &[".claude/settings.json"],
            Form::Json(settings),
        ),
        Part::new(
            Agent::Claude,
            &[".claude/skills/git-coord/SKILL.md"],
            Form::Own(Own::new(SKILL)),
        ),
        Part::new(Agent::Claude, &["CLAUDE.md"], Form::Block(line)),
    ]
}

/// The file of servers that Copilot's command line reads too.
pub(super) fn servers(agent: Agent) -> Part {
    let entry = Tree::map([("type", Tree::text("stdio"))]);
    let servers = Members {
        fresh: Vec::new(),
        pieces: vec![Piece::Server(Server::usual(entry))],
    };
    Part::new(agent, &[".mcp.json"], Form::Json(servers))
}

/// Never `WorktreeCreate`: a hook there does not watch how a worktree is made, it takes its place.
pub(in crate::wiring) fn hooks(wish: Wish) -> Hooks {
    let events = [
        ("SessionStart", None),
        ("UserPromptSubmit", None),
        ("PreToolUse", Some(EDITS)),
        ("PostToolUse", Some(EDITS)),
        ("PreCompact", None),
        ("Stop", None),
        ("SessionEnd", None),
    ];
    let handler = |event| {
        let is_guard = event == "PreToolUse";
        let blocks = is_guard && wish.fail_closed;
        Tree::map([
            ("type", Tree::text("command")),
            ("command", Tree::text("git-coord hook claude")),
            (
                "timeout",
                Tree::Count(if is_guard { GUARD_SECS } else { OTHER_SECS }),
            ),
        ])
        .with(
            "async",
            (event == "PostToolUse").then_some(Tree::Switch(true)),
        )
        .with("onFailure", blocks.then(|| Tree::text("block")))
    };
    Hooks {
        agent: "claude",
        shape: Shape::Groups,
        on: on(events, handler),
    }
}

//! A file for each coding agent: which files it reads, and what they have to say. Facts about the
//! agents are here and nowhere else.

mod aider;
mod claude;
pub(super) mod codex;
mod copilot;
mod cursor;
mod gemini;
mod opencode;

use super::block::Block;
use super::form::Form;
use super::hooks::On;
use super::json::Tree;
use super::{Agent, Part, Wish};

pub(super) use claude::{HOOKS_ABOUT, hooks as claude_hooks};
pub(super) use gemini::hooks as gemini_hooks;

/// What every agent is told, whoever reads it: in `AGENTS.md`, or where else it looks.
pub(super) const WORKING: &str = include_str!("../texts/working.md");

/// How long a guard may take: it may have to take a lock through a remote (`coord.autoLock`).
pub(super) const GUARD_SECS: u64 = 30;
/// How long anything else may take.
pub(super) const OTHER_SECS: u64 = 15;

/// The files of one agent.
pub(super) fn parts(agent: Agent, wish: Wish) -> Vec<Part> {
    let told = Block {
        body: WORKING.into(),
        unless: None,
    };
    // First, because others may be links to it.
    let mut parts = vec![Part::new(agent, &["AGENTS.md"], Form::Block(told))];
    parts.extend(match agent {
        Agent::Claude => claude::parts(wish),
        Agent::Codex => codex::parts(),
        Agent::Gemini => gemini::parts(),
        Agent::Cursor => cursor::parts(wish),
        Agent::Copilot => copilot::parts(wish),
        Agent::Opencode => opencode::parts(wish),
        Agent::Aider => aider::parts(),
    });
    parts
}

/// Hooks at some events: each with the tools that it is for, and what runs.
fn on<const N: usize>(
    events: [(&'static str, Option<&'static str>); N],
    handler: impl Fn(&'static str) -> Tree,
) -> Vec<On> {
    let on = |(event, matcher)| On {
        event,
        matcher,
        handler: handler(event),
    };
    events.map(on).into()
}

//! What a coding agent's own files need so that its hooks and its MCP client find git-coord: which
//! files, which pieces of each, and how a piece gets into somebody else's text and out again. And the
//! workflows of a repository on GitHub, which are whole files.
//!
//! Pure: texts in, texts out. Reading and writing is [`crate::coord::wired`]'s. What is there of
//! others stays byte for byte; what is ours is found again by what it runs or by its marks, so that
//! an older form is replaced and never doubled; and a text that cannot be read is left alone.

mod agent;
mod agents;
mod block;
mod form;
mod github;
mod hooks;
mod json;
mod keys;
mod members;
mod own;
mod packages;
mod sealed;
mod server;
mod table;

pub use agent::Agent;
pub use form::{ByHand, Put, Taken};
pub use github::workflows;
pub use packages::packages;

use form::Form;

#[cfg(test)]
mod tests;

/// What can be chosen about the pieces.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wish {
    /// Whether an agent must not edit when git-coord cannot be asked, where the agent can do that.
    pub fail_closed: bool,
}

/// One file, and what of it is ours.
#[derive(Clone, Debug)]
pub struct Part {
    /// Where it is, from the top of the working tree: the first of these that exists, or else the
    /// first.
    pub paths: &'static [&'static str],
    /// Those who read it.
    pub agents: Vec<Agent>,
    /// A file that can make this one wrong; see [`Part::yields`].
    pub beside: Option<&'static str>,
    form: Form,
}

impl Part {
    fn new(agent: Agent, paths: &'static [&'static str], form: Form) -> Self {
        Self {
            paths,
            agents: vec![agent],
            beside: None,
            form,
        }
    }

    /// The text with our pieces in it; `before` is what is there.
    pub fn put(&self, before: Option<&str>) -> Put {
        self.form.put(before)
    }

    /// The text without our pieces.
    pub fn take(&self, before: &str) -> Taken {
        self.form.take(before)
    }

    /// Whether a text has any of our pieces.
    pub fn is_in(&self, text: &str) -> bool {
        !text.is_empty() && self.take(text).text.as_deref() != Some(text)
    }

    /// Why nothing may be written while the file [`Part::beside`] has this text, and what to do.
    pub fn yields(&self, beside: &str) -> Option<ByHand> {
        let why = agents::codex::hooks_in_config(beside)?;
        Some(ByHand {
            why,
            add: self.form.alone(),
        })
    }
}

/// The parts of some agents, each file once, in the order of the agents.
pub fn parts(agents: &[Agent], wish: Wish) -> Vec<Part> {
    let mut all: Vec<Part> = Vec::new();
    for agent in agents {
        for part in agents::parts(*agent, wish) {
            match all.iter_mut().find(|known| known.paths == part.paths) {
                Some(known) => known.agents.extend(part.agents),
                None => all.push(part),
            }
        }
    }
    all
}

//! Rules that say which branch is whose work, and on what.
//!
//! `agent/*/* {1} {2}` says that a branch such as `agent/alice/login` is the work of the agent `alice` on
//! the task `login`. The task may be left out.

use std::str::FromStr;

use super::super::branch::Branch;
use super::super::id::AgentName;
use super::rule::{filled, matched};

/// One rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrackRule {
    branch: String,
    agent: String,
    task: Option<String>,
}

/// Whose a branch is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bound {
    /// The agent.
    pub agent: AgentName,
    /// What it works on, if the rule says.
    pub task: Option<String>,
}

/// A text that is no rule.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no rule: a pattern of branches, an agent and perhaps a task, such as `agent/*/* {{1}} {{2}}`"
)]
pub struct BadTrackRule(String);

impl FromStr for TrackRule {
    type Err = BadTrackRule;

    fn from_str(text: &str) -> Result<Self, BadTrackRule> {
        let bad = || BadTrackRule(text.escape_debug().take(120).collect());
        let words: Vec<&str> = text.split_whitespace().collect();
        let (branch, agent, task) = match words.as_slice() {
            [branch, agent] => (branch, agent, None),
            [branch, agent, task] => (branch, agent, Some((*task).to_owned())),
            _ => return Err(bad()),
        };
        let branch = branch.strip_prefix("refs/heads/").unwrap_or(branch);
        // It becomes part of a refspec, so it is a branch but for the stars.
        let is_branch = branch.replace('*', "x").parse::<Branch>().is_ok();
        // Who it is has to be one agent, and not any of several.
        if !is_branch || agent.contains('*') {
            return Err(bad());
        }
        Ok(Self {
            branch: branch.to_owned(),
            agent: (*agent).to_owned(),
            task,
        })
    }
}

impl TrackRule {
    /// Whose this branch is, if the rule is about it and makes a name of it.
    pub fn binds(&self, branch: &str) -> Option<Bound> {
        let stars = matched(&self.branch, branch)?;
        Some(Bound {
            agent: filled(&self.agent, &stars).parse().ok()?,
            task: self.task.as_ref().map(|task| filled(task, &stars)),
        })
    }

    /// The beginning that all its branches have.
    pub fn beginning(&self) -> &str {
        self.branch.split('*').next().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::TrackRule;

    #[test]
    fn whose_a_branch_is() {
        for (rule, branch, agent, task) in [
            (
                "agent/*/* {1} {2}",
                "agent/alice/login",
                "alice",
                Some("login"),
            ),
            ("agent/*/* {1} {2}", "agent/alice/a/b", "alice", Some("a/b")),
            ("claude/* claude", "claude/x", "claude", None),
            ("refs/heads/bot/* bot {1}", "bot/7", "bot", Some("7")),
        ] {
            let bound = rule.parse::<TrackRule>().expect("a rule").binds(branch);
            let bound = bound.expect("it is about it");
            assert_eq!((bound.agent.as_str(), bound.task.as_deref()), (agent, task));
        }
        let rule: TrackRule = "agent/*/* {1} {2}".parse().expect("a rule");
        for branch in ["main", "agent/alice", "agent//x", "agent/a b/x"] {
            assert_eq!(rule.binds(branch), None, "{branch}");
        }
        for text in ["", "a", "a b c d", "a:b c", "a/* *", "a/* {1}*"] {
            assert!(text.parse::<TrackRule>().is_err(), "{text}");
        }
    }
}

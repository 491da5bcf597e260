//! Whether an agent may have a task at all.

use std::collections::BTreeSet;

use crate::model::id::AgentName;
use crate::model::record::Damage;
use crate::model::text::Word;

use super::super::agent;
use super::super::staged::State;
use super::super::trust;
use super::board::{Board, Brief};
use super::find;

/// Who asks for work.
pub(super) struct Worker<'s> {
    state: &'s dyn State,
    agent: &'s AgentName,
    /// Those that it named, and those that any of its sessions registered: as for messages to a role.
    pub(super) capabilities: BTreeSet<Word>,
    trust: Option<u8>,
}

/// Why a task is not for somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unfit {
    Assigned,
    Capability,
    Trust,
    OwnWork,
}

impl Unfit {
    /// For the count of those that were passed over.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Assigned => "assigned to others",
            Self::Capability => "need a capability that you have not named",
            Self::Trust => "need more trust",
            Self::OwnWork => "review your own work",
        }
    }
}

impl<'s> Worker<'s> {
    pub(super) fn new(state: &'s dyn State, agent: &'s AgentName, named: &BTreeSet<Word>) -> Self {
        // A record that cannot be read says nothing; `doctor` reports it.
        let mut capabilities = agent::capabilities(state, agent).unwrap_or_default();
        capabilities.extend(named.iter().cloned());
        Self {
            state,
            agent,
            capabilities,
            trust: None,
        }
    }

    /// Why a task is not for this agent, if it is not.
    pub(super) fn unfit(
        &mut self,
        board: Option<&Board>,
        brief: &Brief,
    ) -> Result<Option<Unfit>, Damage> {
        if brief
            .assignee
            .as_ref()
            .is_some_and(|only| only != self.agent)
        {
            return Ok(Some(Unfit::Assigned));
        }
        if !brief.requires.capabilities.is_subset(&self.capabilities) {
            return Ok(Some(Unfit::Capability));
        }
        if brief.not_for.contains(self.agent) || self.has_worked(board, brief)? {
            return Ok(Some(Unfit::OwnWork));
        }
        if let Some(needed) = brief.requires.trust {
            let own = match self.trust {
                Some(own) => own,
                None => *self.trust.insert(trust::of(self.state, self.agent)?),
            };
            if own < needed {
                return Ok(Some(Unfit::Trust));
            }
        }
        Ok(None)
    }

    /// Whether the agent worked on what this task reviews.
    fn has_worked(&self, board: Option<&Board>, brief: &Brief) -> Result<bool, Damage> {
        let Some(reviewed) = &brief.reviews else {
            return Ok(false);
        };
        if let Some(task) = board.and_then(|board| board.get(reviewed)) {
            return Ok(task.brief.workers.contains(self.agent));
        }
        let task = find::get(self.state, reviewed)?;
        Ok(task.is_some_and(|task| task.workers.contains(self.agent)))
    }
}

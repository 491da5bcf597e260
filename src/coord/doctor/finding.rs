//! What a check says: its number and name, how bad it is, what was found, and what to do.

use schemars::JsonSchema;
use serde::Serialize;

/// The checks, in the order in which they are made, shown and repaired: a later one relies on
/// what an earlier one looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Check {
    GitVersion,
    Repository,
    Formats,
    Settings,
    TeamFile,
    Identity,
    StaleLocks,
    Writer,
    StateRef,
    Objects,
    Chain,
    Records,
    Leases,
    Remote,
    RemoteState,
    RemoteAccepts,
    ViewAge,
    Clock,
    Hooks,
    History,
    Leftovers,
    Agents,
    Workflows,
}

impl Check {
    pub(super) const ALL: [Self; 23] = [
        Self::GitVersion,
        Self::Repository,
        Self::Formats,
        Self::Settings,
        Self::TeamFile,
        Self::Identity,
        Self::StaleLocks,
        Self::Writer,
        Self::StateRef,
        Self::Objects,
        Self::Chain,
        Self::Records,
        Self::Leases,
        Self::Remote,
        Self::RemoteState,
        Self::RemoteAccepts,
        Self::ViewAge,
        Self::Clock,
        Self::Hooks,
        Self::History,
        Self::Leftovers,
        Self::Agents,
        Self::Workflows,
    ];

    /// The stable name for programs, and the title for people.
    fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::GitVersion => ("git-version", "git program"),
            Self::Repository => ("repository", "repository"),
            Self::Formats => ("formats", "formats and backend"),
            Self::Settings => ("settings", "settings"),
            Self::TeamFile => ("team-file", "team settings"),
            Self::Identity => ("identity", "identity"),
            Self::StaleLocks => ("stale-locks", "lock files of git"),
            Self::Writer => ("writer", "interrupted writer"),
            Self::StateRef => ("state-ref", "state ref and pin"),
            Self::Objects => ("objects", "objects"),
            Self::Chain => ("chain", "chain"),
            Self::Records => ("records", "records"),
            Self::Leases => ("leases", "leases"),
            Self::Remote => ("remote", "remote"),
            Self::RemoteState => ("remote-state", "state of the remote"),
            Self::RemoteAccepts => ("remote-accepts", "what the remote accepts"),
            Self::ViewAge => ("view-age", "age of the view"),
            Self::Clock => ("clock", "clock"),
            Self::Hooks => ("hooks", "hooks"),
            Self::History => ("history", "history"),
            Self::Leftovers => ("leftovers", "leftovers"),
            Self::Agents => ("agents", "coding agents"),
            Self::Workflows => ("workflows", "workflows on GitHub"),
        }
    }
}

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// As it should be.
    Ok,
    /// Worth knowing; nothing has to be done.
    Note,
    /// It works, and something should be done.
    Warning,
    /// It does not work, or is not safe.
    Problem,
}

/// What `--fix` has to do with it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Fix {
    /// Nothing.
    #[default]
    None,
    /// It can repair this.
    Possible,
    /// It did; the state is what was found afterwards.
    Done,
    /// It tried in vain.
    Failed,
}

/// One check's result.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Finding {
    /// Its number, the same in every run.
    pub number: usize,
    /// Its stable name.
    pub id: &'static str,
    /// Its name for people.
    pub title: &'static str,
    /// How bad it is.
    pub state: State,
    /// What was found.
    pub found: String,
    /// More of it, one thing a line.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub details: Vec<String>,
    /// What to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub advice: Option<String>,
    /// What `--fix` has to do with it.
    pub fix: Fix,
    /// What `--fix` did, or why it could not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fixed: Option<String>,
}

/// A judgement, before it has a number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Judged {
    pub(super) state: State,
    pub(super) found: String,
    pub(super) details: Vec<String>,
    pub(super) advice: Option<String>,
    pub(super) is_fixable: bool,
}

impl Judged {
    pub(super) fn of(state: State, found: impl Into<String>) -> Self {
        Self {
            state,
            found: found.into(),
            details: Vec::new(),
            advice: None,
            is_fixable: false,
        }
    }

    pub(super) fn ok(found: impl Into<String>) -> Self {
        Self::of(State::Ok, found)
    }

    pub(super) fn note(found: impl Into<String>) -> Self {
        Self::of(State::Note, found)
    }

    pub(super) fn warning(found: impl Into<String>) -> Self {
        Self::of(State::Warning, found)
    }

    pub(super) fn problem(found: impl Into<String>) -> Self {
        Self::of(State::Problem, found)
    }

    /// At most this many details; the rest is counted.
    pub(super) fn details(mut self, all: impl IntoIterator<Item = String>) -> Self {
        const SHOWN_MAX: usize = 20;
        let mut all: Vec<String> = all.into_iter().collect();
        if all.len() > SHOWN_MAX {
            let more = all.len() - SHOWN_MAX;
            all.truncate(SHOWN_MAX);
            all.push(format!("and {more} more"));
        }
        self.details.extend(all);
        self
    }

    pub(super) fn advice(mut self, advice: impl Into<String>) -> Self {
        self.advice = Some(advice.into());
        self
    }

    /// `--fix` alone can repair it.
    pub(super) fn fixable(mut self) -> Self {
        self.is_fixable = true;
        self.advice
            .get_or_insert_with(|| "git coord doctor --fix".into());
        self
    }

    pub(super) fn finding(self, check: Check) -> Finding {
        let (id, title) = check.names();
        Finding {
            number: check as usize + 1,
            id,
            title,
            state: self.state,
            found: self.found,
            details: self.details,
            advice: self.advice,
            fix: if self.is_fixable {
                Fix::Possible
            } else {
                Fix::None
            },
            fixed: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Check;

    #[test]
    fn numbers_are_places_in_the_list() {
        for (at, check) in Check::ALL.into_iter().enumerate() {
            assert_eq!(check as usize, at);
        }
    }
}

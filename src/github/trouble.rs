//! Why a call was not answered as hoped.

use crate::coord::Failure;
use crate::model::text::shown;

/// Most characters of GitHub's own words that are kept.
const WORDS_CHARS_MAX: usize = 300;

/// Why there is no positive answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    /// The token is none, or no longer one.
    #[error("GitHub does not know the token: {0}")]
    Unknown(String),
    /// The token may not do this.
    #[error("the token may not do this: {0}")]
    Forbidden(String),
    /// It is not there, or the token may not see it.
    #[error("GitHub has no such thing, or does not show it to this token: {0}")]
    Missing(String),
    /// It is there, and gone for good.
    #[error("it is gone: {0}")]
    Gone(String),
    /// It cannot be done as things are now.
    #[error("GitHub says that it cannot be done now: {0}")]
    Conflict(String),
    /// The call makes no sense to GitHub as things are.
    #[error("GitHub does not take it: {0}")]
    Invalid(String),
    /// So many calls were made that the next ones are only taken later.
    #[error("GitHub takes no more calls for {secs} s: {why}")]
    Limited {
        /// In so many seconds.
        secs: u64,
        /// Its words.
        why: String,
    },
    /// There was no answer; a change may have happened or not.
    #[error("no answer: {0}")]
    Unreached(String),
    /// GitHub itself failed; a change may have happened or not.
    #[error("GitHub failed ({status}): {why}")]
    Broken {
        /// The status.
        status: u16,
        /// Its words.
        why: String,
    },
    /// An answer that is not understood.
    #[error("an answer that is not understood ({status}): {why}")]
    Odd {
        /// The status.
        status: u16,
        /// What is wrong with it.
        why: String,
    },
}

impl Trouble {
    /// What a status means, with the words that came with it.
    pub(super) fn of(status: u16, words: &str) -> Self {
        let why: String = shown(words).chars().take(WORDS_CHARS_MAX).collect();
        match status {
            401 => Self::Unknown(why),
            403 => Self::Forbidden(why),
            404 => Self::Missing(why),
            410 | 451 => Self::Gone(why),
            405 | 409 | 412 | 423 => Self::Conflict(why),
            400 | 415 | 422 => Self::Invalid(why),
            500.. => Self::Broken { status, why },
            _ => Self::Odd { status, why },
        }
    }

    /// Whether all further calls of this round would end the same.
    pub fn is_for_all(&self) -> bool {
        matches!(
            self,
            Self::Unknown(_) | Self::Limited { .. } | Self::Unreached(_)
        )
    }

    /// As the end of a command.
    pub fn into_failure(self, host: &str) -> Failure {
        match &self {
            Self::Unreached(_) | Self::Broken { .. } | Self::Limited { .. } | Self::Odd { .. } => {
                Failure::Unreachable {
                    remote: host.to_owned(),
                    why: self.to_string(),
                }
            }
            Self::Unknown(_) | Self::Forbidden(_) => Failure::usage(
                format!("{host}: {self}"),
                "give a token with the rights that `git coord help github` names",
            ),
            _ => Failure::usage(
                format!("{host}: {self}"),
                "`git coord github status` shows which repository is asked, and as whom",
            ),
        }
    }
}

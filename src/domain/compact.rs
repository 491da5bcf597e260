//! Closing an epoch: the same records at the root of a new chain.

use crate::model::place::Place;
use crate::model::record::{self, Damage, Record};
use crate::model::refusal::Refusal;
use crate::model::reply::Reply;
use crate::model::request::Compact;

use super::decide::{Decided, Desk};
use super::staged::State;

/// `format.json`: the version of the whole state, and which epoch it is in.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Format {
    pub(super) v: u32,
    #[serde(default = "kind")]
    pub(super) kind: String,
    /// The number of the epoch.
    pub epoch: u64,
    /// The number of the epoch's first state. With it the length of the chain is known to whoever
    /// reads one record, and nobody has to walk the chain.
    #[serde(default)]
    pub since: u64,
}

fn kind() -> String {
    Format::KIND.into()
}

impl Record for Format {
    const KIND: &'static str = "format";

    fn head(&self) -> (u32, &str) {
        (self.v, &self.kind)
    }
}

impl Format {
    /// Its place.
    pub(super) fn place() -> Place {
        Place::new(crate::model::place::FORMAT).expect("it is a constant that fits the rules")
    }

    /// The one of a state; none before the first operation.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn of(state: &dyn State) -> Result<Option<Self>, Damage> {
        let place = Self::place();
        let bytes = state.get(&place)?;
        bytes.map(|bytes| record::parse(&place, &bytes)).transpose()
    }

    /// How many states the epoch has, up to the state with this number.
    pub fn states_until(&self, rev: u64) -> u64 {
        rev.saturating_add(1).saturating_sub(self.since)
    }
}

pub(super) fn decide(
    desk: &mut Desk<'_>,
    request: &Compact,
    epoch: u64,
) -> Result<Decided, Refusal> {
    let is_begun = desk.staged.rev() > 0;
    let is_meant = request.closes.is_none_or(|closes| closes == epoch);
    if !is_begun || !is_meant {
        // Somebody else was first, or there is nothing yet: the state is as short as was wanted.
        return Ok(Decided {
            reply: Reply::Compacted { epoch },
            subject: String::new(),
            is_change: false,
        });
    }
    let next = epoch.checked_add(1).ok_or_else(|| Refusal::Limit {
        what: "epochs".into(),
        most: usize::MAX,
    })?;
    desk.set_epoch(next)?;
    let subject = format!("begin epoch {next} by {}", desk.me().agent);
    Ok(Decided::change(Reply::Compacted { epoch: next }, subject))
}

//! Decisions about features, and what follows from their claims.

pub mod drift;
pub mod find;
pub mod overlap;
pub mod pause;
pub mod plan;

mod cycle;
pub(in crate::domain) mod finish;
mod register;

use crate::model::feature::{Ask, Did, Feature, FeatureRecord, Overlaps, Told};
use crate::model::refusal::Refusal;
use crate::model::reply::Reply;
use crate::model::stored::Stored;

use super::decide::{Decided, Desk};

pub(super) fn decide(desk: &mut Desk<'_>, ask: &Ask) -> Result<Decided, Refusal> {
    match ask {
        Ask::Register(ask) => register::register(desk, ask),
        Ask::Update(ask) => register::update(desk, ask),
        Ask::Finish(ask) => finish::decide(desk, ask),
    }
}

impl Desk<'_> {
    pub(in crate::domain) fn put_feature(
        &mut self,
        feature: Feature,
    ) -> Result<FeatureRecord, Refusal> {
        let rev = self.staged.next_rev();
        let record = Stored::new(self.stamp, rev, feature);
        self.staged.put(&Feature::place(&record.id), &record)?;
        Ok(record)
    }

    /// Refuses who does something with a feature of another agent, unless it becomes his.
    fn expect_own_feature(&self, feature: &Feature, takeover: bool) -> Result<(), Refusal> {
        if takeover || feature.owner.agent == self.me().agent {
            return Ok(());
        }
        Err(Refusal::NotYours {
            what: "feature".into(),
            name: feature.id.to_string(),
            owner: feature.owner.clone(),
        })
    }
}

/// A feature that is in no state for what was asked.
fn wrong_state(feature: &Feature, needs: &str) -> Refusal {
    Refusal::WrongState {
        what: "feature".into(),
        name: feature.id.to_string(),
        is: feature.status.as_str().into(),
        needs: needs.into(),
    }
}

/// An answer, with its line for the log.
fn answer(
    desk: &Desk<'_>,
    verb: &str,
    did: Did,
    feature: FeatureRecord,
    overlaps: Option<Overlaps>,
) -> Decided {
    let title = feature.title.as_ref().map(|title| title.as_str());
    let title = title.map_or_else(String::new, |title| format!(": {title}"));
    let subject = format!(
        "feature {verb} {} by {}{title}",
        feature.id,
        desk.me().agent
    );
    Decided {
        is_change: did != Did::Unchanged,
        reply: Reply::Feature(Box::new(Told {
            did,
            feature,
            overlaps,
        })),
        subject,
    }
}

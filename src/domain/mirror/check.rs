//! How an entry of the merge queue stands, as a commit status and as a check run.

use crate::model::forge::{CheckRun, Head, Status, StatusState};
use crate::model::queue::{Entry, Stage};

use super::facts::Facts;
use super::markdown::{code, node, plain};
use super::wanted::state_of;

/// The name of the status.
pub const CONTEXT: &str = "coord/queue";
/// The name of the check run: another one, since a branch that requires a name wants to see everything green
/// that has it, and the run is not over before the entry has landed.
pub const RUN: &str = "coord/line";
/// Longest description of a status, in characters.
const DESCRIPTION_CHARS_MAX: usize = 140;
/// Most entries of a chart.
const CHART_MAX: usize = 12;

pub(super) fn status(facts: &Facts, entry: &Entry, head: &Head) -> Status {
    let is_head = entry.sealed.to_string() == head.sha;
    let why = facts.whys.get(&(entry.target.clone(), entry.id.clone()));
    let said = match (entry.stage, is_head, why) {
        (Stage::Queued, false, _) => format!(
            "queued at {}, and the branch has moved since",
            entry.sealed.short()
        ),
        (_, _, Some(why)) => format!("{}: {}", entry.stage.as_str(), why.because),
        (Stage::Failed, _, None) => match &entry.why {
            Some(why) => format!("failed: {}", why.as_str()),
            None => "failed".into(),
        },
        (Stage::Landed, _, None) => format!("landed on {}", entry.target),
        (stage, _, None) => stage.as_str().into(),
    };
    Status {
        context: CONTEXT.into(),
        state: state_of(entry.stage),
        description: plain(&said, DESCRIPTION_CHARS_MAX),
    }
}

pub(super) fn run(facts: &Facts, entry: &Entry, state: StatusState, said: &str) -> CheckRun {
    let conclusion = match state {
        StatusState::Pending => None,
        StatusState::Success => Some("success"),
        StatusState::Failure => Some("failure"),
        StatusState::Error => Some("cancelled"),
    };
    CheckRun {
        id: 0,
        name: RUN.into(),
        conclusion: conclusion.map(str::to_owned),
        title: said.to_owned(),
        summary: summary(facts, entry),
    }
}

/// Who is ahead, as a chart, and how the entry itself is.
fn summary(facts: &Facts, entry: &Entry) -> String {
    let why = facts.whys.get(&(entry.target.clone(), entry.id.clone()));
    let mut text = format!(
        "{} onto {}: **{}**\n",
        code(entry.id.as_str()),
        code(entry.target.as_str()),
        entry.stage.as_str()
    );
    if let Some(why) = why {
        text.push_str(&format!(
            "\n{}\n\nNext: {}\n",
            code(&why.because),
            code(&why.next)
        ));
    }
    if entry.stage != Stage::Queued {
        return text;
    }
    let mut ahead: Vec<&Entry> = facts
        .entries
        .iter()
        .filter(|other| {
            other.target == entry.target && !other.stage.is_over() && other.since <= entry.since
        })
        .collect();
    ahead.sort_by_key(|other| (other.since, &other.id));
    let left_out = ahead.len().saturating_sub(CHART_MAX);
    text.push_str("\n```mermaid\nflowchart RL\n");
    text.push_str(&format!("  t[\"{}\"]\n", node(entry.target.as_str())));
    let mut before = "t".to_owned();
    for (at, other) in ahead.iter().skip(left_out).enumerate() {
        let is_own = if other.id == entry.id { ":::own" } else { "" };
        let label = format!("{}: {}", other.id, other.title.as_str());
        text.push_str(&format!(
            "  e{at}[\"{}\"]{is_own} --> {before}\n",
            node(&label)
        ));
        before = format!("e{at}");
    }
    text.push_str("  classDef own stroke-width:3px\n```\n");
    if left_out > 0 {
        text.push_str(&format!("\nAnd {left_out} more ahead of these.\n"));
    }
    text
}

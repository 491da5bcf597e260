//! How long a check will take, going by how long it took.

use std::time::Duration;

use crate::domain::staged::State;
use crate::model::queue::{CheckId, Outcome, VERDICTS, VerdictRecord};
use crate::model::record;

/// Most earlier runs that are looked at, the latest ones.
const RUNS_MAX: usize = 50;

/// The median of the earlier runs of a check that said yes, on whatever tree; nothing is known of one
/// that never did. What cannot be read does not count: this is for a bar on a screen.
pub fn expected(state: &dyn State, check: &CheckId) -> Option<Duration> {
    let suffix = format!("-{check}.json");
    let mut runs = Vec::new();
    for (place, bytes) in state.under(VERDICTS).ok()? {
        let Some(bytes) = bytes.ok().filter(|_| place.as_str().ends_with(&suffix)) else {
            continue;
        };
        let verdict: Option<VerdictRecord> = record::parse(&place, &bytes).ok();
        let passed = verdict.into_iter().flat_map(|verdict| verdict.body.runs);
        runs.extend(
            passed
                .filter(|run| run.outcome == Outcome::Passed)
                .map(|run| (run.at, run.millis)),
        );
    }
    runs.sort_unstable();
    let latest = runs.split_off(runs.len().saturating_sub(RUNS_MAX));
    let mut millis: Vec<u64> = latest.into_iter().map(|(_, millis)| millis).collect();
    millis.sort_unstable();
    let median = millis.get(millis.len().checked_sub(1)? / 2)?;
    Some(Duration::from_millis(*median))
}

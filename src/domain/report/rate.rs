//! Shares, spreads and rates.

use schemars::JsonSchema;
use serde::Serialize;

use crate::model::task::Stage;
use crate::model::time::Timestamp;

/// Most bars of a chart.
const BARS_MAX: i64 = 24;
/// How long the time of one bar may be, in seconds: from a minute to weeks.
const STEPS: [i64; 12] = [
    60, 300, 900, 1_800, 3_600, 10_800, 21_600, 43_200, 86_400, 259_200, 604_800, 2_419_200,
];

/// How long something took, in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Spread {
    /// Of how many.
    pub count: usize,
    /// Half of them took at most so long.
    pub median_secs: u64,
    /// All but one in twenty took at most so long.
    pub p95_secs: u64,
}

impl Spread {
    /// Of these times. What clocks that differ made negative took no time.
    pub fn of(mut secs: Vec<i64>) -> Option<Self> {
        secs.sort_unstable();
        let at = |percent: usize| {
            let rank = (secs.len() * percent).div_ceil(100).max(1);
            secs.get(rank - 1).map(|secs| (*secs).max(0).unsigned_abs())
        };
        Some(Self {
            count: secs.len(),
            median_secs: at(50)?,
            p95_secs: at(95)?,
        })
    }
}

/// What was ended in one part of the time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Bar {
    /// When it begins.
    pub from: Timestamp,
    /// How long it is.
    pub secs: u64,
    /// Done in it.
    pub done: usize,
    /// Failed in it, or given up.
    pub failed: usize,
}

/// Equal parts of the time from `first` to `now`, each beginning at a round time.
pub(super) fn bars(ends: &[(Timestamp, Stage)], first: Timestamp, now: Timestamp) -> Vec<Bar> {
    if ends.is_empty() {
        return Vec::new();
    }
    let (start, end) = (first.utc().timestamp(), now.utc().timestamp());
    let span = end.saturating_sub(start).max(0);
    let fits = |step: &&i64| span / **step < BARS_MAX - 1;
    // What is older than all of them together is in the first.
    let step = STEPS
        .iter()
        .find(fits)
        .copied()
        .unwrap_or(STEPS[STEPS.len() - 1]);
    let last = end.div_euclid(step);
    let begin = start.div_euclid(step).max(last - (BARS_MAX - 1)).min(last);
    let bar = |n: i64| Bar {
        from: time(n * step),
        secs: step.unsigned_abs(),
        done: 0,
        failed: 0,
    };
    let mut bars: Vec<Bar> = (begin..=last).map(bar).collect();
    for (at, stage) in ends {
        let n = at.utc().timestamp().div_euclid(step).clamp(begin, last) - begin;
        let bar = usize::try_from(n).ok().and_then(|n| bars.get_mut(n));
        match (bar, stage) {
            (Some(bar), Stage::Done) => bar.done += 1,
            (Some(bar), Stage::Failed | Stage::Dead) => bar.failed += 1,
            _ => {}
        }
    }
    bars
}

fn time(secs: i64) -> Timestamp {
    chrono::DateTime::from_timestamp(secs, 0)
        .unwrap_or_default()
        .into()
}

/// A share in whole percent, 100 only when it is all.
pub(super) fn percent(part: usize, of: usize) -> Option<u8> {
    if of == 0 {
        return None;
    }
    u8::try_from(part.saturating_mul(100) / of).ok()
}

/// How many in an hour, to two places; nothing is said of less than a minute.
pub(super) fn per_hour(count: usize, secs: i64) -> Option<f64> {
    let (count, secs) = (u32::try_from(count).ok()?, u32::try_from(secs).ok()?);
    (secs >= 60).then(|| (f64::from(count) * 360_000.0 / f64::from(secs)).round() / 100.0)
}

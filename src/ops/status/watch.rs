//! The screen that is shown anew whenever something changes.

use std::time::{Duration, Instant};

use crate::coord::Failure;

use super::super::{Answer, Context};
use super::Overview;

/// How often it is looked whether it is time to end.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// How often it is looked again although nothing was changed: leases end, and sessions fall silent.
const AGAIN_EVERY: Duration = Duration::from_secs(30);
/// The shortest pause between two questions to a remote.
const REMOTE_PAUSE_MIN: Duration = Duration::from_secs(1);

pub(super) fn follow(context: &Context<'_>) -> Result<Answer, Failure> {
    let coord = &context.coord;
    let stop = context.stop()?;
    let pause = coord.settings().age_max.max(REMOTE_PAUSE_MIN);
    let mut shown: Option<Overview> = None;
    let mut seen = 0;
    while !stop.is_asked() {
        // A remote that cannot be reached is no reason to stop: the age of the view is shown.
        let _ = coord.refresh_within(pause, coord.settings().timeout);
        let tip = coord.tip()?;
        let now = Overview::look(context)?;
        if shown.as_ref().is_none_or(|shown| !shown.is_same(&now)) {
            seen += 1;
            (context.stream)(&Answer::Status(Box::new(now.clone())));
            shown = Some(now);
        }
        let longest = match coord.settings().remote {
            None => AGAIN_EVERY,
            Some(_) => pause.min(AGAIN_EVERY),
        };
        let start = Instant::now();
        while !stop.is_asked() && start.elapsed() < longest && coord.tip()? == tip {
            coord.wait_for_change(tip, LOOK_EVERY);
        }
    }
    Ok(Answer::Watched { seen })
}

impl Overview {
    /// Whether two screens say the same, but for their age.
    fn is_same(&self, other: &Self) -> bool {
        let ageless = |one: &Self| Self {
            view_age_secs: None,
            ..one.clone()
        };
        ageless(self) == ageless(other)
    }
}

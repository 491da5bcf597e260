//! The one way to wait for something: poll a condition, within a bound.
//!
//! A fixed sleep is either too short on a busy machine or too long on every other. A poll ends as
//! soon as the condition holds, and a condition that never holds fails the test by name.

use std::thread;
use std::time::{Duration, Instant};

/// How long anything in a test may take before the test fails.
///
/// It is far beyond what a busy machine needs, so that reaching it means a hang.
pub const DEADLINE: Duration = Duration::from_secs(60);

/// Pause between two looks at a condition: short against what is waited for, long against a look.
const PAUSE: Duration = Duration::from_millis(1);

/// Calls `look` until it gives a value; panics with `what` when the deadline has passed.
#[track_caller]
pub fn until<T>(what: &str, look: impl FnMut() -> Option<T>) -> T {
    let Some(value) = until_by(Instant::now() + DEADLINE, look) else {
        panic!("not within {DEADLINE:?}: {what}");
    };
    value
}

/// Calls `look` until it gives a value; none when the deadline has passed.
pub fn until_by<T>(deadline: Instant, mut look: impl FnMut() -> Option<T>) -> Option<T> {
    loop {
        let value = look();
        if value.is_some() || Instant::now() > deadline {
            return value;
        }
        thread::sleep(PAUSE);
    }
}

//! Doing something again and again until it is time to end.

use std::time::{Duration, Instant};

use crate::coord::Failure;

use super::{Context, length};

/// The shortest pause: hosts count what is asked of them.
const PAUSE_MIN: Duration = Duration::from_millis(100);
/// How often it is looked whether it is time to end.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// How often, and for how long.
pub(super) struct Rounds {
    pause: Duration,
    time: Option<Duration>,
}

impl Rounds {
    /// As `--every` and `--for` say.
    ///
    /// # Errors
    /// When one of them is no length of time.
    pub fn new(
        every: Option<&str>,
        for_time: Option<&str>,
        default_secs: u64,
    ) -> Result<Self, Failure> {
        let read =
            |typed: Option<&str>, option| typed.map(|typed| length::any(typed, option)).transpose();
        let pause = read(every, "--every")?.unwrap_or(Duration::from_secs(default_secs));
        Ok(Self {
            pause: pause.max(PAUSE_MIN),
            time: read(for_time, "--for")?,
        })
    }

    /// Goes on until interrupted, until the time is over, or until a round fails; a round is told
    /// whether it is the first one.
    ///
    /// # Errors
    /// What a round returned, or when signals cannot be listened for.
    pub fn follow(
        &self,
        context: &Context<'_>,
        mut round: impl FnMut(bool) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let stop = context.stop()?;
        let start = Instant::now();
        let is_over = || stop.is_asked() || self.time.is_some_and(|time| start.elapsed() >= time);
        let mut is_first = true;
        while !is_over() {
            round(is_first)?;
            is_first = false;
            // Two that look at the same moment only get into each other's way.
            let pause = self.pause.mul_f64(0.75 + fastrand::f64() / 2.0);
            let paused = Instant::now();
            while !is_over() && paused.elapsed() < pause {
                std::thread::sleep(LOOK_EVERY.min(pause));
            }
        }
        Ok(())
    }
}

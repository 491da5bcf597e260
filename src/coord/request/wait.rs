//! Waiting for an answer, within a bound.

use std::time::{Duration, Instant};

use super::super::lead::Answer;
use super::super::{Coord, Failure, view};
use super::answer;
use super::pending::Pending;

/// The first pause between two looks, and the longest.
const PAUSE: Duration = Duration::from_millis(250);
const PAUSE_MAX: Duration = Duration::from_secs(5);

/// The answer to a request, looked for as long as `limit`.
pub(super) fn answer(coord: &Coord, pending: &Pending, limit: Duration) -> Answer {
    let start = Instant::now();
    let mut pause = PAUSE;
    loop {
        let left = limit.saturating_sub(start.elapsed());
        if left.is_zero() {
            return Err(pending.failure());
        }
        std::thread::sleep(pause.min(left).mul_f64(0.75 + fastrand::f64() / 4.0));
        pause = (pause * 2).min(PAUSE_MAX);
        match view::open(coord, Some(Duration::ZERO)) {
            Ok(view) => {
                if let Some(answer) = answer::of(coord, &view, pending)? {
                    return answer;
                }
            }
            // It was sent, and is answered whether this clone can see that now or not.
            Err(
                Failure::Unreachable { .. } | Failure::Store(crate::store::Error::Remote { .. }),
            ) => {}
            Err(why) => return Err(why),
        }
    }
}

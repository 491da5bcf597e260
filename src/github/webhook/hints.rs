//! That it is time to look, from those who hear of it to the one who looks.

use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

/// However often it is said while nobody waits, it leads to one more look.
#[derive(Debug, Default)]
pub struct Hints {
    is_time: Mutex<bool>,
    said: Condvar,
}

impl Hints {
    /// Says that it is time.
    pub fn say(&self) {
        *self.is_time.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.said.notify_all();
    }

    /// Waits until somebody says so, at most this long. Whether somebody has, since the last time that
    /// the answer was yes.
    pub fn wait(&self, pause: Duration) -> bool {
        let is_time = self.is_time.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.said.wait_timeout_while(is_time, pause, |is| !*is);
        let (mut is_time, _) = waited.unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *is_time)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Hints;

    #[test]
    fn many_hints_are_one_more_look() {
        let hints = Hints::default();
        assert!(!hints.wait(Duration::ZERO));
        for _ in 0..3 {
            hints.say();
        }
        assert!(hints.wait(Duration::from_secs(60)));
        assert!(!hints.wait(Duration::ZERO));
        std::thread::scope(|scope| {
            scope.spawn(|| hints.say());
            assert!(hints.wait(Duration::from_secs(60)));
        });
    }
}

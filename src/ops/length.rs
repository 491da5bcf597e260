//! Lengths of time, as people write them: `90s`, `10m`, `2h 30m`, `14d`.

use std::time::Duration;

use crate::coord::Failure;

/// Longest time that a command waits, in seconds.
const WAIT_SECS_MAX: u64 = 24 * 60 * 60;

/// Reads any length of time; the option's name goes into the error.
///
/// # Errors
/// Usage, when it is none.
pub(super) fn any(text: &str, option: &str) -> Result<Duration, Failure> {
    humantime::parse_duration(text).map_err(|_| {
        let what = format!("{option}: `{}` is no length of time", text.escape_debug());
        Failure::usage(what, format!("write it as `{option} 10m` or `{option} 2h`"))
    })
}

/// Reads the time that a command may wait: a day at most.
///
/// # Errors
/// Usage, when it is none or longer.
pub(super) fn wait(text: &str, option: &str) -> Result<Duration, Failure> {
    let wait = humantime::parse_duration(text).ok();
    let wait = wait.filter(|wait| wait.as_secs() <= WAIT_SECS_MAX);
    wait.ok_or_else(|| {
        let what = format!("{option}: `{}` is no time up to 24h", text.escape_debug());
        Failure::usage(
            what,
            format!("write it as `{option}=90s` or `{option}=10m`"),
        )
    })
}

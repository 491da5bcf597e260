//! Wall-clock times to the second, and lengths of time as people write them.

use std::fmt;
use std::time::Duration;

use chrono::{DateTime, SecondsFormat, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::limits::{TTL_SECS_MAX, TTL_SECS_MIN};

/// A wall-clock time, UTC, to the second. For people and for the coarse rule that frees locks of
/// the long dead; never for deciding who wins.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(from = "DateTime<Utc>", into = "String")]
#[schemars(with = "String", extend("format" = "date-time"))]
pub struct Timestamp(DateTime<Utc>);

impl Timestamp {
    /// Cuts off what is below a second.
    pub fn new(at: DateTime<Utc>) -> Self {
        Self(DateTime::from_timestamp(at.timestamp(), 0).unwrap_or(at))
    }

    /// As a chrono value.
    pub fn utc(self) -> DateTime<Utc> {
        self.0
    }

    /// This much later; the end of time if there is no such time.
    pub fn plus_secs(self, secs: u64) -> Self {
        let secs = i64::try_from(secs)
            .ok()
            .and_then(chrono::TimeDelta::try_seconds);
        Self(
            secs.and_then(|secs| self.0.checked_add_signed(secs))
                .unwrap_or(DateTime::<Utc>::MAX_UTC),
        )
    }

    /// Seconds from `earlier` to this; negative when it is the other way round.
    pub fn secs_since(self, earlier: Self) -> i64 {
        (self.0 - earlier.0).num_seconds()
    }
}

impl From<DateTime<Utc>> for Timestamp {
    fn from(at: DateTime<Utc>) -> Self {
        Self::new(at)
    }
}

impl From<Timestamp> for String {
    fn from(at: Timestamp) -> Self {
        at.to_string()
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.to_rfc3339_opts(SecondsFormat::Secs, true))
    }
}

/// The length of a lease, within the limits.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(try_from = "u64", into = "u64")]
#[schemars(with = "u64", extend("minimum" = 60, "maximum" = 28800))]
pub struct Ttl(u64);

/// A lease shorter or longer than allowed, or no length of time at all.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a lease lasts from 1m to 8h, such as `30m`; `{0}` does not fit")]
pub struct BadTtl(String);

impl Ttl {
    /// Seconds.
    pub fn secs(self) -> u64 {
        self.0
    }
}

impl Default for Ttl {
    fn default() -> Self {
        Self(super::limits::TTL_SECS_DEFAULT)
    }
}

impl TryFrom<u64> for Ttl {
    type Error = BadTtl;

    fn try_from(secs: u64) -> Result<Self, BadTtl> {
        if (TTL_SECS_MIN..=TTL_SECS_MAX).contains(&secs) {
            Ok(Self(secs))
        } else {
            Err(BadTtl(format!("{secs}s")))
        }
    }
}

impl From<Ttl> for u64 {
    fn from(ttl: Ttl) -> Self {
        ttl.0
    }
}

impl std::str::FromStr for Ttl {
    type Err = BadTtl;

    fn from_str(text: &str) -> Result<Self, BadTtl> {
        let bad = || BadTtl(text.escape_debug().take(40).collect());
        let length = humantime::parse_duration(text).map_err(|_| bad())?;
        Self::try_from(length.as_secs()).map_err(|_| bad())
    }
}

impl fmt::Display for Ttl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&span(self.0))
    }
}

/// Seconds as the largest unit that says enough: `45s`, `12m`, `3h 5m`, `2d 4h`.
pub fn span(secs: u64) -> String {
    let secs = match secs {
        0..3600 if secs >= 60 => secs - secs % 60,
        0..86_400 if secs >= 3600 => secs - secs % 60,
        86_400.. => secs - secs % 3600,
        _ => secs,
    };
    if secs < 86_400 || secs % 86_400 == 0 && secs < 86_400 * 28 {
        return humantime::format_duration(Duration::from_secs(secs)).to_string();
    }
    let (days, hours) = (secs / 86_400, secs % 86_400 / 3600);
    if hours == 0 || days > 28 {
        format!("{days}d")
    } else {
        format!("{days}d {hours}h")
    }
}

#[cfg(test)]
mod tests {
    use super::{Timestamp, Ttl, span};

    #[test]
    fn leases_are_within_their_limits() {
        for (text, secs) in [("1m", 60), ("90s", 90), ("1h 30m", 5400), ("8h", 28800)] {
            assert_eq!(text.parse::<Ttl>().map(Ttl::secs), Ok(secs), "{text}");
        }
        for text in ["59s", "8h 1s", "0", "", "-1m", "1 fortnight"] {
            assert!(text.parse::<Ttl>().is_err(), "{text}");
        }
    }

    #[test]
    fn spans_read_well() {
        let cases = [
            (0, "0s"),
            (45, "45s"),
            (61, "1m"),
            (3661, "1h 1m"),
            (90_000, "1d 1h"),
        ];
        for (secs, text) in cases {
            assert_eq!(span(secs), text);
        }
    }

    #[test]
    fn the_end_of_time_is_no_panic() {
        let epoch: Timestamp = chrono::DateTime::UNIX_EPOCH.into();
        assert!(epoch.plus_secs(u64::MAX) > epoch);
    }
}

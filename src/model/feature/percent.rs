//! A part of a whole, in percent.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// 0 to 100.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(try_from = "u8")]
#[schemars(with = "u8", extend("minimum" = 0, "maximum" = 100))]
pub struct Percent(u8);

impl Percent {
    /// The number.
    pub fn get(self) -> u8 {
        self.0
    }

    /// Whether `part` of `whole` is strictly more than this.
    pub fn is_passed_by(self, part: usize, whole: usize) -> bool {
        part.saturating_mul(100) > whole.saturating_mul(usize::from(self.0))
    }
}

impl Default for Percent {
    fn default() -> Self {
        Self(50)
    }
}

impl TryFrom<u8> for Percent {
    type Error = String;

    fn try_from(number: u8) -> Result<Self, String> {
        if number <= 100 {
            Ok(Self(number))
        } else {
            Err(format!("{number} is no part of a whole: 0% to 100%"))
        }
    }
}

impl std::str::FromStr for Percent {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let digits = text.strip_suffix('%').unwrap_or(text);
        let number = digits.parse::<u8>().map_err(|_| {
            format!(
                "`{}` is no part of a whole: 0% to 100%",
                text.escape_debug()
            )
        })?;
        number.try_into()
    }
}

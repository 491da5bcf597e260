//! Priorities of other systems in ours: 0 is most urgent, 4 least.

use clap::ValueEnum;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::model::task::Priority;

/// What the numbers for priorities in a text mean. Words mean the same on every scale: critical,
/// urgent and highest are 0, high and major 1, medium and normal 2, low and minor 3, lowest, trivial
/// and backlog 4.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum, Serialize, Deserialize, JsonSchema,
)]
pub enum Scale {
    /// Ours, and that of beads: 0 is most urgent, 4 least
    #[default]
    #[value(name = "0-4")]
    #[serde(rename = "0-4")]
    Zero,
    /// 1 is most urgent, 5 least
    #[value(name = "1-5")]
    #[serde(rename = "1-5")]
    Five,
    /// 1 is most urgent, 10 least: two steps are one of ours
    #[value(name = "1-10")]
    #[serde(rename = "1-10")]
    Ten,
    /// 1 is urgent, 4 low, and 0 says nothing
    #[value(name = "linear")]
    #[serde(rename = "linear")]
    Linear,
}

impl Scale {
    /// Our priority for a number, a word, or a number in a text such as `P1`.
    pub(super) fn read(self, value: &Value) -> Result<Priority, String> {
        let number = match value {
            Value::Number(number) => number.as_u64(),
            Value::String(text) => match text.trim().parse::<u64>() {
                Ok(number) => Some(number),
                Err(_) => return of_text(text),
            },
            _ => None,
        };
        let ours = number.and_then(|number| match (self, number) {
            (Self::Zero, 0..=4) => u8::try_from(number).ok(),
            (Self::Five, 1..=5) => u8::try_from(number - 1).ok(),
            (Self::Ten, 1..=10) => u8::try_from((number - 1) / 2).ok(),
            (Self::Linear, 0) => Some(Priority::default().get()),
            (Self::Linear, 1..=4) => u8::try_from(number - 1).ok(),
            _ => None,
        });
        let wrong = || {
            let value: String = value.to_string().chars().take(40).collect();
            format!("{value} is no priority from {}", self.range())
        };
        ours.ok_or_else(wrong)?.try_into()
    }

    fn range(self) -> &'static str {
        match self {
            Self::Zero => "0 to 4; for another scale see --scale",
            Self::Five => "1 to 5",
            Self::Ten => "1 to 10",
            Self::Linear => "0 to 4",
        }
    }
}

/// `P1`, whatever the scale, or a word.
pub(super) fn of_text(text: &str) -> Result<Priority, String> {
    let wrong = || {
        let text: String = text.escape_debug().take(40).collect();
        format!("`{text}` is no priority")
    };
    let text = text.trim().to_lowercase();
    if text.starts_with('p') && text.len() == 2 {
        return text.parse().map_err(|_| wrong());
    }
    let ours = match text.as_str() {
        "critical" | "urgent" | "blocker" | "highest" | "immediate" => 0,
        "high" | "h" | "major" | "important" => 1,
        "medium" | "m" | "normal" | "moderate" | "default" | "none" | "" => 2,
        "low" | "l" | "minor" => 3,
        "lowest" | "trivial" | "backlog" | "someday" => 4,
        _ => return Err(wrong()),
    };
    ours.try_into()
}

//! What is made of measurements: figures, tables, and pictures. Pure, and tried by the tests.

mod chart;
mod figures;
mod table;

pub use chart::{Dot, Line, dots, lines};
pub use figures::{Sample, factor, slope};
pub use table::{Table, splice};

/// A number with as many digits as mean something, and its thousands apart.
pub fn number(value: f64) -> String {
    match value.abs() {
        0.0 => "0".into(),
        size if size < 0.995 => format!("{value:.2}"),
        size if size < 9.95 => format!("{value:.1}"),
        _ => thousands(value.round() as i64),
    }
}

/// How many, with the thousands apart.
pub fn count(value: usize) -> String {
    thousands(value as i64)
}

fn thousands(value: i64) -> String {
    let digits = value.unsigned_abs().to_string();
    let mut out = String::from(if value < 0 { "-" } else { "" });
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// Bytes in the unit that people would use.
pub fn bytes(count: f64) -> String {
    match count {
        few if few < 1e4 => format!("{} B", number(few)),
        some if some < 1e6 => format!("{} kB", number(some / 1e3)),
        many => format!("{} MB", number(many / 1e6)),
    }
}

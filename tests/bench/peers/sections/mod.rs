//! What is compared, a file for each way to look.

pub mod bystanders;
pub mod crowds;
pub mod growth;
pub mod space;
pub mod turns;

use super::paper::Table;
use super::rival::Rival;

/// Lines for those who could not be had.
fn missing(table: &mut Table, missing: &[(String, String)]) {
    for (name, why) in missing {
        table.row([name.clone(), format!("*missing: {why}*")]);
    }
}

/// Who it is, whose word an answer is, and whether that has reached the disk.
fn who(rival: &Rival) -> [String; 3] {
    [shown(rival), rival.says.into(), rival.flushed.into()]
}

/// Ours stand out.
fn shown(rival: &Rival) -> String {
    match rival.is_ours {
        true => format!("**{}**", rival.name),
        false => rival.name.clone(),
    }
}

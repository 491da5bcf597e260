//! Ports as text: lines for a shell, or a table.

use crate::model::text::shown;
use crate::ops::port::Ports;

use super::text::until;

pub(super) fn of(ports: &Ports) -> String {
    if !ports.exports.is_empty() {
        // Names and values are made here, of letters, digits, `_` and `-`.
        let lines = ports.exports.iter();
        return lines
            .map(|one| format!("export {}={}\n", one.name, one.value))
            .collect();
    }
    if ports.blocks.is_empty() {
        return "no ports\n".into();
    }
    let line = |block: &crate::ports::Block| {
        let last = block.ports().end - 1;
        let place = shown(&block.repository.display().to_string());
        format!(
            "{}-{last}  {}  {}  {place}\n",
            block.first,
            block.by,
            until(block.until)
        )
    };
    ports.blocks.iter().map(line).collect()
}

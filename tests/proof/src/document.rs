//! `docs/reliability.md`: its words are here, its figures are what the stages have left.

use std::fmt::Write;
use std::path::Path;

use crate::stage;

const HEAD: &str = "\
# Reliability: what was run, and what was found

Made by `tests/proof/run document` from what the stages counted when they were run last; no figure here
is written by hand. `tests/proof/run gate` is the small part, `tests/proof/run` the
whole, `tests/soak/run HOURS` the long one. A planted bug that nobody notices counts as a violation: it
is a gap in the tests, not one in the program.
";

const TAIL: &str = "
## What is real in the simulation

Every decision, every record and the repetition of decisions are the program's own source. The loop
around them (views, races, lost answers, group commit, deaths), the clocks and notes of a machine, the
network and the ref are a model of a few hundred lines in `tests/proof/src/simulation`. First everything
may fail, and nothing wrong may happen: no two hold what excludes the other, numbers of holds only
grow, no hold ends but by its holder, by proof or on purpose, nothing lands twice or under another's
lock, every answer is true of the state that it names and that state was the newest when it could be
asked for, the chain goes forward and has each operation once. Then nothing fails any more, and
whoever waits gets what it waits for, all tasks are done, and everything that anybody was told is so.

The model that is searched asks the program's own decisions as well; what it models is how three agents
at two clones publish on one remote, with late pushes, lost answers and deaths in every order.

What processes are answered is looked at by `tests/it/histories.rs` with a checker of our own
(`tests/proof/src/history.rs`), which a test compares with that of stateright.

## What is not claimed

Simulation and search are as good as their models; that the model is like the program is what the
end-to-end tests are for. Two cores do not do what a data centre does.
";

/// Writes the document.
pub fn write() {
    let mut text = HEAD.to_owned();
    text.push_str("\n| stage | what | runs | faults put in | violations | seconds |\n|---|---|---|---|---|---|\n");
    let mut beside = String::new();
    for stage in stage::kept() {
        let word = |name: &str| stage[name].as_str().unwrap_or_default().to_owned();
        let count = |name: &str| stage[name].as_array().map_or(0, Vec::len);
        let _ = writeln!(
            text,
            "| {} | {} | {} {} | {} | {} | {} |",
            word("id"),
            word("name"),
            grouped(&stage["runs"]),
            word("unit"),
            grouped(&stage["faults"]),
            count("violations"),
            stage["secs"]
        );
        let figures = stage["figures"].as_object().into_iter().flatten();
        let figures: Vec<String> = figures
            .map(|(name, value)| format!("{name} {}", grouped(value)))
            .collect();
        let _ = writeln!(beside, "- {}: {}.", word("id"), figures.join(", "));
        for wrong in stage["violations"].as_array().into_iter().flatten() {
            let _ = writeln!(
                beside,
                "  Violation: {}",
                wrong.as_str().unwrap_or_default().replace('\n', " ")
            );
        }
        for skipped in stage["skipped"].as_array().into_iter().flatten() {
            let _ = writeln!(
                beside,
                "  Skipped: {}",
                skipped.as_str().unwrap_or_default()
            );
        }
    }
    let _ = write!(text, "\n{beside}{TAIL}");
    let place = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reliability.md");
    std::fs::write(place, text).unwrap();
}

/// Thousands apart.
fn grouped(value: &serde_json::Value) -> String {
    let digits = value.as_u64().unwrap_or_default().to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

//! The report of `doctor`, a line for each check and what belongs to it below.

use crate::coord::doctor::{Finding, Fix, Report, State};
use crate::model::text::shown;

use super::page::{Ink, Page};

pub(super) fn of(page: &Page, report: &Report) -> String {
    let mut text: String = report
        .checks
        .iter()
        .map(|check| line(page, check))
        .collect();
    text.push_str(&format!("\n{}\n", summary(report)));
    text
}

fn line(page: &Page, check: &Finding) -> String {
    let (word, ink) = match check.state {
        State::Ok => ("ok", Ink::Good),
        State::Note => ("note", Ink::Key),
        State::Warning => ("warning", Ink::Bad),
        State::Problem => ("problem", Ink::Bad),
    };
    let word = page.ink(ink, &format!("{word:<7}"));
    let mut text = format!(
        "{:2} {word} {}: {}\n",
        check.number,
        check.title,
        lines(&check.found)
    );
    for detail in &check.details {
        text.push_str(&format!("           {}\n", lines(detail)));
    }
    if let Some(fixed) = &check.fixed {
        let word = match check.fix {
            Fix::Failed => page.ink(Ink::Bad, "not repaired:"),
            Fix::None | Fix::Possible | Fix::Done => page.ink(Ink::Good, "repaired:"),
        };
        text.push_str(&format!("           {word} {}\n", lines(fixed)));
    }
    if let Some(advice) = check.advice.as_ref().filter(|_| check.state != State::Ok) {
        text.push_str(&format!(
            "           {} {}\n",
            page.ink(Ink::Faint, "do:"),
            lines(advice)
        ));
    }
    text
}

/// Git's words may be several lines; below the first they are set in.
fn lines(text: &str) -> String {
    text.lines()
        .map(shown)
        .collect::<Vec<_>>()
        .join("\n           ")
}

fn summary(report: &Report) -> String {
    let count = |n: usize, one: &str, many: &str| match n {
        1 => format!("1 {one}"),
        n => format!("{n} {many}"),
    };
    let counts = [
        (
            report.problems,
            count(report.problems, "problem", "problems"),
        ),
        (
            report.warnings,
            count(report.warnings, "warning", "warnings"),
        ),
    ];
    let counts: Vec<String> = counts
        .into_iter()
        .filter_map(|(n, text)| (n > 0).then_some(text))
        .collect();
    let mut text = if counts.is_empty() {
        "All is well.".to_owned()
    } else {
        format!("{}.", counts.join(", "))
    };
    if report.fixed > 0 {
        text.push_str(&format!(
            " {}.",
            count(report.fixed, "thing repaired", "things repaired")
        ));
    }
    let can = report
        .checks
        .iter()
        .filter(|check| check.fix == Fix::Possible);
    match can.count() {
        0 => {}
        can => text.push_str(&format!(" `git coord doctor --fix` can repair {can}.")),
    }
    text
}

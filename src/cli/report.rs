//! A report as text and as a Markdown page.

use crate::model::text::shown;
use crate::model::time::span;
use crate::ops::report::{Bar, Reported, Row, Spread, Tally};

use super::page::{Ink, Page};

/// Widest bar, in characters.
const BAR_CHARS_MAX: usize = 40;
/// Most rows of one table on a screen.
const ROWS_MAX: usize = 12;

pub(super) fn of(page: &Page, reported: &Reported) -> String {
    for damage in &reported.damaged {
        page.note(&format!("damaged: {damage}"));
    }
    if reported.markdown {
        markdown(reported)
    } else {
        screen(page, reported)
    }
}

fn screen(page: &Page, reported: &Reported) -> String {
    let report = &reported.report;
    let mut text = String::new();
    for (name, value) in facts(reported) {
        text.push_str(&format!(
            "{} {value}\n",
            page.ink(Ink::Faint, &format!("{name:<10}"))
        ));
    }
    for (what, rows) in tables(reported) {
        if rows.is_empty() {
            continue;
        }
        let rows = &rows[..rows.len().min(ROWS_MAX)];
        let width = rows
            .iter()
            .map(|row| shown(&row.name).chars().count())
            .max();
        let width = width.unwrap_or_default().max(what.len());
        let heads = HEADS.map(|head| format!("{head:>9}")).concat();
        text.push_str(&format!(
            "\n{}\n",
            page.ink(Ink::Faint, &format!("{what:<width$}{heads}"))
        ));
        for row in rows {
            let cells = cells(row).map(|cell| format!("{cell:>9}")).concat();
            text.push_str(&format!("{:<width$}{cells}\n", shown(&row.name)));
        }
    }
    if !report.bars.is_empty() {
        let head = format!("\nended, in steps of {}", step(&report.bars));
        text.push_str(&format!("{}\n", page.ink(Ink::Faint, &head)));
    }
    let most = report
        .bars
        .iter()
        .map(|bar| bar.done + bar.failed)
        .max()
        .unwrap_or_default();
    for bar in &report.bars {
        let (done, failed) = lengths(bar, most);
        let done = page.ink(Ink::Good, &"█".repeat(done));
        let failed = page.ink(Ink::Bad, &"▒".repeat(failed));
        let from = bar.from.utc().format("%m-%d %H:%M");
        text.push_str(&format!("{from} {done}{failed} {}\n", count(bar)));
    }
    text
}

const HEADS: [&str; 7] = [
    "added", "open", "claimed", "done", "failed", "success", "median",
];

fn cells(row: &Row) -> [String; 7] {
    let Tally {
        added,
        open,
        claimed,
        done,
        failed,
        dead,
        success_percent,
        ..
    } = &row.tally;
    [
        added.to_string(),
        open.to_string(),
        claimed.to_string(),
        done.to_string(),
        (failed + dead).to_string(),
        success_percent.map_or_else(|| "-".into(), |percent| format!("{percent}%")),
        row.to_finish
            .map_or_else(|| "-".into(), |spread| span(spread.median_secs)),
    ]
}

fn tables(reported: &Reported) -> [(&'static str, &[Row]); 3] {
    let report = &reported.report;
    [
        ("agent", &report.by_agent),
        ("sort", &report.by_sort),
        ("label", &report.by_label),
    ]
}

/// What is said before the tables.
fn facts(reported: &Reported) -> Vec<(&'static str, String)> {
    let report = &reported.report;
    let mut facts = Vec::new();
    let since = report
        .since
        .map_or_else(|| "the beginning".into(), |since| since.to_string());
    facts.push(("time", format!("{since} to {}", report.until)));
    if let Some(epic) = &report.epic {
        facts.push(("epic", epic.to_string()));
    }
    if let Some(run) = &report.run {
        facts.push(("run", shown(run.as_str())));
    }
    if let Some(percent) = report.percent {
        let full = usize::from(percent) * 20 / 100;
        let bar = format!("{}{}", "█".repeat(full), "░".repeat(20 - full));
        facts.push(("progress", format!("{bar} {percent}%")));
    }
    let Tally {
        added,
        open,
        claimed,
        released,
        done,
        failed,
        cancelled,
        dead,
        success_percent,
    } = &report.total;
    facts.push((
        "tasks",
        format!(
            "{added} added, {done} done, {failed} failed, {dead} given up, {cancelled} cancelled"
        ),
    ));
    let mut now: Vec<String> = Vec::new();
    now.extend(
        report
            .open
            .iter()
            .map(|(is, count)| format!("{count} {}", is.as_str())),
    );
    let now = if now.is_empty() {
        String::new()
    } else {
        format!(": {}", now.join(", "))
    };
    facts.push(("open", format!("{open}{now}")));
    facts.push(("claims", format!("{claimed}, {released} given back")));
    if let Some(percent) = success_percent {
        facts.push(("success", format!("{percent}%")));
    }
    if let Some(rate) = report.done_per_hour {
        facts.push(("rate", format!("{rate} done an hour")));
    }
    let spread = |spread: &Spread| {
        let (median, p95) = (span(spread.median_secs), span(spread.p95_secs));
        format!("median {median}, p95 {p95}, of {}", spread.count)
    };
    facts.extend(
        report
            .to_claim
            .as_ref()
            .map(|found| ("to claim", spread(found))),
    );
    facts.extend(
        report
            .to_finish
            .as_ref()
            .map(|found| ("to finish", spread(found))),
    );
    facts
}

fn step(bars: &[Bar]) -> String {
    bars.first().map(|bar| span(bar.secs)).unwrap_or_default()
}

fn count(bar: &Bar) -> String {
    match (bar.done, bar.failed) {
        (0, 0) => String::new(),
        (done, 0) => done.to_string(),
        (done, failed) => format!("{done}, {failed} failed"),
    }
}

/// How long the two parts of a bar are: what there is is seen.
fn lengths(bar: &Bar, most: usize) -> (usize, usize) {
    let length = |count: usize| match count {
        0 => 0,
        count if most <= BAR_CHARS_MAX => count,
        count => (count * BAR_CHARS_MAX / most).max(1),
    };
    (length(bar.done), length(bar.failed))
}

fn markdown(reported: &Reported) -> String {
    let mut text = "# Report\n\n| | |\n|---|---|\n".to_owned();
    for (name, value) in facts(reported) {
        text.push_str(&format!("| {name} | {} |\n", cell(&value)));
    }
    for (what, rows) in tables(reported) {
        if rows.is_empty() {
            continue;
        }
        text.push_str(&format!(
            "\n## By {what}\n\n| {what} | {} |\n",
            HEADS.join(" | ")
        ));
        text.push_str(&format!("|---|{}\n", "--:|".repeat(HEADS.len())));
        for row in rows {
            let cells = cells(row).map(|one| cell(&one)).join(" | ");
            text.push_str(&format!("| {} | {cells} |\n", cell(&row.name)));
        }
    }
    let bars = &reported.report.bars;
    if !bars.is_empty() {
        let step = step(bars);
        text.push_str(&format!(
            "\n## Over time, in steps of {step}\n\n| from | done | failed |\n|---|--:|--:|\n"
        ));
        for bar in bars {
            text.push_str(&format!(
                "| {} | {} | {} |\n",
                bar.from, bar.done, bar.failed
            ));
        }
    }
    text
}

/// Text of others in a table: nothing in it is markup.
fn cell(text: &str) -> String {
    let mut out = String::new();
    for c in shown(text).chars() {
        if "\\`*_{}[]<>|#~&!$".contains(c) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

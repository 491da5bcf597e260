//! A review of the commits of a branch: as lines, or as GitHub's workflows show it.

use std::fs::OpenOptions;
use std::io::Write;

use crate::env;
use crate::model::key::Key;
use crate::model::markdown::cell;
use crate::model::text::shown;
use crate::ops::review::{Finding, Format, Level, Review, What};

use super::handoff::note_age;
use super::page::{Ink, Page};

/// The file that a workflow's step writes its part of the job's summary to.
const SUMMARY: &str = "GITHUB_STEP_SUMMARY";
/// Most annotations: GitHub shows no more of one job.
const ANNOTATIONS_MAX: usize = 50;
/// Most rows of the summary, which may not have more than a mebibyte.
const ROWS_MAX: usize = 500;
/// Most lines of text.
const LINES_MAX: usize = 100;

pub(super) fn of(page: &Page, review: &Review) -> String {
    note_age(page, review.view_age_secs);
    match review.format {
        Format::Text => of_lines(page, review),
        Format::Github => {
            if let Some(Err(why)) = env::var(SUMMARY).map(|file| add(&file, &summary(review))) {
                page.note(&format!("warning: the summary could not be written: {why}"));
            }
            annotations(review)
        }
    }
}

fn of_lines(page: &Page, review: &Review) -> String {
    let mut text = String::new();
    for finding in review.findings.iter().take(LINES_MAX) {
        let word = match finding.level {
            Level::Error => page.ink(Ink::Bad, "refused"),
            Level::Warning => "warning".into(),
        };
        let path = finding.path.as_ref();
        let path = path.map(|path| page.ink(Ink::Key, &path.to_string()));
        let commit = finding.commit.as_ref();
        let commit = commit.map(|commit| format!(" in {}", commit.short()));
        text.push_str(&format!(
            "{word} {}{}: {}\n",
            path.unwrap_or_else(|| "the branch".into()),
            commit.unwrap_or_default(),
            said(&finding.what)
        ));
    }
    let more = review.findings.len().saturating_sub(LINES_MAX);
    if more > 0 {
        text.push_str(&format!("and {more} more, which `--json` has\n"));
    }
    text + &verdict(review) + "\n"
}

/// The last line, for every form.
fn verdict(review: &Review) -> String {
    let commits = counted(review.commits, "commit");
    let paths = counted(review.paths, "path");
    match (review.errors, review.warnings) {
        (0, 0) => format!("free: {commits}, {paths}"),
        (0, warnings) => format!("free: {commits}, {paths}; {}", counted(warnings, "warning")),
        (errors, warnings) => format!(
            "refused: {commits}, {paths}; {} in the way, {}",
            counted(errors, "finding"),
            counted(warnings, "warning")
        ),
    }
}

fn counted(count: usize, what: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {what}{plural}")
}

/// What is the matter, as a part of a sentence.
fn said(what: &What) -> String {
    let held = |lock: &crate::model::refusal::Conflict| {
        let mut text = format!("by {} until {}", lock.by, lock.until);
        if let Some(branch) = &lock.branch {
            text.push_str(&format!(", for branch `{}`", shown(branch.as_str())));
        }
        if lock.wanted != lock.held {
            text.push_str(&format!(", with `{}`", lock.held));
        }
        if let Some(reason) = &lock.reason {
            text.push_str(&format!(": {}", shown(reason.as_str())));
        }
        text
    };
    match what {
        What::Paused { feature, lock } => {
            format!("its feature {feature} is paused {}", held(lock))
        }
        What::Held { lock } => format!("locked {}", held(lock)),
        What::Unlocked {} => "needs a lock, and nobody holds one for this branch".into(),
        What::Claimed { feature, key, by } => {
            format!("feature {feature} of {} claims `{key}`", by.agent)
        }
        What::Undeclared { feature } => format!("not among the claims of feature {feature}"),
        What::Damaged { why } => format!("a record cannot be read: {}", shown(why)),
    }
}

/// Workflow commands, and the verdict as a line of the log.
fn annotations(review: &Review) -> String {
    let findings = review.findings.iter().take(ANNOTATIONS_MAX);
    let mut text: String = findings.map(annotation).collect();
    let more = review.findings.len().saturating_sub(ANNOTATIONS_MAX);
    if more > 0 {
        text.push_str(&format!("and {more} more, which the summary has\n"));
    }
    text + &verdict(review) + "\n"
}

fn annotation(finding: &Finding) -> String {
    let level = match finding.level {
        Level::Error => "error",
        Level::Warning => "warning",
    };
    let file = finding.path.as_ref().map(|path| match path {
        Key::Path(path) => String::from_utf8_lossy(path.bytes()).into_owned(),
        other => other.to_string(),
    });
    let file = file.map(|file| format!(" file={},", property(&file)));
    let title = match &finding.what {
        What::Paused { lock, .. } => format!("paused by {}", lock.by.agent),
        What::Held { lock } => format!("locked by {}", lock.by.agent),
        What::Unlocked {} => "not locked".into(),
        What::Claimed { feature, .. } => format!("claimed by feature {feature}"),
        What::Undeclared { .. } => "not claimed".into(),
        What::Damaged { .. } => "cannot be read".into(),
    };
    let path = finding.path.as_ref().map(|path| format!("{path}: "));
    let commit = finding.commit.as_ref();
    let commit = commit.map(|commit| format!(" (in {})", commit.short()));
    let message = format!(
        "{}{}{}",
        path.unwrap_or_default(),
        said(&finding.what),
        commit.unwrap_or_default()
    );
    format!(
        "::{level}{}title={}::{}\n",
        file.unwrap_or_else(|| " ".into()),
        property(&title),
        data(&message)
    )
}

/// The text of a workflow command: it ends at the end of its line.
fn data(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

/// A property of a workflow command: it ends at a comma or a colon too.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

/// The summary of the job, in Markdown.
fn summary(review: &Review) -> String {
    let branch = review.branch.as_ref();
    let branch = branch.map(|branch| format!(" of {}", cell(branch)));
    let mut text = format!(
        "### Coordination\n\nThe commits{}: {}\n",
        branch.unwrap_or_default(),
        cell(&verdict(review))
    );
    if review.findings.is_empty() {
        return text + "\n";
    }
    text.push_str("\n| | path | commit | |\n|---|---|---|---|\n");
    for finding in review.findings.iter().take(ROWS_MAX) {
        let level = match finding.level {
            Level::Error => "refused",
            Level::Warning => "warning",
        };
        let path = finding.path.as_ref().map(|path| cell(&path.to_string()));
        let commit = finding.commit.as_ref().map(|commit| commit.short());
        text.push_str(&format!(
            "| {level} | {} | {} | {} |\n",
            path.unwrap_or_default(),
            commit.unwrap_or_default(),
            cell(&said(&finding.what))
        ));
    }
    let all = review.errors + review.warnings;
    let more = all.saturating_sub(review.findings.len().min(ROWS_MAX));
    if more > 0 {
        text.push_str(&format!("\nAnd {more} more.\n"));
    }
    text + "\n"
}

fn add(file: &str, text: &str) -> std::io::Result<()> {
    let mut file = OpenOptions::new().append(true).create(true).open(file)?;
    file.write_all(text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::{data, property};

    #[test]
    fn nothing_ends_a_workflow_command_early() {
        let text = "50%: a,b\r\n::set-output name=x::y";
        assert_eq!(data(text), "50%25: a,b%0D%0A::set-output name=x::y");
        assert_eq!(
            property(text),
            "50%25%3A a%2Cb%0D%0A%3A%3Aset-output name=x%3A%3Ay"
        );
    }
}

//! How branches and claims differ, as text.

use crate::model::key::Key;
use crate::model::text::shown;
use crate::ops::feature::{Difference, Drifted, Drifting};

use super::super::handoff::note_age;
use super::super::page::{Ink, Page};
use super::{SHOWN_MAX, names, of_damaged};

pub(in crate::cli) fn of(page: &Page, drifted: &Drifted) -> String {
    note_age(page, drifted.view_age_secs);
    let mut text = String::new();
    if drifted.features.is_empty() {
        text.push_str("no feature has its branch here\n");
    }
    let features = drifted.features.iter();
    text.extend(features.map(|drifting| of_drifting(page, drifting)));
    if !drifted.elsewhere.is_empty() {
        page.note(&format!(
            "not in this clone: {}",
            names(drifted.elsewhere.iter())
        ));
    }
    text
}

fn of_drifting(page: &Page, drifting: &Drifting) -> String {
    let id = page.ink(Ink::Key, drifting.id.as_str());
    let Difference {
        undeclared,
        contested,
        untouched,
        damaged,
    } = &drifting.drift;
    let is_exact = undeclared.is_empty() && untouched.is_empty();
    let verdict = match is_exact {
        true => ": as it claims",
        false => "",
    };
    let paths = match drifting.touched {
        1 => "1 path".to_owned(),
        count => format!("{count} paths"),
    };
    let mut text = format!(
        "{id}: branch `{}` touches {paths} since it left `{}`{verdict}\n",
        shown(drifting.branch.as_str()),
        shown(&drifting.target)
    );
    let is_contested = |path: &&Key| contested.iter().any(|one| one.path == **path);
    let mut add = |lines: Vec<String>| {
        let more = lines.len().saturating_sub(SHOWN_MAX);
        for line in lines.into_iter().take(SHOWN_MAX) {
            text.push_str(&format!("  {line}\n"));
        }
        if more > 0 {
            text.push_str(&format!("  and {more} more\n"));
        }
    };
    let word = page.ink(Ink::Bad, "not claimed, and somebody else's:");
    let lines = contested.iter().map(|one| {
        let whose = match &one.feature {
            Some(feature) => format!("feature {feature} of {} claims", one.by.agent),
            None => format!("{} holds", one.by),
        };
        format!("{word} {}; {whose} {}", one.path, one.key)
    });
    add(lines.collect());
    let lines = undeclared.iter().filter(|path| !is_contested(path));
    add(lines.map(|path| format!("not claimed: {path}")).collect());
    let lines = untouched.iter();
    add(lines.map(|key| format!("not touched: {key}")).collect());
    text.push_str(&of_damaged(page, damaged));
    text
}

//! How branches merge, as text.

use crate::model::text::shown;
use crate::ops::feature::{MergedWith, Merges, Outcome};

use super::super::page::{Ink, Page};
use super::super::text::list;
use super::{SHOWN_MAX, names};

pub(super) fn of(page: &Page, merges: &Merges) -> String {
    let branch = shown(merges.branch.as_str());
    let mut text = match merges.with.len() {
        0 => format!("no other branch is here to merge `{branch}` with\n"),
        _ => format!("merged in memory, `{branch}` with\n"),
    };
    text.extend(merges.with.iter().map(|with| of_one(page, with)));
    if !merges.elsewhere.is_empty() {
        page.note(&format!(
            "not in this clone: {}",
            names(merges.elsewhere.iter())
        ));
    }
    text
}

fn of_one(page: &Page, with: &MergedWith) -> String {
    let id = page.ink(Ink::Key, with.feature.as_str());
    let verdict = match with.is {
        Outcome::Clean => page.ink(Ink::Good, "clean"),
        Outcome::Conflict => {
            let first = &with.paths[..with.paths.len().min(SHOWN_MAX)];
            let more = match with.paths.len() - first.len() {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            let word = page.ink(Ink::Bad, "conflict");
            format!("{word} in {}{more}", list(first))
        }
        Outcome::Unknown => {
            let why = with.why.as_deref().unwrap_or_default();
            format!("not known: {}", shown(why))
        }
    };
    let undeclared = match with.declared || with.is == Outcome::Clean {
        true => "",
        false => ", though no claims meet",
    };
    let branch = shown(with.branch.as_str());
    format!("  {id} on `{branch}`: {verdict}{undeclared}\n")
}

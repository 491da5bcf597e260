//! Values as text: of one, its JSON alone, for scripts; of many, a line each.

use crate::model::text::shown;
use crate::model::value::Told;
use crate::ops::state::{Shown, Values};

use super::page::{Ink, Page};

/// The JSON alone; a text keeps its quotes, so that it is read back as what it is.
pub(super) fn of_one(one: &Shown) -> String {
    let value = one.value.as_ref().map(ToString::to_string);
    format!("{}\n", shown(&value.unwrap_or_else(|| "removed".into())))
}

pub(super) fn of(page: &Page, all: &Values) -> String {
    let mut text = String::new();
    for damage in &all.damaged {
        page.note(&format!("damaged: {}", shown(damage)));
    }
    for one in &all.values {
        let value = one.value.as_ref().map(ToString::to_string);
        let value = shown(&value.unwrap_or_else(|| "removed".into()));
        let name = page.ink(Ink::Key, one.name.as_str());
        text.push_str(&format!("{name} = {value}  (rev {})\n", one.rev));
    }
    if all.values.is_empty() {
        text.push_str("no values\n");
    }
    text
}

pub(super) fn of_told(page: &Page, told: &Told) -> String {
    let name = page.ink(Ink::Key, told.name.as_str());
    match &told.value {
        Some(value) => format!(
            "{name} = {}  (rev {})\n",
            shown(&value.to_string()),
            told.value_rev
        ),
        None => format!("removed {name}\n"),
    }
}

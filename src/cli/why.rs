//! What is in the way, as one screen.

use crate::model::text::shown;
use crate::ops::why::{Because, Reason, Sort};

use super::page::{Ink, Page};
use super::text::{of_held, until};

pub(super) fn of(page: &Page, because: &Because) -> String {
    let about = page.ink(Ink::Key, &shown(&because.about));
    let what = match because.sort {
        Sort::Key => about,
        Sort::Branch => format!("branch {about}"),
        Sort::Task => format!("task {about}"),
        Sort::Feature => format!("feature {about}"),
    };
    let mut text = if because.blocked {
        format!("{what} is blocked:\n")
    } else {
        format!("nothing is in the way of {what}\n")
    };
    for reason in &because.reasons {
        text.push_str(&of_reason(page, reason, 1));
    }
    for held in &because.mine {
        text.push_str(&format!("you hold {}", of_held(page, held, false)));
    }
    for waiter in &because.waiting {
        let end = until(waiter.until);
        text.push_str(&format!("{} waits for it, {end}\n", waiter.by));
    }
    text
}

fn of_reason(page: &Page, reason: &Reason, depth: usize) -> String {
    let indent = "  ".repeat(depth);
    let mut text = format!("{indent}{}", shown(&reason.text));
    if let Some(end) = reason.until {
        text.push_str(&format!(", {}", until(end)));
    }
    if let Some(why) = &reason.reason {
        text.push_str(&format!(": {}", shown(why)));
    }
    text.push('\n');
    if !reason.unblock.is_empty() {
        let help = page.ink(Ink::Faint, &shown(&reason.unblock));
        text.push_str(&format!("{indent}  until {help}\n"));
    }
    if !reason.because.is_empty() {
        text.push_str(&format!("{indent}  and that one waits:\n"));
        let below = reason.because.iter();
        text.extend(below.map(|reason| of_reason(page, reason, depth + 2)));
    }
    text
}

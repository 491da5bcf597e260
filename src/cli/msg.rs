//! Messages as text: quoted behind a mark, each with its sender.

use crate::model::message::{Did, Message, To, Told};
use crate::model::text::shown;
use crate::ops::msg::{Letter, Mail, Shelf};

use super::agent::{ago, name, quoted};
use super::handoff::note_age;
use super::page::{Ink, Page};

/// Longest first line in a list, in characters.
const LINE_CHARS_MAX: usize = 100;

pub(super) fn of_told(_: &Page, told: &Told) -> String {
    let line = |message: &crate::model::message::MessageRecord| match told.did {
        Did::Sent => format!("sent {} to {}\n", message.id, message.to),
        Did::Acked => format!("acknowledged {} from {}\n", message.id, name(&message.from)),
    };
    told.messages.iter().map(line).collect()
}

pub(super) fn of_mail(page: &Page, mail: &Mail) -> String {
    note_age(page, mail.view_age_secs);
    let mut text = String::new();
    if mail.messages.is_empty() {
        text.push_str(match mail.shelf {
            Shelf::Dead => "nothing was sent in vain\n",
            _ => "no messages\n",
        });
    }
    for letter in &mail.messages {
        text.push_str(&of_letter(page, mail.shelf, letter));
    }
    for damage in &mail.damaged {
        text.push_str(&format!(
            "{} {}\n",
            page.ink(Ink::Bad, "damaged:"),
            shown(damage)
        ));
    }
    text
}

fn of_letter(page: &Page, shelf: Shelf, letter: &Letter) -> String {
    let mut text = head(page, &letter.message);
    if letter.message.needs_ack {
        text.push_str(match letter.acked {
            true => ", acknowledged",
            false => ", wants an acknowledgement",
        });
    }
    match letter.dead {
        Some("expired") => text.push_str(", expired without an acknowledgement"),
        Some(_) => text.push_str(", whose session is gone"),
        None => {}
    }
    text.push('\n');
    text.push_str(&match shelf {
        Shelf::Inbox | Shelf::Dead => first_line(&letter.message),
        Shelf::Read | Shelf::Thread => quoted(&letter.message.text),
    });
    text
}

/// Its name, what it is, and from whom to whom.
pub(super) fn head(page: &Page, message: &Message) -> String {
    let id = page.ink(Ink::Key, message.id.as_str());
    let to = match &message.to {
        To::Agent(_) => String::new(),
        other => format!(" to {other}"),
    };
    let task = message.task.as_ref().map(|task| format!(", task {task}"));
    format!(
        "{id}  {} from {}{to}, {}{}",
        message.sort.as_str(),
        name(&message.from),
        ago(message.sent),
        task.unwrap_or_default()
    )
}

/// The beginning of what it says, quoted.
pub(super) fn first_line(message: &Message) -> String {
    let whole = message.text.as_str();
    let line = whole.lines().next().unwrap_or_default();
    let begin: String = line.chars().take(LINE_CHARS_MAX).collect();
    let more = if begin.len() < whole.len() {
        " …"
    } else {
        ""
    };
    format!("  > {}{more}\n", shown(&begin))
}

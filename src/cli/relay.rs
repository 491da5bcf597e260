//! The screens of the relay and of requests.

use crate::coord::relay::{Ending, Relayed, Tracked};
use crate::coord::request::{Standing, Stands};
use crate::model::relay::{Did, Outcome, Told};
use crate::model::text::shown;
use crate::ops::request::Listed;

use super::page::{Ink, Page};
use super::text::list;

/// What a relay did in one round.
pub(super) fn of_round(page: &Page, round: &Relayed) -> String {
    let mut text = String::new();
    for one in &round.answers {
        let word = match one.is {
            Ending::Granted => page.ink(Ink::Good, "granted"),
            Ending::Refused => page.ink(Ink::Bad, "refused"),
            Ending::Cancelled => "taken back".into(),
            Ending::TurnedDown => page.ink(Ink::Bad, "turned down"),
        };
        let who = one.agent.as_ref().map(ToString::to_string);
        let why = one.why.as_ref().map(|why| format!(": {}", shown(why)));
        text.push_str(&format!(
            "{word} {} to {} on `{}`{}\n",
            shown(&one.what),
            who.unwrap_or_else(|| "?".into()),
            one.branch.as_str(),
            why.unwrap_or_default()
        ));
    }
    for one in &round.tracked {
        text.push_str(&of_tracked(page, one));
    }
    for trouble in &round.troubles {
        page.note(&format!("warning: {}", shown(trouble)));
    }
    if round.answers.is_empty() && round.tracked.is_empty() {
        text.push_str("no new requests\n");
    }
    if round.published {
        text.push_str("the state is published as `coord/state`\n");
    }
    text
}

fn of_tracked(page: &Page, one: &Tracked) -> String {
    let mut parts = Vec::new();
    for (word, keys) in [
        ("takes", &one.taken),
        ("gives back", &one.given_back),
        ("leaves to others", &one.in_the_way),
    ] {
        if !keys.is_empty() {
            parts.push(format!("{word} {}", list(keys)));
        }
    }
    let branch = page.ink(Ink::Key, &shown(&one.branch));
    format!("{branch} of {} {}\n", one.agent, parts.join(", "))
}

pub(super) fn of_requests(page: &Page, listed: &Listed) -> String {
    if listed.requests.is_empty() {
        return "no requests\n".into();
    }
    listed
        .requests
        .iter()
        .map(|one| of_request(page, one))
        .collect()
}

fn of_request(page: &Page, one: &Standing) -> String {
    let word = match one.is {
        Stands::Unsent => page.ink(Ink::Faint, "not pushed"),
        Stands::Pending => page.ink(Ink::Faint, "pending"),
        Stands::Granted => page.ink(Ink::Good, "granted"),
        Stands::Refused => page.ink(Ink::Bad, "refused"),
        Stands::Cancelled => "taken back".into(),
        Stands::TurnedDown => page.ink(Ink::Bad, "turned down"),
        Stands::Expired => page.ink(Ink::Bad, "expired"),
    };
    let why = match (&one.result, &one.why) {
        (Some(Outcome::Refused { refusal }), _) => format!(": {}", shown(&refusal.to_string())),
        (_, Some(why)) => format!(": {}", shown(why)),
        _ => String::new(),
    };
    let branch = one
        .branch
        .as_ref()
        .map(|branch| format!(" on `{}`", shown(branch)));
    format!(
        "{} {} {}{}  {word}{why}\n",
        page.ink(Ink::Faint, &one.id.to_string()),
        one.asked_at,
        page.ink(Ink::Key, &shown(&one.what)),
        branch.unwrap_or_default(),
    )
}

pub(super) fn of_told(told: &Told) -> String {
    match told.did {
        Did::Answered => "answered\n".into(),
        Did::TurnedDown => "turned down\n".into(),
        Did::Cancelled => "taken back\n".into(),
        Did::Unpinned => "whoever speaks for it next is its speaker\n".into(),
    }
}

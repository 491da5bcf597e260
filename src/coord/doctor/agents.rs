//! Coding agents: whether the files that this repository has for them are complete and current,
//! whether they find the program, and whether their hooks were ever heard here.
//!
//! Agents skip hooks that nobody has approved, some of them without a word: silence is told apart
//! from nothing to say only by what fired.

use std::collections::BTreeMap;

use crate::coord::wired::{Files, Found, is_wired};
use crate::coord::{Coord, fired};
use crate::env;
use crate::model::text::shown;
use crate::model::time::{Timestamp, span};
use crate::wiring::{Agent, Part, Wish, parts};

use super::finding::{Judged, State};

/// What is known of one agent.
struct Seen {
    agent: Agent,
    /// Its files that are not as they should be, and how they are.
    wrong: Vec<String>,
    /// The event that was heard last, and how long ago in seconds.
    heard: Option<(String, u64)>,
}

pub(super) fn look(coord: &Coord) -> Judged {
    let Ok(files) = Files::of(coord) else {
        return Judged::ok("none: there is no working tree here");
    };
    let open = parts(&Agent::ALL, Wish::default());
    let closed = parts(&Agent::ALL, Wish { fail_closed: true });
    let found = files.look(&open);
    let fired = fired::fired(&coord.repo().coord_dir());
    let wired = Agent::ALL
        .into_iter()
        .filter(|agent| is_wired(&found, *agent));
    let seen = wired.map(|agent| Seen {
        agent,
        wrong: wrong(&files, &found, &closed, agent),
        heard: fired.get(agent.name()).and_then(heard),
    });
    judge(
        &seen.collect::<Vec<_>>(),
        env::find_program("git-coord").is_some(),
    )
}

fn wrong(files: &Files, found: &[Found<'_>], closed: &[Part], agent: Agent) -> Vec<String> {
    let own = found
        .iter()
        .filter(|found| found.part.agents.contains(&agent));
    let judged = own.filter_map(|found| {
        let closed = closed.iter().find(|part| part.paths == found.part.paths);
        let how = standing(files, found, closed?)?;
        Some(format!("{agent}: {}: {how}", found.path))
    });
    judged.collect()
}

/// What is wrong with a file, whichever way it was wished for.
fn standing(files: &Files, found: &Found<'_>, closed: &Part) -> Option<String> {
    let there = match &found.there {
        Ok(there) if there.same_as.is_some() => return None,
        Ok(there) => there,
        Err(why) => return Some(shown(why)),
    };
    let beside = found.part.beside.and_then(|path| files.text(path));
    if let Some(why) = beside.and_then(|text| found.part.yields(&text)) {
        return Some(why.why);
    }
    let Some(text) = &there.text else {
        return Some("it is not there".into());
    };
    let put = [found.part, closed].map(|part| part.put(Some(text)));
    if put
        .iter()
        .any(|put| put.text == *text && put.by_hand.is_empty())
    {
        return None;
    }
    let left = put[0].by_hand.first().map(|left| shown(&left.why));
    let older = || match found.part.is_in(text) {
        true => "older than this git-coord, or changed".into(),
        false => "nothing of git-coord is in it".into(),
    };
    Some(left.unwrap_or_else(older))
}

fn heard(events: &BTreeMap<String, Timestamp>) -> Option<(String, u64)> {
    let (event, at) = events.iter().max_by_key(|(_, at)| **at)?;
    let secs = env::now().secs_since(*at);
    Some((shown(event), u64::try_from(secs).unwrap_or_default()))
}

fn judge(seen: &[Seen], is_on_path: bool) -> Judged {
    if seen.is_empty() {
        return Judged::ok("the repository has no files for any");
    }
    let wrong: Vec<String> = seen.iter().flat_map(|one| one.wrong.clone()).collect();
    let names = |of: &dyn Fn(&&Seen) -> bool| -> Vec<&str> {
        let names = seen.iter().filter(of);
        names.map(|one| one.agent.name()).collect()
    };
    // Aider has no hooks that could be heard.
    let silent = names(&|one| one.heard.is_none() && one.agent != Agent::Aider);
    let steps = seen.iter().filter(|one| silent.contains(&one.agent.name()));
    let heard = seen.iter().filter_map(|one| {
        let (event, secs) = one.heard.as_ref()?;
        Some(format!("{}: {event} fired {} ago", one.agent, span(*secs)))
    });
    let (state, what, advice) = if !is_on_path {
        let advice = "put the directory of git-coord on the PATH that agents are started with";
        (
            State::Warning,
            "`git-coord` is not on PATH".to_owned(),
            Some(advice.to_owned()),
        )
    } else if !wrong.is_empty() {
        let names = names(&|one| !one.wrong.is_empty()).join(",");
        let advice = format!("git coord init --agent {names}");
        (
            State::Warning,
            "files are incomplete".to_owned(),
            Some(advice),
        )
    } else if !silent.is_empty() {
        let what = format!(
            "no hook of {} was heard in this clone so far",
            silent.join(", ")
        );
        (
            State::Note,
            what,
            Some("do once what each agent asks for".to_owned()),
        )
    } else {
        let all = names(&|_| true).join(", ");
        (State::Ok, format!("files are complete: {all}"), None)
    };
    let steps = steps.map(|one| format!("{}: {}", one.agent, one.agent.trust_step()));
    let details: Vec<String> = wrong.into_iter().chain(heard).chain(steps).collect();
    Judged {
        advice,
        ..Judged::of(state, what).details(details)
    }
}

#[cfg(test)]
mod tests {
    use super::{Seen, judge};
    use crate::coord::doctor::finding::State;
    use crate::wiring::Agent;

    #[test]
    fn the_worst_is_told_first() {
        let seen = |agent, wrong: &[&str], heard: Option<u64>| Seen {
            agent,
            wrong: wrong.iter().map(|what| (*what).to_owned()).collect(),
            heard: heard.map(|secs| ("PreToolUse".into(), secs)),
        };
        let codex = || seen(Agent::Codex, &[], None);
        let claude = || seen(Agent::Claude, &[], Some(60));
        let broken = || {
            seen(
                Agent::Claude,
                &["claude: CLAUDE.md: it is not there"],
                Some(60),
            )
        };
        for (all, is_on_path, state, says) in [
            (vec![], false, State::Ok, "no files"),
            (vec![claude()], true, State::Ok, "claude"),
            (
                vec![seen(Agent::Aider, &[], None)],
                true,
                State::Ok,
                "aider",
            ),
            (vec![claude(), codex()], true, State::Note, "codex"),
            (vec![broken(), codex()], true, State::Warning, "incomplete"),
            (vec![broken()], false, State::Warning, "PATH"),
        ] {
            let judged = judge(&all, is_on_path);
            assert_eq!(judged.state, state);
            assert!(judged.found.contains(says), "{judged:?}");
        }
        let told = judge(&[claude(), codex()], true).details.join("\n");
        assert!(
            told.contains("PreToolUse fired 1m ago") && told.contains("`/hooks`"),
            "{told}"
        );
    }
}

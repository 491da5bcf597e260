//! Hooks: whether the two that guard commits and pushes are there and would run.

use crate::coord::hooks::{Hooks, Installed};
use crate::coord::{Coord, Failure};

use super::finding::Judged;

pub(super) fn look(coord: &Coord, is_used: bool) -> Judged {
    match guards(coord) {
        Ok(guards) => judge(&guards, is_used),
        Err(why) => Judged::warning(format!("git does not say where its hooks are: {why}")),
    }
}

fn guards(coord: &Coord) -> Result<Vec<Installed>, Failure> {
    let mut hooks = Hooks::find(coord)?.all();
    hooks.retain(|hook| hook.event.is_guard());
    Ok(hooks)
}

fn judge(guards: &[Installed], is_used: bool) -> Judged {
    const INSTALL: &str = "git coord hooks install";
    let lines = guards.iter().map(|hook| {
        let name = hook.event.name();
        match (&hook.by, &hook.why_not) {
            (Some(by), None) => format!("{name}: through {by}"),
            (Some(by), Some(why)) => format!("{name}: {by}, but {why}"),
            (None, _) => format!("{name}: none"),
        }
    });
    if guards.iter().any(|hook| hook.by.is_some() && !hook.fires) {
        return Judged::warning("a hook is there and does not run")
            .details(lines)
            .advice(INSTALL);
    }
    let absent = guards.iter().filter(|hook| hook.by.is_none()).count();
    match absent {
        0 => Judged::ok("commits and pushes are checked").details(lines),
        _ if absent < guards.len() => Judged::warning("only one of the two guards is there")
            .details(lines)
            .advice(INSTALL),
        _ if is_used => {
            Judged::note("none: commits and pushes are not checked against locks").advice(INSTALL)
        }
        _ => Judged::ok("none, and nothing is locked"),
    }
}

#[cfg(test)]
mod tests {
    use super::judge;
    use crate::coord::doctor::finding::State;
    use crate::coord::hooks::{Event, Installed};

    fn hook(event: Event, by: Option<&str>, why_not: Option<&str>) -> Installed {
        Installed {
            event,
            by: by.map(str::to_owned),
            chains_to: None,
            fires: by.is_some() && why_not.is_none(),
            why_not: why_not.map(str::to_owned),
        }
    }

    #[test]
    fn hooks_are_missed_only_where_they_are_of_use() {
        let absent = (None, Some("it is not installed"));
        let runs = (Some("script"), None);
        let dead = (Some("script"), Some("it is switched off"));
        for (one, two, is_used, state) in [
            (absent, absent, false, State::Ok),
            (absent, absent, true, State::Note),
            (runs, absent, false, State::Warning),
            (runs, runs, true, State::Ok),
            (runs, dead, true, State::Warning),
        ] {
            let guards = [
                hook(Event::PreCommit, one.0, one.1),
                hook(Event::PrePush, two.0, two.1),
            ];
            assert_eq!(judge(&guards, is_used).state, state, "{guards:?}");
        }
    }
}

//! The workflows that run git-coord on GitHub: whether they are complete, and of this version.

use crate::coord::Coord;
use crate::coord::wired::{Files, Found};
use crate::model::text::shown;
use crate::wiring::workflows;

use super::finding::{Judged, State};

/// How one file stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stands {
    Missing,
    Current,
    Older,
    /// Somebody has changed it, or it is somebody else's.
    Left,
}

pub(super) fn look(coord: &Coord) -> Judged {
    let Ok(files) = Files::of(coord) else {
        return Judged::ok("none: there is no working tree here");
    };
    let parts = workflows();
    let found = files.look(&parts);
    let seen: Vec<(Stands, String)> = found.iter().map(standing).collect();
    judge(&seen)
}

fn standing(found: &Found<'_>) -> (Stands, String) {
    let there = match &found.there {
        Ok(there) => there,
        Err(why) => return (Stands::Left, format!("{}: {}", found.path, shown(why))),
    };
    let Some(text) = &there.text else {
        let what = format!("{}: it is not there", found.path);
        return (Stands::Missing, what);
    };
    let put = found.part.put(Some(text));
    match put.by_hand.first() {
        Some(left) => (Stands::Left, format!("{}: {}", found.path, left.why)),
        None if put.text == *text => (Stands::Current, String::new()),
        None => (
            Stands::Older,
            format!("{}: it is of another version", found.path),
        ),
    }
}

fn judge(seen: &[(Stands, String)]) -> Judged {
    let count = |wanted: &[Stands]| {
        let seen = seen.iter();
        seen.filter(|(stands, _)| wanted.contains(stands)).count()
    };
    if count(&[Stands::Current, Stands::Older]) == 0 {
        // A file of that name alone says nothing about us.
        return Judged::ok("the repository has none of git-coord");
    }
    let details = seen.iter().filter(|(_, what)| !what.is_empty());
    let details: Vec<String> = details.map(|(_, what)| what.clone()).collect();
    let judged = if count(&[Stands::Missing, Stands::Older]) > 0 {
        Judged {
            advice: Some("git coord github init".into()),
            ..Judged::of(State::Warning, "workflows are incomplete")
        }
    } else if count(&[Stands::Left]) > 0 {
        Judged::of(
            State::Note,
            "some were changed, and this version has others",
        )
    } else {
        Judged::ok("they are complete")
    };
    judged.details(details)
}

#[cfg(test)]
mod tests {
    use super::{Stands, judge};
    use crate::coord::doctor::finding::State;

    #[test]
    fn the_worst_is_told_first() {
        use Stands::{Current, Left, Missing, Older};
        for (seen, state, says) in [
            (vec![Missing, Missing], State::Ok, "none"),
            (vec![Missing, Left], State::Ok, "none"),
            (vec![Current, Current], State::Ok, "complete"),
            (vec![Current, Missing], State::Warning, "incomplete"),
            (vec![Left, Older], State::Warning, "incomplete"),
            (vec![Current, Left], State::Note, "changed"),
        ] {
            let seen: Vec<_> = seen.into_iter().map(|one| (one, "x".to_owned())).collect();
            let judged = judge(&seen);
            assert_eq!(judged.state, state, "{judged:?}");
            assert!(judged.found.contains(says), "{judged:?}");
        }
    }
}

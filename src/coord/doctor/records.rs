//! Every record of the state, read as the type that its place asks for.

use crate::coord::Coord;
use crate::domain::belongs;
use crate::model::limits::RECORD_BYTES_MAX;
use crate::model::object_id::ObjectId;
use crate::model::place::Place;
use crate::store::{Backend, Error, ObjectKind};

use super::finding::Judged;
use super::honest;

/// Git's mode of a plain file.
const PLAIN: &str = "100644";

/// How a record stands.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Verdict {
    Good,
    /// At a place that this program does not know.
    Unknown,
    /// Of a newer format.
    Newer(String),
    /// Not what belongs there.
    Damaged(String),
}

/// Everything that is not good, by its path.
type Verdicts = Vec<(String, Verdict)>;

pub(super) fn look(coord: &Coord, tip: Option<ObjectId>) -> Judged {
    let Some(tip) = tip else {
        return Judged::ok("none");
    };
    match read_all(coord, tip) {
        Ok((count, odd)) => {
            let judged = judge(count, &odd);
            // Only what no operation made can be taken back.
            if is_bad(&odd) && way_back(coord, tip).is_some() {
                judged
                    .advice(
                        "no operation made it: `git coord doctor --fix` sets the state back \
                         below it and keeps what is set aside",
                    )
                    .fixable()
            } else {
                judged
            }
        }
        Err(why) => Judged::problem(format!("the state's tree cannot be listed: {why}"))
            .advice("see the check of the objects"),
    }
}

/// Whether a state has records that are damaged.
pub(super) fn is_damaged(coord: &Coord, tip: ObjectId) -> bool {
    read_all(coord, tip).is_ok_and(|(_, odd)| is_bad(&odd))
}

/// The state to go back to, if commits that no operation made brought the damage.
pub(super) fn way_back(coord: &Coord, tip: ObjectId) -> Option<ObjectId> {
    let below = honest::below(coord, tip).ok()?.tip;
    below.filter(|below| !is_damaged(coord, *below))
}

fn is_bad(odd: &Verdicts) -> bool {
    odd.iter()
        .any(|(_, verdict)| matches!(verdict, Verdict::Damaged(_)))
}

fn judge(count: usize, odd: &Verdicts) -> Judged {
    let line = |(path, verdict): &(String, Verdict)| match verdict {
        Verdict::Good => None,
        Verdict::Unknown => Some(format!("{path}: nothing is known of this place")),
        Verdict::Newer(why) => Some(why.clone()),
        Verdict::Damaged(why) => Some(format!("damaged: {why}")),
    };
    let lines = odd.iter().filter_map(line);
    let many = |wanted: fn(&Verdict) -> bool| odd.iter().filter(|(_, v)| wanted(v)).count();
    let damaged = many(|verdict| matches!(verdict, Verdict::Damaged(_)));
    let newer = many(|verdict| matches!(verdict, Verdict::Newer(_)));
    match (damaged, newer, odd.len()) {
        (0, 0, 0) => Judged::ok(format!("all {count} are in order")),
        (0, 0, strange) => Judged::note(format!("{strange} of {count} are at unknown places")),
        (0, newer, _) => Judged::warning(format!("{newer} of {count} are of a newer format"))
            .advice("update git-coord: what they lock cannot be told"),
        (damaged, ..) => Judged::problem(format!("{damaged} of {count} are damaged")).advice(
            "keys that they may be about are refused until they are replaced; `git log \
                 refs/coord/state -- PLACE` tells who wrote one",
        ),
    }
    .details(lines)
}

/// Lists with the git program, which takes any name, and reads each record.
fn read_all(coord: &Coord, tip: ObjectId) -> Result<(usize, Verdicts), Error> {
    let id = tip.to_string();
    let args = ["ls-tree", "-r", "-z", "--full-tree", &id];
    let listed = coord.repo().git().expect(&args, None)?;
    let mut odd = Vec::new();
    let mut count = 0;
    for line in listed
        .split(|byte| *byte == 0)
        .filter(|line| !line.is_empty())
    {
        let text = String::from_utf8_lossy(line);
        let Some((head, path)) = text.split_once('\t') else {
            continue;
        };
        let words: Vec<&str> = head.split(' ').collect();
        let [mode, _, blob] = words.as_slice() else {
            continue;
        };
        count += 1;
        let verdict = match blob.parse() {
            Ok(blob) if *mode == PLAIN => verdict(coord, path, &blob),
            _ => Verdict::Damaged(format!("{path}: it is no plain file (mode {mode})")),
        };
        if verdict != Verdict::Good {
            odd.push((path.to_owned(), verdict));
        }
    }
    Ok((count, odd))
}

fn verdict(coord: &Coord, path: &str, blob: &ObjectId) -> Verdict {
    match coord.repo().read(blob, ObjectKind::Blob, RECORD_BYTES_MAX) {
        Ok(bytes) => examine(path, &bytes),
        Err(why) => Verdict::Damaged(format!("{path}: {why}")),
    }
}

/// Judges a record by its place and its bytes alone.
fn examine(path: &str, bytes: &[u8]) -> Verdict {
    let place = match Place::new(path) {
        Ok(place) => place,
        Err(why) => return Verdict::Damaged(why.to_string()),
    };
    let Some(read) = belongs::check(&place, bytes) else {
        return Verdict::Unknown;
    };
    match read {
        Ok(()) => Verdict::Good,
        Err(damage) if damage.is_newer => Verdict::Newer(damage.to_string()),
        Err(damage) => Verdict::Damaged(damage.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::{Verdict, examine};

    #[test]
    fn records_are_judged_by_place_and_content() {
        let good = br#"{"v":1,"kind":"format","epoch":1}"#;
        let newer = br#"{"v":9,"kind":"format","epoch":1}"#;
        assert_eq!(examine("format.json", good), Verdict::Good);
        assert!(matches!(examine("format.json", newer), Verdict::Newer(_)));
        assert_eq!(
            examine("elsewhere/3f/x.json", b"whatever"),
            Verdict::Unknown
        );
        for (path, bytes) in [
            ("format.json", &b""[..]),
            ("format.json", b"{"),
            ("format.json", br#"{"v":1,"v":1,"kind":"format","epoch":1}"#),
            ("format.json", br#"{"v":1,"kind":"lock","epoch":1}"#),
            ("locks/path/a=", good),
            ("locks/path/A=", b"{}"),
            ("locks/path/a", b"{}"),
            ("waits/a/s.json", good),
            ("notices/a/s/x.json", good),
            ("agents/a/s.json", good),
            ("trust/a.json", good),
            ("checkpoints/a/s.json", good),
            ("messages/all/x.json", good),
            ("tasks/open/3f/x.json", good),
            ("tasks/turns.json", good),
            ("comments/3f/x/y.json", good),
            ("values/a=", good),
        ] {
            let verdict = examine(path, bytes);
            assert!(
                matches!(verdict, Verdict::Damaged(_)),
                "{path}: {verdict:?}"
            );
        }
        let deep = format!("{}1{}", "[".repeat(17), "]".repeat(17));
        assert!(matches!(
            examine("locks/path/a=", deep.as_bytes()),
            Verdict::Damaged(_)
        ));
    }
}

//! What people ask for on the pages, read off what they did there.
//!
//! A deed is known by what the host calls it, so that everybody who finds it knows whether it was
//! answered. What a program did asks for nothing, and neither does what the mirror did itself.

mod answers;
mod chosen;
mod open;

use std::collections::BTreeSet;

use sha2::{Digest, Sha256};

use super::MARKER;
use crate::model::forge::command::{Command, commands};
use crate::model::forge::{Comment, Deed, Happened, Login, Number, Reason};
use crate::model::id::OpId;
use crate::model::text::shown;
use crate::model::time::Timestamp;

pub use answers::{answers, line, words};
pub use chosen::task_from;
pub use open::{is_suspect, open};

/// What the labels begin with by which people lock something.
const LOCK: &str = "coord:lock:";
/// The label by which people pause something.
const PAUSE: &str = "coord:pause";
/// Most characters of somebody's words that are shown.
const SHOWN_CHARS_MAX: usize = 120;

/// Something that somebody asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// Its identity, which follows from the deed; that of its first step.
    pub id: OpId,
    /// Which of several that the deed asks for.
    pub command: u8,
    /// The deed, by the host's own name for it.
    pub event: String,
    /// Where.
    pub thread: Number,
    /// Who.
    pub by: Login,
    /// When, by the host's clock.
    pub at: Timestamp,
    /// What was done, cleaned for showing it.
    pub shown: String,
    /// What it asks for.
    pub wants: Wants,
}

/// See [`Asked::wants`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wants {
    /// What a command says.
    Command(Command),
    /// Nobody knows; why.
    Unclear(String),
    /// The issue got the label of those that are tasks: that it be one.
    Chosen,
    /// The label of a lock was taken off: that the lock be given back.
    LabelGone(String),
    /// The issue was closed: that its task be over.
    Closed(Option<Reason>),
    /// The issue was opened again: that its task be, too.
    Reopened,
    /// The issue has another title: that its task have it.
    Renamed(String),
    /// The branch has other commits: nothing, but what is in line is what was sealed.
    ForcePushed,
}

/// The identity of what a deed asks for: of which of its commands, and of which step of that. Those of
/// one moment have their order.
pub fn identity(event: &str, at: Timestamp, command: u8, step: u8) -> OpId {
    let digest = Sha256::digest(format!("git-coord page\n{event}\n"));
    let bytes = [command, step]
        .into_iter()
        .chain(digest[..8].iter().copied());
    let random = bytes.fold(0, |all: u128, byte| all << 8 | u128::from(byte));
    let millis = u64::try_from(at.utc().timestamp_millis()).unwrap_or_default();
    OpId::new(ulid::Ulid::from_parts(millis, random))
}

/// The identity of the last step of the same, which is the one that was asked for: with an answer to it
/// none of the others is decided any more.
pub fn of_deed(id: OpId) -> OpId {
    let id = id.ulid();
    let random = id.random() & !(0xff << 64);
    OpId::new(ulid::Ulid::from_parts(id.timestamp_ms(), random))
}

/// What is asked for since a time, oldest first. `mirrors` are whoever lends the mirror a token, here or
/// elsewhere: their labels are the mirror's. `chosen_by` is the label of issues that are tasks, which no
/// mirror puts on.
pub fn asked(
    comments: &[Comment],
    happened: &[Happened],
    mirrors: &BTreeSet<Login>,
    chosen_by: Option<&str>,
    since: Timestamp,
) -> Vec<Asked> {
    let mut all = Vec::new();
    // The host's clock counts in seconds, and it lists what is newest first.
    let mut comments: Vec<&Comment> = comments.iter().collect();
    comments.sort_by_key(|comment| comment.id);
    for comment in comments.into_iter().filter(|it| it.created_at >= since) {
        all.extend(said(comment));
    }
    for deed in happened.iter().rev().filter(|it| it.at >= since) {
        let is_persons =
            |asked: &Asked| asked.wants == Wants::Chosen || !mirrors.contains(&asked.by);
        all.extend(done(deed, chosen_by).filter(is_persons));
    }
    all.retain(|asked| !asked.by.is_bot());
    // What is of one moment keeps the order in which it was found.
    all.sort_by_key(|asked| asked.at);
    all
}

/// The commands of a comment.
fn said(comment: &Comment) -> Vec<Asked> {
    let Some(by) = &comment.author else {
        return Vec::new();
    };
    // A comment of the mirror's is no person's, whoever lent it the token.
    if comment.body.starts_with(MARKER) {
        return Vec::new();
    }
    let event = name(&comment.node_id, "comment", comment.id);
    // There are fewer of them than such numbers.
    let found = (0_u8..).zip(commands(&comment.body));
    let wants = |command: Result<Command, _>| match command {
        // Who may push may edit what others wrote, and nobody says who did.
        _ if comment.updated_at != comment.created_at => Wants::Unclear(
            "the comment was edited before it was read, and nobody says by whom: write a new one"
                .into(),
        ),
        Ok(command) => Wants::Command(command),
        Err(why) => Wants::Unclear(shown(&format!("{why}"))),
    };
    found
        .map(|(command, found)| Asked {
            id: identity(&event, comment.created_at, command, 0),
            command,
            event: event.clone(),
            thread: comment.thread,
            by: by.clone(),
            at: comment.created_at,
            shown: found.line,
            wants: wants(found.command),
        })
        .collect()
}

fn done(deed: &Happened, chosen_by: Option<&str>) -> Option<Asked> {
    let by = deed.by.clone()?;
    let (wants, said) = match &deed.what {
        Deed::Labeled(label) if chosen_by.is_some_and(|by| by.eq_ignore_ascii_case(label)) => {
            (Wants::Chosen, format!("added the label {label}"))
        }
        Deed::Labeled(label) => {
            let wants = match label.strip_prefix(LOCK) {
                Some(key) if !key.is_empty() => Command::Lock {
                    keys: vec![key.to_owned()],
                    ttl: None,
                    reason: None,
                },
                _ if label == PAUSE => Command::Pause {
                    all: false,
                    reason: None,
                },
                _ => return None,
            };
            (Wants::Command(wants), format!("added the label {label}"))
        }
        Deed::Unlabeled(label) => {
            let wants = match label.as_str() {
                PAUSE => Wants::Command(Command::Resume { all: false }),
                lock if lock.starts_with(LOCK) => Wants::LabelGone(lock.to_owned()),
                _ => return None,
            };
            (wants, format!("took the label {label} off"))
        }
        Deed::Closed(reason) => (Wants::Closed(*reason), "closed the issue".into()),
        Deed::Reopened => (Wants::Reopened, "opened the issue again".into()),
        Deed::Renamed(title) => (
            Wants::Renamed(title.clone()),
            format!("renamed the issue to {title}"),
        ),
        Deed::ForcePushed => (Wants::ForcePushed, "pushed with force".into()),
    };
    let event = name(&deed.id, "event", 0);
    Some(Asked {
        id: identity(&event, deed.at, 0, 0),
        command: 0,
        event,
        thread: deed.thread,
        by,
        at: deed.at,
        shown: shown(&said).chars().take(SHOWN_CHARS_MAX).collect(),
        wants,
    })
}

/// The host's name for something, or one made of its number where a host gives none.
fn name(node: &str, sort: &str, number: u64) -> String {
    match node {
        "" => format!("{sort} {number}"),
        node => shown(node).chars().take(SHOWN_CHARS_MAX).collect(),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // a panic is how a test says no
mod tests {
    use super::{Asked, Wants, asked, identity};
    use crate::model::forge::{Comment, Deed, Happened};
    use crate::model::time::Timestamp;

    fn at(secs: i64) -> Timestamp {
        let start = chrono::DateTime::from_timestamp(1_700_000_000 + secs, 0);
        start.unwrap().into()
    }

    fn comment(author: &str, body: &str) -> Comment {
        Comment {
            id: 7,
            node_id: "IC_7".into(),
            thread: 12,
            author: Some(author.parse().unwrap()),
            body: body.into(),
            created_at: at(0),
            updated_at: at(0),
        }
    }

    fn deed(author: &str, what: Deed) -> Happened {
        Happened {
            id: "LE_9".into(),
            thread: 12,
            by: Some(author.parse().unwrap()),
            at: at(1),
            what,
        }
    }

    fn found(comments: &[Comment], happened: &[Happened]) -> Vec<Asked> {
        let mirrors = ["coord-bot".parse().unwrap()].into();
        asked(comments, happened, &mirrors, Some("Task"), at(-10))
    }

    #[test]
    fn the_identity_follows_from_the_deed_alone() {
        // Others have to find the same: see docs/format.md.
        assert_eq!(
            identity("IC_7", at(0), 1, 2).to_string(),
            "01HF7YAT00041DXK4406KRJRS4"
        );
        let all = [
            identity("IC_7", at(0), 0, 0),
            identity("IC_7", at(0), 0, 1),
            identity("IC_7", at(0), 1, 0),
            identity("IC_7", at(1), 0, 0),
        ];
        assert!(all.is_sorted_by(|one, next| one < next));
        assert_ne!(all[0], identity("IC_8", at(0), 0, 0));
        let deeds = all.map(super::of_deed);
        assert_eq!(deeds, [all[0], all[0], all[2], all[3]]);
    }

    #[test]
    fn people_ask_by_comments_and_by_labels() {
        let words = |asked: Vec<Asked>| -> Vec<String> {
            let wants = asked.into_iter().map(|asked| format!("{:?}", asked.wants));
            wants.collect()
        };
        let two = comment("Ada", "Please\n/coord queue\n/coord status");
        assert_eq!(
            words(found(&[two], &[])),
            ["Command(Queue { head: None })", "Command(Status)"]
        );
        for (what, is) in [
            (
                Deed::Labeled("coord:lock:src/".into()),
                Some(r#"Command(Lock { keys: ["src/"], ttl: None, reason: None })"#),
            ),
            (
                Deed::Labeled("coord:pause".into()),
                Some("Command(Pause { all: false, reason: None })"),
            ),
            (
                Deed::Unlabeled("coord:pause".into()),
                Some("Command(Resume { all: false })"),
            ),
            (
                Deed::Unlabeled("coord:lock:src/".into()),
                Some(r#"LabelGone("coord:lock:src/")"#),
            ),
            (Deed::Labeled("coord:lock:".into()), None),
            (Deed::Labeled("coord:queue:landed".into()), None),
            (Deed::Labeled("bug".into()), None),
            (Deed::Unlabeled("task".into()), None),
            (Deed::Unlabeled("bug".into()), None),
            (Deed::Closed(None), Some("Closed(None)")),
            (Deed::Reopened, Some("Reopened")),
            (Deed::Renamed("x".into()), Some(r#"Renamed("x")"#)),
            (Deed::ForcePushed, Some("ForcePushed")),
        ] {
            let by_person = words(found(&[], &[deed("ada", what.clone())]));
            assert_eq!(by_person.first().map(String::as_str), is, "{what:?}");
            // What the mirror or another program does asks for nothing.
            assert!(found(&[], &[deed("coord-bot", what.clone())]).is_empty());
            assert!(found(&[], &[deed("some-app[bot]", what)]).is_empty());
        }
    }

    #[test]
    fn the_label_of_tasks_is_a_request_of_whoever_put_it_on() {
        let by = |login: &str| found(&[], &[deed(login, Deed::Labeled("task".into()))]);
        assert_eq!(by("ada")[0].wants, Wants::Chosen);
        // No mirror puts it on: who lends it a token did that as a person.
        assert_eq!(by("coord-bot")[0].wants, Wants::Chosen);
        assert!(by("some-app[bot]").is_empty());
    }

    #[test]
    fn what_is_the_mirrors_edited_old_or_a_programs_is_no_command() {
        let plain = "/coord queue";
        let own = format!("{}\n{plain}", crate::domain::mirror::MARKER);
        assert!(found(&[comment("ada", &own)], &[]).is_empty());
        assert!(found(&[comment("dependabot[bot]", plain)], &[]).is_empty());
        let mut gone = comment("ada", plain);
        gone.author = None;
        assert!(found(&[gone], &[]).is_empty());
        let mut old = comment("ada", plain);
        old.created_at = at(-11);
        assert!(found(&[old], &[]).is_empty());
        let mut edited = comment("ada", plain);
        edited.updated_at = at(1);
        let edited = found(&[edited], &[]);
        assert!(
            matches!(&edited[0].wants, Wants::Unclear(why) if why.contains("edited")),
            "{edited:?}"
        );
        // The token may be somebody's own: comments of that person count all the same.
        assert_eq!(found(&[comment("coord-bot", plain)], &[]).len(), 1);
    }
}

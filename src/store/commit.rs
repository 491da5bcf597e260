//! Commit objects: the few fields that the chain needs, read strictly and written plainly.

use chrono::{DateTime, Utc};

use super::error::{Error, Result};
use crate::model::object_id::ObjectId;

/// Somebody named in a commit's header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// Name, without `<`, `>` or line breaks.
    pub name: String,
    /// Address, likewise.
    pub email: String,
}

/// The first commit of an epoch names the chain that it continues.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EpochLink {
    /// The number of the epoch that was closed.
    pub closed: u64,
    /// Its last commit.
    pub tip: ObjectId,
}

const EPOCH_TRAILER: &str = "Coord-Epoch: ";

impl EpochLink {
    /// The trailer line that carries it in the message.
    pub fn trailer(&self) -> String {
        format!("{EPOCH_TRAILER}{} {}", self.closed, self.tip)
    }
}

/// One commit of a chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Commit {
    /// The root tree.
    pub tree: ObjectId,
    /// The state it was decided on; none for the first commit of an epoch.
    pub parent: Option<ObjectId>,
    /// On whose behalf.
    pub author: Person,
    /// Whose git made it.
    pub committer: Person,
    /// When, to the second, by the committer's clock.
    pub at: DateTime<Utc>,
    /// Whether it carries a signature (not whether that is good).
    pub signed: bool,
    /// Subject, blank line, body.
    pub message: String,
}

impl Person {
    /// Keeps what git allows in an identity; an empty rest becomes `unknown`.
    pub fn new(name: &str, email: &str) -> Self {
        let clean = |text: &str| {
            let kept: String = text
                .chars()
                .filter(|c| !matches!(c, '<' | '>') && !c.is_control())
                .collect();
            let kept = kept.trim().to_owned();
            if kept.is_empty() {
                "unknown".into()
            } else {
                kept
            }
        };
        Self {
            name: clean(name),
            email: clean(email),
        }
    }

    fn line(&self, at: DateTime<Utc>) -> String {
        format!("{} <{}> {} +0000", self.name, self.email, at.timestamp())
    }
}

impl Commit {
    /// The bytes of an unsigned commit object.
    pub fn to_bytes(&self) -> Vec<u8> {
        let people = [&self.author, &self.committer];
        let parents = self.parent.as_slice();
        bytes(&self.tree, parents, people, self.at, &self.message)
    }

    /// Reads a commit object.
    ///
    /// # Errors
    /// [`Error::Damaged`] when a header is missing or there are several parents: a state has one.
    pub fn parse(id: &ObjectId, data: &[u8]) -> Result<Self> {
        let damaged = |why: &str| Error::damaged(format!("commit {id}"), why);
        let text = std::str::from_utf8(data).map_err(|_| damaged("it is not UTF-8"))?;
        let (header, message) = text
            .split_once("\n\n")
            .ok_or_else(|| damaged("it has no message"))?;
        let mut tree = None;
        let mut parents = Vec::new();
        let mut author = None;
        let mut committer = None;
        let mut signed = false;
        for line in header.split('\n') {
            let Some((word, rest)) = line.split_once(' ') else {
                continue;
            };
            match word {
                "tree" => tree = rest.parse().ok(),
                "parent" => parents.push(rest.parse().map_err(|_| damaged("a parent is no id"))?),
                "author" => author = split_person(rest),
                "committer" => committer = split_person(rest),
                "gpgsig" | "gpgsig-sha256" => signed = true,
                // Continuation lines of a signature start with a blank; others are unknown to us.
                _ => {}
            }
        }
        if parents.len() > 1 {
            return Err(damaged("it is a merge, which no operation writes"));
        }
        let (committer, at) = committer.ok_or_else(|| damaged("it has no committer"))?;
        Ok(Self {
            tree: tree.ok_or_else(|| damaged("it has no tree"))?,
            parent: parents.pop(),
            author: author.ok_or_else(|| damaged("it has no author"))?.0,
            committer,
            at,
            signed,
            message: message.to_owned(),
        })
    }

    /// The first line of the message.
    pub fn subject(&self) -> &str {
        self.message.split('\n').next().unwrap_or_default()
    }

    /// The chain that this first commit of an epoch continues.
    pub fn epoch_link(&self) -> Option<EpochLink> {
        let last = self.message.trim_end().rsplit('\n').next()?;
        let (closed, tip) = last.strip_prefix(EPOCH_TRAILER)?.split_once(' ')?;
        let link = EpochLink {
            closed: closed.parse().ok()?,
            tip: tip.parse().ok()?,
        };
        self.parent.is_none().then_some(link)
    }

    /// What follows the subject and its blank line.
    pub fn body(&self) -> &str {
        self.message.split_once("\n\n").map_or("", |(_, body)| body)
    }
}

/// The bytes of an unsigned commit object; of the people the author is the first.
pub(super) fn bytes(
    tree: &ObjectId,
    parents: &[ObjectId],
    [author, committer]: [&Person; 2],
    at: DateTime<Utc>,
    message: &str,
) -> Vec<u8> {
    let mut out = format!("tree {tree}\n");
    for parent in parents {
        out.push_str(&format!("parent {parent}\n"));
    }
    out.push_str(&format!("author {}\n", author.line(at)));
    out.push_str(&format!("committer {}\n\n", committer.line(at)));
    out.push_str(message);
    out.into_bytes()
}

fn split_person(line: &str) -> Option<(Person, DateTime<Utc>)> {
    let (name, rest) = line.split_once('<')?;
    let (email, when) = rest.rsplit_once('>')?;
    let secs = when.split_whitespace().next()?.parse().ok()?;
    Some((Person::new(name, email), DateTime::from_timestamp(secs, 0)?))
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::{Commit, Person};
    use crate::store::{HashKind, NewObject, ObjectKind};

    #[test]
    fn reads_back_what_it_writes() {
        let id = NewObject::new(HashKind::Sha1, ObjectKind::Tree, Vec::new()).id;
        let commit = Commit {
            tree: id,
            parent: Some(id),
            author: Person::new("a <b>\n", ""),
            committer: Person::new("C D", "c@d"),
            at: DateTime::from_timestamp(1_700_000_000, 0).expect("a valid time"),
            signed: false,
            message: "subject\n\nbody\n\nmore".into(),
        };
        let read = Commit::parse(&id, &commit.to_bytes()).expect("it was just written");
        assert_eq!(read, commit);
        assert_eq!((read.subject(), read.body()), ("subject", "body\n\nmore"));
        assert_eq!(
            read.author,
            Person {
                name: "a b".into(),
                email: "unknown".into()
            }
        );
    }
}

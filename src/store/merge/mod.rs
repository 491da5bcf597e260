//! Merging two commits without a working tree, so that every clone gets the same tree.
//!
//! Git merges (`git merge-tree`, the engine of `git merge`); what is done here is to keep away from
//! it all that differs from clone to clone. It runs in a [`Room`] of its own, with none of the
//! user's config, and takes attributes from the target's tree alone.
//!
//! What cannot come out the same everywhere is refused with the reason ([`Error::Unmergeable`]):
//! a file that both sides changed and that wants a merge driver of somebody's config, histories
//! that have nothing in common, and in a shallow clone a merge base that may be out of sight. A
//! submodule that both sides moved is a conflict: which commit follows which stands in another
//! repository. So is a Git LFS pointer that both changed: no text is in it to be merged.

mod answer;
mod attributes;
mod commit;
mod early;
mod room;
mod scratch;

use std::collections::BTreeSet;
use std::io::Write;

use super::error::{Error, Result};
use super::kept::Kept;
use super::repo::Repo;
use crate::model::object_id::ObjectId;

use answer::Answer;
use attributes::{Attributes, Driver};
pub use commit::MergeCommit;
pub(in crate::store) use room::Room;
pub(in crate::store) use room::shallow_file;

/// How often a merge is tried when the child ends in the middle of it.
const TRIES_MAX: usize = 2;

/// How many questions are asked before the first answer is read. All of them fit into a pipe, so
/// that neither side waits for the other to read.
const AHEAD_MAX: usize = 64;

/// How a merge ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Merged {
    /// Git could merge everything.
    Clean {
        /// The tree, which is written already.
        tree: ObjectId,
    },
    /// A person has to decide.
    Conflict {
        /// Where, sorted; each path that takes part, as both names of a rename. Never empty.
        paths: Vec<Vec<u8>>,
    },
}

/// Merges many pairs of commits with one git process that is kept open.
pub struct Merger<'r> {
    repo: &'r Repo,
    room: Room,
    attributes: Attributes,
    child: Option<Kept>,
    /// Whether the end of the last answer is still to come.
    is_owed: bool,
}

impl Repo {
    /// Begins to merge, with the attributes that a commit (or tree) declares: the target's.
    ///
    /// # Errors
    /// [`Error::Unmergeable`] when this git is too old; when the commit cannot be read.
    pub fn merger(&self, attributes_from: &ObjectId) -> Result<Merger<'_>> {
        let tree = self.tree_of(attributes_from)?;
        let room = Room::furnish(self, &tree)?;
        Ok(self.merger_in(room, tree))
    }

    pub(in crate::store) fn merger_in(&self, room: Room, attributes_from: ObjectId) -> Merger<'_> {
        Merger {
            repo: self,
            room,
            attributes: Attributes::of(attributes_from),
            child: None,
            is_owed: false,
        }
    }
}

impl Merger<'_> {
    /// Merges `theirs` into `ours`, both commits. Commits that were written after the merger was
    /// made are seen. The objects of a clean result are in the repository, and flushed by
    /// [`Repo::harden`] if a ref of this clone is to name them.
    ///
    /// # Errors
    /// [`Error::Unmergeable`] as the module says; git's own words when it fails.
    pub fn merge(&mut self, ours: &ObjectId, theirs: &ObjectId) -> Result<Merged> {
        let merged = self.probe(ours, theirs)?;
        if let Merged::Clean { tree } = &merged {
            self.room.keep(self.repo, tree)?;
        }
        Ok(merged)
    }

    /// The same for who only wants to know: the tree is named, and goes with the merger.
    ///
    /// # Errors
    /// As [`Merger::merge`].
    pub fn probe(&mut self, ours: &ObjectId, theirs: &ObjectId) -> Result<Merged> {
        self.repo.check_in_sight(ours, theirs)?;
        let answer = self.ask(ours, theirs)?;
        self.judge(answer, ours, theirs)
    }

    /// [`Merger::probe`] for many pairs, in their order. Git has the next question at hand when it is
    /// done with one: on a busy machine each wait for a turn costs more than a merge.
    pub fn probe_all(&mut self, pairs: &[[ObjectId; 2]]) -> Vec<Result<Merged>> {
        let mut merged = Vec::with_capacity(pairs.len());
        for some in pairs.chunks(AHEAD_MAX) {
            let mut answers = self.ask_ahead(some).into_iter();
            for [ours, theirs] in some {
                merged.push(match answers.next() {
                    Some(answer) => self.judge(answer, ours, theirs),
                    None => self.probe(ours, theirs),
                });
            }
        }
        merged
    }

    /// As many answers as come; the rest is asked one by one, where it is found out why.
    fn ask_ahead(&mut self, pairs: &[[ObjectId; 2]]) -> Vec<Answer> {
        let mut answers = Vec::new();
        let is_shallow = shallow_file(&self.repo.layout().common_dir).is_some();
        let (Some([first, _]), false) = (pairs.first(), is_shallow) else {
            return answers;
        };
        let child = self.child.take().map(|child| (child, self.is_owed));
        let child = child.map_or_else(|| self.room.open().map(|child| (child, false)), Ok);
        let Ok((mut child, is_owed)) = child else {
            return answers;
        };
        let mut questions = String::new();
        for [ours, theirs] in pairs.iter().chain(std::iter::once(&[*first; 2])) {
            questions.push_str(&format!("{ours} {theirs}\n"));
        }
        let asked = child.stdin.write_all(questions.as_bytes());
        let read = asked.and_then(|()| {
            if is_owed {
                answer::end(&mut child.stdout)?;
            }
            for _ in pairs {
                answers.push(Answer::read(&mut child.stdout)?);
            }
            answer::pass_clean(&mut child.stdout)
        });
        match read {
            Ok(()) => {
                self.child = Some(child);
                self.is_owed = true;
            }
            Err(_) => end(child),
        }
        answers
    }

    /// Ends the idle child, as anybody on the machine may.
    #[cfg(test)]
    pub(in crate::store) fn end_child(&mut self) {
        if let Some(child) = &mut self.child {
            child.child.kill().expect("it is ours");
            child.child.wait().expect("it is ours");
        }
    }

    fn ask(&mut self, ours: &ObjectId, theirs: &ObjectId) -> Result<Answer> {
        let mut tries = 0;
        loop {
            tries += 1;
            let words = match self.ask_once(ours, theirs)? {
                Ok(answer) => return Ok(answer),
                Err(words) => words,
            };
            // The child ends at such a pair, so the question comes after the fact.
            if self.room.are_unrelated(ours, theirs)? {
                return Err(unmergeable(format!(
                    "{} and {} have no commit in common",
                    ours.short(),
                    theirs.short()
                )));
            }
            if tries == TRIES_MAX {
                return Err(Error::Git {
                    command: "merge-tree".into(),
                    why: words,
                });
            }
        }
    }

    /// Asks the child; its last words when it ends instead of answering.
    fn ask_once(
        &mut self,
        ours: &ObjectId,
        theirs: &ObjectId,
    ) -> Result<std::result::Result<Answer, String>> {
        let (mut child, is_owed) = match self.child.take() {
            Some(child) => (child, self.is_owed),
            None => (self.room.open()?, false),
        };
        match exchange(&mut child, is_owed, ours, theirs) {
            Ok(answer) => {
                self.child = Some(child);
                self.is_owed = true;
                Ok(Ok(answer))
            }
            Err(why) => {
                let _ = child.child.kill();
                let (words, _) = child.last_words();
                let words = if words.is_empty() {
                    why.to_string()
                } else {
                    words
                };
                Ok(Err(words))
            }
        }
    }

    /// Git's answer, less what its text merge may not decide.
    fn judge(&mut self, answer: Answer, ours: &ObjectId, theirs: &ObjectId) -> Result<Merged> {
        let mut paths = answer.conflicts(ours, theirs);
        let mut wanting = None;
        for path in &answer.merged_as_text {
            match self.attributes.driver(self.repo, &self.room, path)? {
                Driver::BuiltIn => {}
                Driver::Lfs => drop(paths.insert(path.clone())),
                Driver::Custom(name) => wanting = Some((path.clone(), name)),
            }
        }
        // Where others conflict anyway, what the driver would make of its file changes nothing.
        if let Some((path, name)) = wanting
            && paths.iter().all(|other| *other == path)
        {
            let path = String::from_utf8_lossy(&path).into_owned();
            return Err(unmergeable(format!(
                "both sides changed {path}, whose merge driver `{name}` is a program of somebody's \
                 own config; merge the target into the branch by hand"
            )));
        }
        if paths.is_empty() {
            return Ok(Merged::Clean { tree: answer.tree });
        }
        Ok(Merged::Conflict {
            paths: paths.into_iter().collect(),
        })
    }
}

impl Drop for Merger<'_> {
    fn drop(&mut self) {
        if let Some(child) = self.child.take() {
            end(child);
        }
    }
}

/// Nobody waits for what the child may still be at.
fn end(mut child: Kept) {
    let _ = child.child.kill();
    let _ = child.child.wait();
}

/// One question and its answer.
///
/// Before 2.49 git keeps the last byte of an answer back until it has more to say. So each question
/// is followed by another one whose answer is short and known in its form: a commit merged with
/// itself. The last byte of that one is still owed when this returns.
fn exchange(
    child: &mut Kept,
    is_owed: bool,
    ours: &ObjectId,
    theirs: &ObjectId,
) -> std::io::Result<Answer> {
    write!(child.stdin, "{ours} {theirs}\n{ours} {ours}\n")?;
    child.stdin.flush()?;
    if is_owed {
        answer::end(&mut child.stdout)?;
    }
    let answer = Answer::read(&mut child.stdout)?;
    answer::pass_clean(&mut child.stdout)?;
    Ok(answer)
}

fn unmergeable(why: String) -> Error {
    Error::Unmergeable {
        why: crate::model::text::shown(&why),
    }
}

/// Sorted, and each once.
type Paths = BTreeSet<Vec<u8>>;

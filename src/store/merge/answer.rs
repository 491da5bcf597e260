//! What `git merge-tree --write-tree --stdin --messages` prints for one merge: words that end with
//! a zero byte.
//!
//! `<0 or 1> <tree>`, then `<mode> <id> <stage> TAB <path>` for what stays in conflict, an empty
//! word, the messages as `<count> <path>… <type> <text>`, and another empty word. The types are
//! fixed words of git's interface, the texts are not.

use std::io::{BufRead, Error, Result};

use super::Paths;
use crate::model::object_id::ObjectId;

/// Most bytes of one word. A path has at most some thousands, a message names a few of them.
const WORD_BYTES_MAX: u64 = 1024 * 1024;
/// The type of the message about a file that both sides changed, whatever came of it.
const MERGED_AS_TEXT: &[u8] = b"Auto-merging";
/// Begins the type of each message about a conflict.
const CONFLICT: &[u8] = b"CONFLICT";

/// One merge, as git sees it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) is_clean: bool,
    pub(super) tree: ObjectId,
    /// Paths whose contents were merged, well or not.
    pub(super) merged_as_text: Paths,
    in_conflict: Paths,
}

impl Answer {
    /// Reads one answer to its end.
    pub(super) fn read(from: &mut impl BufRead) -> Result<Self> {
        let (is_clean, tree) = head(from)?;
        let mut in_conflict = Paths::new();
        loop {
            let entry = word(from)?;
            if entry.is_empty() {
                break;
            }
            let tab = entry.iter().position(|byte| *byte == b'\t');
            let tab = tab.ok_or_else(|| odd(&entry))?;
            in_conflict.insert(entry[tab + 1..].to_vec());
        }
        let mut merged_as_text = Paths::new();
        loop {
            let count = word(from)?;
            if count.is_empty() {
                break;
            }
            let number = std::str::from_utf8(&count).ok();
            let number: usize = match number.and_then(|number| number.parse().ok()) {
                Some(number) => number,
                // Advice about submodules, which older gits (2.39) print before the end of the answer.
                None if !is_clean && count.contains(&b'\n') => break,
                None => return Err(odd(&count)),
            };
            let mut paths = Paths::new();
            for _ in 0..number {
                paths.insert(word(from)?);
            }
            let (kind, _) = (word(from)?, word(from)?);
            if kind == MERGED_AS_TEXT {
                merged_as_text.append(&mut paths);
            } else if kind.starts_with(CONFLICT) && !is_clean {
                in_conflict.append(&mut paths);
            }
        }
        Ok(Self {
            is_clean,
            tree,
            merged_as_text,
            in_conflict,
        })
    }

    /// The paths in conflict, under names that the commits know: where a file and a directory
    /// want one name, git writes the file as `<path>~<commit>`.
    pub(super) fn conflicts(&self, ours: &ObjectId, theirs: &ObjectId) -> Paths {
        let marks = [ours, theirs].map(|side| format!("~{side}"));
        let plain = |path: &Vec<u8>| -> Vec<u8> {
            let digits = path.iter().rev().take_while(|byte| byte.is_ascii_digit());
            let tail = path.len() - digits.count();
            // A further file of that name has a number behind it.
            let numbered = path[..tail].strip_suffix(b"_");
            let ends = [Some(path.as_slice()), numbered];
            let found = ends.into_iter().flatten().find_map(|path| {
                let mut marks = marks.iter();
                marks.find_map(|mark| path.strip_suffix(mark.as_bytes()))
            });
            found.unwrap_or(path).to_vec()
        };
        self.in_conflict.iter().map(plain).collect()
    }
}

/// Reads the end of an answer.
pub(super) fn end(from: &mut impl BufRead) -> Result<()> {
    match word(from)? {
        word if word.is_empty() => Ok(()),
        word => Err(odd(&word)),
    }
}

/// Reads the answer to a merge that is clean and about which nothing is to be said, all but its
/// end.
pub(super) fn pass_clean(from: &mut impl BufRead) -> Result<()> {
    head(from)?;
    end(from)
}

fn head(from: &mut impl BufRead) -> Result<(bool, ObjectId)> {
    let status = word(from)?;
    let is_clean = match status.as_slice() {
        b"0" => false,
        b"1" => true,
        _ => return Err(odd(&status)),
    };
    let tree = word(from)?;
    let id = std::str::from_utf8(&tree).ok();
    let id = id.and_then(|id| id.parse().ok());
    Ok((is_clean, id.ok_or_else(|| odd(&tree))?))
}

fn word(from: &mut impl BufRead) -> Result<Vec<u8>> {
    let mut word = Vec::new();
    std::io::Read::take(from, WORD_BYTES_MAX).read_until(0, &mut word)?;
    match word.pop() {
        Some(0) => Ok(word),
        _ => Err(Error::other("its answer is cut short")),
    }
}

fn odd(word: &[u8]) -> Error {
    Error::other(format!("it answered `{}`", word.escape_ascii()))
}

#[cfg(test)]
mod tests {
    use super::{Answer, Paths};
    use crate::model::object_id::ObjectId;

    const TREE: &str = "b059ed87dd567ccc5aacc99a057f39375ea72102";

    fn id(digit: char) -> ObjectId {
        let text: String = std::iter::repeat_n(digit, 40).collect();
        text.parse().expect("an id")
    }

    fn paths(names: &[&str]) -> Paths {
        names.iter().map(|name| name.as_bytes().to_vec()).collect()
    }

    #[test]
    fn a_conflict_with_messages() {
        let text = format!(
            "0|{TREE}|100644 {TREE} 1\tx|100644 {TREE} 2\tx|100644 {TREE} 2\ta b~{}||\
             1|f|Auto-merging|Auto-merging f\n|2|x|y|CONFLICT (rename/rename)|words\n||rest",
            id('1')
        );
        let bytes = text.replace('|', "\0").into_bytes();
        let mut reader = bytes.as_slice();
        let answer = Answer::read(&mut reader).expect("it is whole");
        assert!(!answer.is_clean);
        assert_eq!(answer.tree.to_string(), TREE);
        assert_eq!(answer.merged_as_text, paths(&["f"]));
        let found = answer.conflicts(&id('1'), &id('2'));
        assert_eq!(found, paths(&["a b", "x", "y"]));
        assert_eq!(reader, b"rest");
    }

    #[test]
    fn names_that_git_made_up_are_traced_back() {
        let (ours, theirs) = (id('1'), id('2'));
        let answer = Answer {
            is_clean: false,
            tree: ours,
            merged_as_text: Paths::new(),
            in_conflict: [
                format!("a~{ours}"),
                format!("b~{theirs}_0"),
                format!("c~{theirs}_"),
                "d~1_2".into(),
                "e_3".into(),
            ]
            .map(String::into_bytes)
            .into(),
        };
        let c = format!("c~{theirs}_");
        let expected = paths(&["a", "b", "d~1_2", "e_3"]);
        let mut found = answer.conflicts(&ours, &theirs);
        assert!(found.remove("c".as_bytes()) || found.remove(c.as_bytes()));
        assert_eq!(found, expected);
    }

    #[test]
    fn what_is_cut_short_or_strange_is_no_answer() {
        for text in [
            "",
            "1",
            "1|",
            "2|T||",
            "1|tree||",
            "1|T",
            "1|T|",
            "1|T||",
            "0|T|x||",
            "1|T||x|",
            "1|T||2|a|",
        ] {
            let bytes = text.replace('|', "\0").replace('T', TREE);
            let read = Answer::read(&mut bytes.as_bytes());
            assert!(read.is_err(), "{text}: {read:?}");
        }
    }
}

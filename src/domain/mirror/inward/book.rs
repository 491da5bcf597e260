//! What was answered on a page: some lines for people, and which deeds are over.
//!
//! It is kept in the mirror's one comment, where it is needed, behind what people see. What is decided
//! stands in the state, with its answer; so a book that is lost is written again from there, and one
//! that somebody has changed grants nothing.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::model::id::OpId;

/// How the book begins in the text of a comment.
const BEGIN: &str = "<!-- git-coord:answers ";
/// How it ends.
const END: &str = " -->";
/// Most answers that are shown; the newest.
const LINES_MAX: usize = 8;
/// Most deeds that are named; older ones are all over.
const DONE_MAX: usize = 200;
/// Most characters of an answer.
const SAID_CHARS_MAX: usize = 400;

/// The answers of one page.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Book {
    /// This one and all before it are over.
    #[serde(skip_serializing_if = "Option::is_none")]
    over: Option<OpId>,
    /// Those after it that are over.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    done: BTreeSet<OpId>,
    /// What is shown, oldest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    lines: Vec<Line>,
}

/// The answer to one thing that somebody asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// Which.
    pub id: OpId,
    /// Who asked.
    pub by: String,
    /// What that person did.
    pub asked: String,
    /// How it ended.
    pub is: Verdict,
    /// The answer, cleaned.
    pub said: String,
}

/// How something ended that somebody asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// It was done.
    Granted,
    /// It was not.
    Refused,
    /// It was a question.
    Told,
}

impl Book {
    /// Whether a text has a book in it.
    pub fn is_in(text: &str) -> bool {
        text.contains(BEGIN)
    }

    /// The book in the text of a comment. One that cannot be read is empty.
    pub fn read(text: &str) -> Self {
        let book = text.split_once(BEGIN).and_then(|(_, rest)| {
            let (json, _) = rest.split_once(END)?;
            serde_json::from_str::<Self>(json).ok()
        });
        let mut book = book.unwrap_or_default();
        book.cut();
        book
    }

    /// The book as it stands in the text of a comment, where nobody sees it.
    pub fn hidden(&self) -> String {
        let json = serde_json::to_string(self).unwrap_or_else(|_| "{}".into());
        // Nothing within ends the part that is hidden, or begins another.
        let json = json.replace('<', "\\u003c").replace('>', "\\u003e");
        format!("{BEGIN}{json}{END}")
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// What is shown, oldest first.
    pub fn lines(&self) -> &[Line] {
        &self.lines
    }

    /// Whether this is over.
    pub fn has(&self, id: OpId) -> bool {
        self.over.is_some_and(|over| id <= over) || self.done.contains(&id)
    }

    /// Notes that this is over although there is nothing to say about it.
    pub fn pass(&mut self, id: OpId) {
        if !self.has(id) {
            self.done.insert(id);
            self.cut();
        }
    }

    /// Adds an answer.
    pub fn add(&mut self, mut line: Line) {
        if self.has(line.id) {
            return;
        }
        for text in [&mut line.by, &mut line.asked, &mut line.said] {
            *text = text.chars().take(SAID_CHARS_MAX).collect();
        }
        self.done.insert(line.id);
        self.lines.push(line);
        self.lines.sort_by_key(|line| line.id);
        self.cut();
    }

    fn cut(&mut self) {
        let surplus = self.lines.len().saturating_sub(LINES_MAX);
        self.lines.drain(..surplus);
        while self.done.len() > DONE_MAX {
            self.over = self.over.max(self.done.pop_first());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Book, DONE_MAX, LINES_MAX, Line, Verdict};
    use crate::model::id::OpId;

    fn id(number: u128) -> OpId {
        OpId::new(ulid::Ulid((7 << 100) + number))
    }

    fn line(number: u128, said: &str) -> Line {
        Line {
            id: id(number),
            by: "ada".into(),
            asked: "/coord queue".into(),
            is: Verdict::Granted,
            said: said.into(),
        }
    }

    #[test]
    fn it_is_read_back_from_the_comment_that_it_stands_in() {
        let mut book = Book::default();
        assert!(book.is_empty() && !Book::is_in("text"));
        book.add(line(2, "two --> <!-- x"));
        book.add(line(1, "one"));
        book.pass(id(3));
        let text = format!("# Title\n{}\nmore --> text", book.hidden());
        assert!(Book::is_in(&text));
        assert_eq!(Book::read(&text), book);
        assert_eq!(book.hidden().matches("-->").count(), 1, "{}", book.hidden());
        let shown: Vec<&str> = book.lines().iter().map(|line| line.said.as_str()).collect();
        assert_eq!(shown, ["one", "two --> <!-- x"]);
        for broken in [
            "",
            "x",
            "<!-- git-coord:answers {",
            "<!-- git-coord:answers {] -->",
        ] {
            assert!(Book::read(broken).is_empty());
        }
    }

    #[test]
    fn it_is_bounded_and_forgets_nothing_that_is_over() {
        let mut book = Book::default();
        let many = DONE_MAX as u128 + 100;
        for number in 0..many {
            book.add(line(number, &"long ".repeat(1000)));
            book.add(line(number, "again"));
        }
        assert!((0..many).all(|number| book.has(id(number))));
        assert!(!book.has(id(many)));
        assert_eq!((book.lines().len(), book.done.len()), (LINES_MAX, DONE_MAX));
        assert!(book.hidden().len() < 20_000, "{}", book.hidden().len());
        assert_eq!(Book::read(&book.hidden()), book);
    }
}

//! Where members of an object and elements of a list stand in the text, and how one comes or goes.

use jsonc_parser::ast::Value as Node;
use jsonc_parser::common::Ranged;
use jsonc_parser::tokens::{Token, TokenAndRange};

/// A piece of the text, and what comes in its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Splice {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) text: String,
}

/// An object or a list.
#[derive(Debug)]
pub(super) struct Site {
    /// After its first bracket.
    open: usize,
    /// Before its last one.
    close: usize,
    /// What is in it, from where to where.
    items: Vec<(usize, usize)>,
    /// Its own commas and comments.
    marks: Vec<Mark>,
}

#[derive(Clone, Copy, Debug)]
struct Mark {
    start: usize,
    end: usize,
    kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Comma,
    LineComment,
    BlockComment,
}

impl Splice {
    pub(super) fn new(start: usize, end: usize, text: impl Into<String>) -> Self {
        Self {
            start,
            end,
            text: text.into(),
        }
    }
}

impl Site {
    pub(super) fn of(container: &Node<'_>, tokens: &[TokenAndRange<'_>]) -> Option<Self> {
        let range = container.range();
        let items: Vec<(usize, usize)> = match container {
            Node::Object(object) => ranges(&object.properties),
            Node::Array(array) => ranges(&array.elements),
            _ => return None,
        };
        let (open, close) = (range.start + 1, range.end - 1);
        let is_inside = |at: usize| {
            items
                .iter()
                .any(|(start, end)| (*start..*end).contains(&at))
        };
        let own = tokens
            .iter()
            .filter(|token| (open..close).contains(&token.range.start))
            .filter(|token| !is_inside(token.range.start));
        let marks = own.filter_map(|token| {
            let kind = match token.token {
                Token::Comma => Kind::Comma,
                Token::CommentLine(_) => Kind::LineComment,
                Token::CommentBlock(_) => Kind::BlockComment,
                _ => return None,
            };
            Some(Mark {
                start: token.range.start,
                end: token.range.end,
                kind,
            })
        });
        Some(Self {
            open,
            close,
            marks: marks.collect(),
            items,
        })
    }

    /// With one more item at the end, which `write` makes for an indentation, or for a place within
    /// a line.
    pub(super) fn with(
        &self,
        text: &str,
        unit: &str,
        newline: &str,
        write: impl FnOnce(Option<&str>) -> String,
    ) -> Vec<Splice> {
        let Some(&(start, end)) = self.items.last() else {
            return self.with_first(text, unit, newline, write);
        };
        let comma = self.mark_between(end, self.close, Kind::Comma);
        let mut splices = Vec::new();
        if comma.is_none() {
            splices.push(Splice::new(end, end, ","));
        }
        let own_comma = if comma.is_some() { "," } else { "" };
        let after = comma.map_or(end, |comma| comma.end);
        let indent = indent_of_line(text, start);
        let line_starts = start_of_line(text, start);
        if line_starts >= self.open && line_starts + indent.len() == start {
            // Comments behind the last item say something about it.
            let line_ends = text[after..]
                .find(['\r', '\n'])
                .map_or(text.len(), |at| after + at);
            let comments = self.marks.iter().filter(|mark| mark.kind != Kind::Comma);
            let behind = comments.filter(|mark| (after..line_ends).contains(&mark.start));
            let at = behind.map(|mark| mark.end).max().unwrap_or(after);
            let item = format!("{newline}{indent}{}{own_comma}", write(Some(indent)));
            splices.push(Splice::new(at, at, item));
        } else {
            let item = format!(" {}{own_comma}", write(None));
            splices.push(Splice::new(after, after, item));
        }
        joined(splices)
    }

    fn with_first(
        &self,
        text: &str,
        unit: &str,
        newline: &str,
        write: impl FnOnce(Option<&str>) -> String,
    ) -> Vec<Splice> {
        let outer = indent_of_line(text, self.open - 1);
        let indent = format!("{outer}{unit}");
        let item = format!("{newline}{indent}{}", write(Some(&indent)));
        match self.marks.last() {
            None => vec![Splice::new(
                self.open,
                self.close,
                format!("{item}{newline}{outer}"),
            )],
            // Below the comments that are there; what closes the line stays where it is.
            Some(last) => vec![Splice::new(last.end, last.end, item)],
        }
    }

    /// Without one of its items.
    pub(super) fn without(&self, index: usize, text: &str) -> Option<Vec<Splice>> {
        let &(start, end) = self.items.get(index)?;
        let next = self.items.get(index + 1).map_or(self.close, |next| next.0);
        let comma_after = self.mark_between(end, next, Kind::Comma);
        let before = index.checked_sub(1).map(|index| self.items[index].1);
        let comma_before = before.and_then(|before| self.mark_between(before, start, Kind::Comma));
        let from = text[..start].trim_end().len().max(self.open);
        let to = comma_after.map_or(end, |comma| comma.end);
        if self.items.len() == 1 && self.marks.iter().all(|mark| mark.kind == Kind::Comma) {
            return Some(vec![Splice::new(self.open, self.close, "")]);
        }
        let rest = text[to..].trim_start_matches([' ', '\t']);
        let hides_rest = self
            .marks
            .iter()
            .any(|mark| mark.kind == Kind::LineComment && mark.end == from);
        // What follows on the line must not become part of a comment.
        let kept = if hides_rest && !rest.starts_with(['\r', '\n']) {
            super::newline_of(text)
        } else {
            ""
        };
        let mut splices = vec![Splice::new(from, to, kept)];
        if comma_after.is_none()
            && let Some(comma) = comma_before
        {
            splices.push(Splice::new(comma.start, comma.end, ""));
        }
        Some(joined(splices))
    }

    fn mark_between(&self, start: usize, end: usize, kind: Kind) -> Option<Mark> {
        let mut marks = self.marks.iter();
        let found = marks.find(|mark| mark.kind == kind && (start..end).contains(&mark.start));
        found.copied()
    }
}

/// The blanks that the line of this place begins with.
pub(super) fn indent_of_line(text: &str, at: usize) -> &str {
    let line = &text[start_of_line(text, at)..];
    &line[..line.len() - line.trim_start_matches([' ', '\t']).len()]
}

pub(super) fn start_of_line(text: &str, at: usize) -> usize {
    text[..at].rfind('\n').map_or(0, |newline| newline + 1)
}

/// Two splices that meet are one, so that their order does not matter.
fn joined(mut splices: Vec<Splice>) -> Vec<Splice> {
    splices.sort_by_key(|splice| splice.start);
    let mut all: Vec<Splice> = Vec::new();
    for splice in splices {
        match all.last_mut() {
            Some(last) if last.end >= splice.start => {
                last.end = last.end.max(splice.end);
                last.text.push_str(&splice.text);
            }
            _ => all.push(splice),
        }
    }
    all
}

fn ranges(all: &[impl Ranged]) -> Vec<(usize, usize)> {
    all.iter().map(|one| (one.start(), one.end())).collect()
}

//! Tasks as a Markdown check list.
//!
//! `- [ ] !1 Parse the config #core @alice (after: Read the file)`: what stands before and after the
//! title says the rest. An item below another is a part of it, indented text is its body, and what
//! is checked off is left out. Everything that is in no item is passed over.

use super::fields::time;
use super::{Draft, Drafts, Parent, Reading, Wrong, titled, word};
use crate::model::id::AgentName;
use crate::model::limits::LIST_MAX;
use crate::model::task::New;

/// An item of the list around the line that is read.
struct Around {
    indent: usize,
    /// The draft that it became, or that it was a part of when it is left out.
    draft: Option<usize>,
    /// Whether its text counts.
    is_open: bool,
}

/// Reads the items.
pub(super) fn read(text: &str, how: &Reading<'_>) -> Result<Drafts, Wrong> {
    let mut drafts = Drafts {
        by_title: true,
        ..Drafts::default()
    };
    let mut around: Vec<Around> = Vec::new();
    let mut bodies: Vec<String> = Vec::new();
    let mut fence: Option<&str> = None;
    for (number, line) in text.lines().enumerate() {
        let line = line.replace('\t', "    ");
        let trimmed = line.trim_start();
        let indent = line.len() - trimmed.len();
        let mark = ["```", "~~~"]
            .into_iter()
            .find(|mark| trimmed.starts_with(mark));
        let was_fenced = fence.is_some();
        match (fence, mark) {
            (None, Some(mark)) => fence = Some(mark),
            (Some(open), Some(mark)) if open == mark => fence = None,
            _ => {}
        }
        let item = (!was_fenced && mark.is_none())
            .then(|| item(trimmed))
            .flatten();
        let Some((is_over, title)) = item else {
            add_to_body(&mut around, &mut bodies, &line, indent, was_fenced);
            continue;
        };
        while around.last().is_some_and(|above| above.indent >= indent) {
            around.pop();
        }
        let parent = around.last().and_then(|above| above.draft);
        if is_over {
            drafts.skipped += 1;
            let (name, new) = marked(number + 1, title, how)?;
            drafts.over.extend(name);
            drafts.over.push(new.0.title.as_str().to_owned());
            around.push(Around {
                indent,
                draft: parent,
                is_open: false,
            });
            continue;
        }
        let (name, (new, after)) = marked(number + 1, title, how)?;
        around.push(Around {
            indent,
            draft: Some(drafts.all.len()),
            is_open: true,
        });
        bodies.push(String::new());
        drafts.push(Draft {
            line: number + 1,
            name,
            new,
            parent: parent.map(Parent::Nested),
            after,
            before: Vec::new(),
            reviews: None,
        })?;
    }
    if drafts.all.is_empty() && drafts.skipped == 0 {
        let what = "there is no item of a check list, such as `- [ ] title`, in this text";
        return Err(Wrong::at(1, what));
    }
    for (draft, body) in drafts.all.iter_mut().zip(bodies) {
        let body = body.trim_matches('\n');
        if !body.trim().is_empty() {
            let wrong = |why| Wrong::at(draft.line, format!("the text below it: {why}"));
            draft.new.body = Some(body.parse().map_err(wrong)?);
        }
    }
    Ok(drafts)
}

/// Text below an item belongs to it; text beside it ends the list.
fn add_to_body(
    around: &mut Vec<Around>,
    bodies: &mut [String],
    line: &str,
    indent: usize,
    is_fenced: bool,
) {
    let is_blank = line.trim().is_empty();
    if !is_blank && !is_fenced {
        while around.last().is_some_and(|above| above.indent >= indent) {
            around.pop();
        }
    }
    let Some(above) = around.last().filter(|above| above.is_open) else {
        return;
    };
    if let Some(body) = above.draft.and_then(|at| bodies.get_mut(at)) {
        let start = line.len() - line.trim_start().len();
        let start = start.min(above.indent + 2);
        body.push_str(line[start..].trim_end());
        body.push('\n');
    }
}

/// Whether a line is an item of a check list, whether it is checked off, and its text.
fn item(line: &str) -> Option<(bool, &str)> {
    let digits = line.bytes().take_while(u8::is_ascii_digit).count();
    let rest = match digits {
        0 => line.strip_prefix(['-', '*', '+'])?,
        _ => line[digits..].strip_prefix(['.', ')'])?,
    };
    let boxed = rest.strip_prefix(' ')?.trim_start().strip_prefix('[')?;
    let (mark, text) = boxed.split_once(']')?;
    let is_over = match mark {
        " " | "" | "/" => false,
        "x" | "X" | "-" => true,
        _ => return None,
    };
    let is_text = text.is_empty() || text.starts_with(' ');
    is_text.then_some((is_over, text.trim()))
}

/// An item's own name, and its task with what it waits for.
type Marked = (Option<String>, (New, Vec<String>));

fn marked(line: usize, text: &str, how: &Reading<'_>) -> Result<Marked, Wrong> {
    let wrong = |why: String| Wrong::at(line, why);
    let mut marks = Vec::new();
    let mut rest = text;
    loop {
        rest = rest.trim_end();
        if let Some((before, groups)) = last_groups(rest) {
            marks.extend(groups.into_iter().map(Mark::Group));
            rest = before;
            continue;
        }
        let start = rest.rfind(char::is_whitespace).map_or(0, |at| at + 1);
        // `rfind` names the first byte of a blank, which may have several.
        let Some(last) = rest.get(start..) else { break };
        match Mark::of(last) {
            Some(mark) if start > 0 => {
                marks.push(mark);
                rest = &rest[..start];
            }
            _ => break,
        }
    }
    loop {
        let (first, others) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
        match Mark::of(first) {
            Some(mark) if !others.trim().is_empty() => {
                marks.push(mark);
                rest = others.trim_start();
            }
            _ => break,
        }
    }
    let mut new = titled(rest).map_err(wrong)?;
    let (mut name, mut after) = (None, Vec::new());
    for mark in marks {
        match mark {
            Mark::Label(label) => {
                new.labels.insert(word(label).map_err(wrong)?);
            }
            Mark::Priority(priority) => new.priority = priority.parse().map_err(wrong)?,
            Mark::Agent(agent) => new.assignee = Some(agent),
            Mark::Group((what, value)) => match what {
                Group::Id => name = Some(value.to_owned()),
                Group::After => after.extend(parts(value).map(str::to_owned)),
                Group::Keys => {
                    for key in parts(value) {
                        new.keys.push((how.key)(key).map_err(wrong)?);
                    }
                }
                Group::Due => new.deadline = Some(time(value).map_err(wrong)?),
                Group::Sort => new.sort = Some(word(value).map_err(wrong)?),
                Group::Needs => {
                    for need in parts(value) {
                        new.requires.capabilities.insert(word(need).map_err(wrong)?);
                    }
                }
            },
        }
    }
    if after.len().max(new.keys.len()) > LIST_MAX {
        return Err(wrong(format!("more than {LIST_MAX} are in one list")));
    }
    Ok((name, (new, after)))
}

/// What stands beside a title.
enum Mark<'t> {
    Label(&'t str),
    Priority(&'t str),
    Agent(AgentName),
    Group((Group, &'t str)),
}

/// What stands in brackets.
#[derive(Clone, Copy)]
enum Group {
    Id,
    After,
    Keys,
    Due,
    Sort,
    Needs,
}

impl<'t> Mark<'t> {
    fn of(token: &'t str) -> Option<Self> {
        let rest = token.get(1..).unwrap_or_default();
        let is_digit = matches!(rest, "0" | "1" | "2" | "3" | "4");
        match token.chars().next()? {
            // `#12` is somebody's number of an issue and belongs to the title.
            '#' if rest.chars().next().is_some_and(char::is_alphabetic) => Some(Self::Label(rest)),
            '!' | 'p' | 'P' if is_digit => Some(Self::Priority(rest)),
            '@' => rest.parse().ok().map(Self::Agent),
            _ => None,
        }
    }
}

/// `(after: x, y)` at the end of a text; `(id: z, after: x, y)` says two things.
fn last_groups(text: &str) -> Option<(&str, Vec<(Group, &str)>)> {
    let (before, inside) = text.strip_suffix(')')?.rsplit_once('(')?;
    let mut groups = vec![group(inside)?];
    // What follows a comma and begins like a group is one, and was not meant as a part of the last.
    for (comma, _) in inside.match_indices(',') {
        let (_, last) = groups.last_mut()?;
        let rest = &inside[comma + 1..];
        if let Some(next) = group(rest) {
            *last = last
                .strip_suffix(rest.trim_end())?
                .trim_end()
                .strip_suffix(',')?;
            *last = last.trim_end();
            groups.push(next);
        }
    }
    Some((before, groups))
}

/// `after: x, y`, up to the end of a text.
fn group(text: &str) -> Option<(Group, &str)> {
    let (word, value) = text.split_once(':')?;
    let group = match word.trim().to_lowercase().as_str() {
        "id" => Group::Id,
        "after" | "depends" | "depends on" | "blocked by" => Group::After,
        "key" | "keys" | "files" => Group::Keys,
        "due" | "deadline" => Group::Due,
        "sort" | "kind" | "type" => Group::Sort,
        "needs" | "requires" => Group::Needs,
        _ => return None,
    };
    Some((group, value.trim()))
}

fn parts(text: &str) -> impl Iterator<Item = &str> {
    text.split(',')
        .map(str::trim)
        .filter(|part| !part.is_empty())
}

//! A handoff as Markdown, and back: for an editor, for a file, and for the note on its commit.

use crate::model::id::Id;
use crate::model::key::Key;
use crate::model::text::{Long, Text, shown};

use super::{Content, Decision, FileNote, HandoffRecord};

/// What an editor begins with. Comments are left out when it is read.
pub const TEMPLATE: &str = "\
<!-- What is this about, and how does it stand? The summary is all that is needed; empty sections
     and comments like this one are left out. -->


## Done

-

## In progress

-

## Decisions

<!-- - Keep the index in memory
       - why: it is rebuilt in 20 ms
       - instead of: a file beside the repository -->
-

## Open questions

-

## Next steps

-

## Files

<!-- - src/parser.rs: the new rules, still without tests -->
-

## About

<!-- branch and commit are those that are checked out, unless given here -->
- task:
- feature:
- branch:
- commit:
- to:
";

/// A part of the text.
#[derive(Clone, Copy, PartialEq)]
enum Section {
    Done,
    InProgress,
    Decisions,
    OpenQuestions,
    NextSteps,
    Files,
    About,
}

const SECTIONS: [(Section, &str); 7] = [
    (Section::Done, "Done"),
    (Section::InProgress, "In progress"),
    (Section::Decisions, "Decisions"),
    (Section::OpenQuestions, "Open questions"),
    (Section::NextSteps, "Next steps"),
    (Section::Files, "Files"),
    (Section::About, "About"),
];

/// An item of a list, with those below it.
#[derive(Default)]
struct Item {
    text: String,
    below: Vec<String>,
}

/// A handoff as Markdown, safe for a terminal: git shows a note as it is.
pub fn render(handoff: &HandoffRecord) -> String {
    let Content {
        summary,
        done,
        in_progress,
        decisions,
        open_questions,
        next_steps,
        files,
        task,
        feature,
        branch,
        commit,
        to,
    } = &handoff.content;
    let mut text = format!(
        "# Handoff {} from {} at {}\n\n{}\n",
        handoff.id,
        handoff.from,
        handoff.written_at,
        clean(summary.as_str(), "")
    );
    let mut section = |title: &str, lines: Vec<String>| {
        if !lines.is_empty() {
            text.push_str(&format!("\n## {title}\n\n{}", lines.concat()));
        }
    };
    let item = |text: &Text| format!("- {}\n", clean(text.as_str(), "  "));
    let items = |list: &[Text]| list.iter().map(item).collect::<Vec<_>>();
    section("Done", items(done));
    section("In progress", items(in_progress));
    let decision = |one: &Decision| {
        let why = one.why.iter().map(|why| ("why", why));
        let others = one.alternatives.iter().map(|other| ("instead of", other));
        let below = why.chain(others).map(|(word, text)| {
            let text = clean(text.as_str(), "    ");
            format!("  - {word}: {text}\n")
        });
        item(&one.title) + &below.collect::<String>()
    };
    section("Decisions", decisions.iter().map(decision).collect());
    section("Open questions", items(open_questions));
    section("Next steps", items(next_steps));
    let file = |file: &FileNote| {
        let path = shown(&file.path.to_string());
        match &file.note {
            Some(note) => format!("- {path}: {}\n", clean(note.as_str(), "  ")),
            None => format!("- {path}\n"),
        }
    };
    section("Files", files.iter().map(file).collect());
    let about = [
        ("task", task.as_ref().map(Id::to_string)),
        ("feature", feature.as_ref().map(|word| shown(word.as_str()))),
        ("branch", branch.as_ref().map(|name| shown(name.as_str()))),
        ("commit", commit.map(|id| id.to_string())),
        ("to", to.as_ref().map(ToString::to_string)),
    ];
    let about = about
        .into_iter()
        .filter_map(|(word, value)| Some(format!("- {word}: {}\n", value?)));
    section("About", about.collect());
    text
}

/// Several lines, each safe for a terminal, those after the first behind an indent.
fn clean(text: &str, indent: &str) -> String {
    let lines: Vec<String> = text.lines().map(shown).collect();
    lines.join(&format!("\n{indent}"))
}

/// Reads what an editor or a file has. `resolve` turns a path as it was typed into a key.
///
/// # Errors
/// What is wrong, with the section that it is in.
pub fn parse(
    text: &str,
    resolve: &mut dyn FnMut(&str) -> Result<Key, String>,
) -> Result<Content, String> {
    let text = without_comments(text);
    let mut summary = String::new();
    let mut lists: Vec<(Section, Vec<Item>)> = Vec::new();
    for line in text.lines() {
        if let Some(title) = line.strip_prefix("## ") {
            lists.push((section_of(title.trim())?, Vec::new()));
            continue;
        }
        match lists.last_mut() {
            // The title of the whole is not needed.
            None if line.starts_with("# ") => {}
            None => summary.push_str(&format!("{line}\n")),
            Some((_, items)) => add_line(items, line)?,
        }
    }
    let summary: Long =
        summary.trim().to_owned().try_into().map_err(|why| {
            format!("the summary, which is the text before the first section: {why}")
        })?;
    let mut content = Content::of(summary);
    for (section, items) in lists {
        let name = SECTIONS.iter().find(|(one, _)| *one == section);
        let name = name.map_or("", |(_, name)| *name);
        let wrong = |why: String| format!("section `{name}`: {why}");
        for item in items
            .into_iter()
            .filter(|item| !item.text.trim().is_empty())
        {
            take(&mut content, section, item, resolve).map_err(wrong)?;
        }
    }
    Ok(content)
}

fn section_of(title: &str) -> Result<Section, String> {
    let found = SECTIONS
        .iter()
        .find(|(_, name)| name.eq_ignore_ascii_case(title));
    found.map(|(section, _)| *section).ok_or_else(|| {
        let known: Vec<_> = SECTIONS.iter().map(|(_, name)| *name).collect();
        let title = shown(title);
        format!(
            "there is no section `{title}`; there are {}",
            known.join(", ")
        )
    })
}

/// Adds a line to the items of a list: a new item, one below the last, or more of it.
fn add_line(items: &mut Vec<Item>, line: &str) -> Result<(), String> {
    let is_below = line.starts_with([' ', '\t']);
    let trimmed = line.trim();
    let entry = match trimmed.strip_prefix(['-', '*']) {
        Some("") => Some(""),
        Some(rest) => rest.strip_prefix(' ').map(str::trim),
        None => None,
    };
    match (entry, is_below, items.last_mut()) {
        _ if trimmed.is_empty() => {}
        (Some(text), false, _) => items.push(Item {
            text: text.to_owned(),
            below: Vec::new(),
        }),
        (Some(text), true, Some(item)) => item.below.push(text.to_owned()),
        (None, true, Some(item)) => {
            let last = item.below.last_mut().unwrap_or(&mut item.text);
            last.push('\n');
            last.push_str(trimmed);
        }
        (_, _, _) => {
            return Err(format!(
                "`{}` is no item: begin it with `- `",
                shown(trimmed)
            ));
        }
    }
    Ok(())
}

/// Takes one item into its list.
fn take(
    content: &mut Content,
    section: Section,
    item: Item,
    resolve: &mut dyn FnMut(&str) -> Result<Key, String>,
) -> Result<(), String> {
    let text = |text: String| Text::try_from(text).map_err(|why| why.to_string());
    match section {
        // Lists that have no items below them keep such items as lines.
        Section::Done => content.done.push(text(whole(item))?),
        Section::InProgress => content.in_progress.push(text(whole(item))?),
        Section::OpenQuestions => content.open_questions.push(text(whole(item))?),
        Section::NextSteps => content.next_steps.push(text(whole(item))?),
        Section::Decisions => content.decisions.push(decision(item)?),
        Section::Files => content.files.push(file(&whole(item), resolve)?),
        Section::About => about(content, &whole(item))?,
    }
    Ok(())
}

fn whole(item: Item) -> String {
    let below = item.below.iter().map(|line| format!("\n- {line}"));
    below.fold(item.text, |all, line| all + &line)
}

fn decision(item: Item) -> Result<Decision, String> {
    let text = |text: &str| Text::try_from(text.to_owned()).map_err(|why| why.to_string());
    let mut decision = Decision {
        title: text(&item.text)?,
        why: None,
        alternatives: Vec::new(),
    };
    for line in item.below.iter().filter(|line| !line.is_empty()) {
        match line.split_once(':') {
            Some(("instead of", other)) => decision.alternatives.push(text(other)?),
            Some(("why", why)) if decision.why.is_none() => decision.why = Some(text(why)?),
            _ => {
                let line = shown(line);
                return Err(format!(
                    "`{line}`: say `why: …` once, or `instead of: …`, below a decision"
                ));
            }
        }
    }
    Ok(decision)
}

/// `path: note`, or a path alone.
///
/// # Errors
/// When the path is none, or the note is too long.
fn file(
    text: &str,
    resolve: &mut dyn FnMut(&str) -> Result<Key, String>,
) -> Result<FileNote, String> {
    let (path, note) = match text.split_once(": ") {
        Some((path, note)) => (path, Some(note)),
        None => (text.trim_end_matches(':'), None),
    };
    let note = note.map(|note| Text::try_from(note.to_owned()).map_err(|why| why.to_string()));
    Ok(FileNote {
        path: resolve(path.trim().trim_matches('`'))?,
        note: note.transpose()?,
    })
}

fn about(content: &mut Content, line: &str) -> Result<(), String> {
    let (word, value) = line.split_once(':').unwrap_or((line, ""));
    let value = value.trim();
    let is_given = !value.is_empty();
    fn read<T: std::str::FromStr>(value: &str) -> Result<Option<T>, String>
    where
        T::Err: std::fmt::Display,
    {
        value
            .parse()
            .map(Some)
            .map_err(|why: T::Err| why.to_string())
    }
    match word.trim() {
        "task" if is_given => content.task = read(value)?,
        "feature" if is_given => content.feature = read(value)?,
        "branch" if is_given => content.branch = read(value)?,
        "commit" if is_given => content.commit = read(value)?,
        "to" if is_given => content.to = read(value)?,
        "task" | "feature" | "branch" | "commit" | "to" => {}
        other => {
            let other = shown(other);
            return Err(format!(
                "`{other}` is unknown; there are task, feature, branch, commit and to"
            ));
        }
    }
    Ok(())
}

fn without_comments(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("<!--") {
        out.push_str(before);
        rest = after.split_once("-->").map_or("", |(_, after)| after);
    }
    out + rest
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // a panic is how a test says no
mod tests {
    use super::*;
    use crate::model::handoff::Handoff;
    use crate::model::id::{Actor, OpId};
    use crate::model::stamp::{Stamp, Watch};
    use crate::model::stored::Stored;

    fn read(text: &str) -> Result<Content, String> {
        parse(text, &mut |path| {
            path.parse().map_err(|why| format!("{path}: {why}"))
        })
    }

    const WHOLE: &str = "\
The parser reads all of it.

Speed is not looked at yet.

## Done

- the lexer
- the grammar
  with its tests

## In progress

- error messages

## Decisions

- a table, not a generator
  - why: it is 80 lines
  - instead of: nom
  - instead of: lalrpop
- no floats

## Open questions

- is `..` needed?

## Next steps

- measure

## Files

- src/parser.rs: the rules
- src/lexer.rs

## About

- task: t-12
- feature: parser
- branch: parser
- commit: 8126e59f0c4b1d3e5a7b9c8d7e6f5a4b3c2d1e0f
- to: bob
";

    fn record(content: Content) -> HandoffRecord {
        let stamp = Stamp {
            at: chrono::DateTime::from_timestamp(1_700_000_000, 0)
                .unwrap()
                .into(),
            by: Actor {
                agent: "alice".parse().unwrap(),
                session: "s1".parse().unwrap(),
            },
            op: OpId::new(ulid::Ulid(1)),
            watch: Watch::default(),
            here: None,
        };
        let body = Handoff {
            id: "3f2a91c4".parse().unwrap(),
            content,
            from: stamp.by.clone(),
            written_rev: 7,
            written_at: stamp.at,
            locks: Vec::new(),
            accepted: None,
        };
        Stored::new(&stamp, 7, body)
    }

    #[test]
    fn what_is_written_is_read_back() {
        let content = read(WHOLE).unwrap();
        assert_eq!(content.done[1].as_str(), "the grammar\nwith its tests");
        assert_eq!(content.decisions[0].alternatives.len(), 2);
        assert_eq!(content.decisions[1].why, None);
        assert_eq!(content.files[0].path.to_string(), "src/parser.rs");
        assert_eq!(content.to.as_ref().unwrap().as_str(), "bob");
        let text = render(&record(content.clone()));
        let title = "# Handoff 3f2a91c4 from alice (session s1) at 2023-11-14T22:13:20Z\n\n";
        assert_eq!(text, format!("{title}{WHOLE}"));
        assert_eq!(read(&text).unwrap(), content);
    }

    #[test]
    fn the_template_filled_in_is_a_handoff() {
        assert!(read(TEMPLATE).unwrap_err().contains("summary"));
        let filled = TEMPLATE.replacen("-->\n", "-->\nIt stands well.\n", 1);
        let content = read(&filled).unwrap();
        assert_eq!(content, Content::of("It stands well.".parse().unwrap()));
        let filled = filled.replace("- task:", "- task: t-1");
        assert_eq!(read(&filled).unwrap().task.unwrap().as_str(), "t-1");
    }

    #[test]
    fn what_is_wrong_is_said_with_its_section() {
        for (text, word) in [
            ("", "summary"),
            ("# Title\n\n## Done\n- a\n", "summary"),
            ("s\n## Dnoe\n", "Dnoe"),
            ("s\n## Done\nno item\n", "no item"),
            ("s\n## Decisions\n- a\n  - because\n", "because"),
            ("s\n## About\n- colour: red\n", "colour"),
            ("s\n## About\n- commit: xyz\n", "About"),
            ("s\n## Files\n- ../x: y\n", "Files"),
            (&format!("s\n## Done\n- {}\n", "x".repeat(1025)), "Done"),
        ] {
            let why = read(text).unwrap_err();
            assert!(why.contains(word), "{text:?}: {why}");
        }
    }

    #[test]
    fn a_note_moves_no_cursor() {
        let mut content = Content::of("a\u{1b}[2Jb\nc\u{202e}d".parse().unwrap());
        content.done.push("x\u{7}".parse().unwrap());
        let text = render(&record(content));
        assert!(
            !text.chars().any(|c| c.is_control() && c != '\n'),
            "{text:?}"
        );
        assert!(!text.contains('\u{202e}'));
    }
}

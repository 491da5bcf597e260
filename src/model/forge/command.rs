//! What people write in comments to ask for something: lines that begin with `/coord`.
//!
//! Such a line counts where it stands for itself: at the very beginning of a line, outside of code,
//! quotes and what a page does not show. Who quotes a command or shows how it is written asks for
//! nothing, and nobody asks for anything that readers of the page cannot see.

use super::super::text::shown;

/// The word that every command begins with.
pub const WORD: &str = "/coord";
/// Most of a comment that is read, in bytes; GitHub itself takes 65,536 characters.
const BODY_BYTES_MAX: usize = 256 * 1024;
/// Longest line of a command, in bytes.
const LINE_BYTES_MAX: usize = 1024;
/// Most commands of one comment; with more of them it is not clear that somebody wrote it.
pub const COMMANDS_MAX: usize = 8;
/// Most keys of one command.
const KEYS_MAX: usize = 16;

/// What can be asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// `lock KEY… [--ttl TIME] [--reason TEXT]`
    Lock {
        /// As they were typed.
        keys: Vec<String>,
        /// The length of the lease.
        ttl: Option<String>,
        /// Why.
        reason: Option<String>,
    },
    /// `unlock KEY…`, or `unlock --all`
    Unlock {
        /// As they were typed; none for all that is held from this page.
        keys: Vec<String>,
    },
    /// `queue [COMMIT]`: the branch of the pull request gets in line.
    Queue {
        /// The beginning of the commit that it has, in lower case.
        head: Option<String>,
    },
    /// `unqueue [WHY]`
    Unqueue {
        /// Why.
        reason: Option<String>,
    },
    /// `retry`: the entry of the queue, or the task of the issue.
    Retry,
    /// `pause WHY`, or `pause --all WHY`
    Pause {
        /// The whole line instead of the feature of the pull request.
        all: bool,
        /// Why.
        reason: Option<String>,
    },
    /// `resume`, or `resume --all`
    Resume {
        /// The whole line instead of the feature of the pull request.
        all: bool,
    },
    /// `claim`: the task of the issue.
    Claim,
    /// `release [WHY]`: the task of the issue.
    Release {
        /// Why.
        reason: Option<String>,
    },
    /// `why [KEY]`
    Why {
        /// As it was typed; what the page is about without one.
        key: Option<String>,
    },
    /// `status`
    Status,
    /// `help`
    Help,
}

/// Why a line that begins like a command is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unclear {
    /// No such word.
    #[error("there is no command `{0}`; `/coord help` names them all")]
    Unknown(String),
    /// Words are missing.
    #[error("`{0}` needs {1}")]
    Missing(&'static str, &'static str),
    /// Words are too many.
    #[error("`{0}` does not take `{1}`")]
    Surplus(&'static str, String),
    /// A quotation mark without its partner.
    #[error("a quotation mark is not closed")]
    Quote,
    /// Characters that nobody sees.
    #[error("it has characters in it that cannot be seen")]
    Invisible,
    /// Longer than any command.
    #[error("it has {0} bytes, and a command has at most {LINE_BYTES_MAX}")]
    Long(usize),
    /// More keys than one command takes.
    #[error("it names {0} keys, and one command takes {KEYS_MAX}")]
    Keys(usize),
    /// More commands than one comment has.
    #[error("a comment has at most {COMMANDS_MAX} commands, and none after them counts")]
    Many,
}

/// A line of a comment that asks for something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The line, cleaned and cut for showing it.
    pub line: String,
    /// What it asks for.
    pub command: Result<Command, Unclear>,
}

impl Command {
    /// Whether it only asks what is going on.
    pub fn only_reads(&self) -> bool {
        matches!(self, Self::Why { .. } | Self::Status | Self::Help)
    }
}

/// All commands of a comment, in their order.
pub fn commands(body: &str) -> Vec<Asked> {
    let mut found = Vec::new();
    let mut page = Page::default();
    for line in cut(body, BODY_BYTES_MAX).lines() {
        let is_plain = page.is_plain(line);
        let Some(rest) = line.strip_prefix(WORD).filter(|_| is_plain) else {
            continue;
        };
        if !rest.is_empty() && !rest.starts_with([' ', '\t']) {
            continue;
        }
        let command = match found.len() {
            COMMANDS_MAX => Err(Unclear::Many),
            _ => parse(rest),
        };
        let is_last = command == Err(Unclear::Many);
        found.push(Asked {
            line: shown(cut(line.trim_end(), 120)),
            command,
        });
        if is_last {
            break;
        }
    }
    found
}

/// The beginning of a text that is at most so many bytes long.
fn cut(text: &str, bytes_max: usize) -> &str {
    // As `floor_char_boundary`, which Rust 1.89 does not have yet.
    let most = bytes_max.min(text.len());
    let end = (0..=most).rev().find(|at| text.is_char_boundary(*at));
    &text[..end.unwrap_or(0)]
}

/// What stands around the lines of a comment, as far as it makes them no text of their own.
#[derive(Default)]
struct Page {
    /// The fence that ends a block of code: its character and how many of them.
    fence: Option<(char, usize)>,
    /// What ends a part that is not shown, or shown as it is.
    until: Option<&'static str>,
    /// Whether a quote goes on with a line that does not say so.
    is_quoted: bool,
}

/// Parts that are not shown, or shown letter by letter, as GitHub's Markdown has them.
const VEILED: [(&str, &str); 5] = [
    ("<!--", "-->"),
    ("<pre", "</pre>"),
    ("<script", "</script>"),
    ("<style", "</style>"),
    ("<textarea", "</textarea>"),
];

impl Page {
    /// Whether a line is plain text where it begins.
    fn is_plain(&mut self, line: &str) -> bool {
        if let Some((mark, length)) = self.fence {
            let text = line.trim();
            let is_end = indent(line) <= 3
                && text.chars().all(|c| c == mark)
                && text.chars().count() >= length;
            if is_end {
                self.fence = None;
            }
            return false;
        }
        let was_veiled = self.until.is_some();
        if was_veiled {
            self.veil(line);
            return false;
        }
        let text = line.trim_start();
        if text.is_empty() {
            self.is_quoted = false;
            return false;
        }
        if let Some(fence) = fence(line) {
            self.fence = Some(fence);
            self.is_quoted = false;
            return false;
        }
        if text.starts_with('>') {
            self.is_quoted = true;
        }
        let is_plain = !self.is_quoted;
        self.veil(line);
        is_plain
    }

    /// Follows parts that begin or end in a line.
    fn veil(&mut self, line: &str) {
        let line = line.to_ascii_lowercase();
        let mut rest = line.as_str();
        loop {
            let next = match self.until {
                Some(end) => rest.find(end).map(|at| (at + end.len(), None)),
                None => VEILED
                    .iter()
                    .filter_map(|(begin, end)| Some((rest.find(begin)? + begin.len(), Some(*end))))
                    .min_by_key(|(at, _)| *at),
            };
            let Some((at, until)) = next else { return };
            self.until = until;
            rest = &rest[at..];
        }
    }
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}

/// The fence that a line opens, if it does.
fn fence(line: &str) -> Option<(char, usize)> {
    let text = line.trim_start_matches(' ');
    let mark = text.chars().next().filter(|c| "`~".contains(*c))?;
    let rest = text.trim_start_matches(mark);
    let length = text.len() - rest.len();
    let is_fence = indent(line) <= 3 && length >= 3 && (mark == '~' || !rest.contains('`'));
    is_fence.then_some((mark, length))
}

fn parse(rest: &str) -> Result<Command, Unclear> {
    if rest.len() > LINE_BYTES_MAX {
        return Err(Unclear::Long(rest.len()));
    }
    let plain = rest.trim().replace('\t', " ");
    if shown(&plain) != plain {
        return Err(Unclear::Invisible);
    }
    let mut words = words(&plain)?.into_iter();
    let verb = words.next().map(|word| word.text.to_ascii_lowercase());
    let words: Vec<Word> = words.collect();
    match verb.as_deref() {
        None | Some("help") => none("help", &words).map(|()| Command::Help),
        Some("status") => none("status", &words).map(|()| Command::Status),
        Some("queue") => queue(&words),
        Some("retry") => none("retry", &words).map(|()| Command::Retry),
        Some("claim") => none("claim", &words).map(|()| Command::Claim),
        Some("lock") => lock(&words),
        Some("unlock") => unlock(&words),
        Some("unqueue") => Ok(Command::Unqueue {
            reason: said(&words),
        }),
        Some("release") => Ok(Command::Release {
            reason: said(&words),
        }),
        Some("pause") => {
            let (all, rest) = all(&words);
            Ok(Command::Pause {
                all,
                reason: said(rest),
            })
        }
        Some("resume") => {
            let (all, rest) = all(&words);
            none("resume", rest).map(|()| Command::Resume { all })
        }
        Some("why") => match words.as_slice() {
            [] => Ok(Command::Why { key: None }),
            [key] => Ok(Command::Why {
                key: Some(key.text.clone()),
            }),
            [_, more, ..] => Err(Unclear::Surplus("why", more.text.clone())),
        },
        Some(other) => Err(Unclear::Unknown(cut(other, 40).to_owned())),
    }
}

fn none(verb: &'static str, words: &[Word]) -> Result<(), Unclear> {
    match words.first() {
        None => Ok(()),
        Some(word) => Err(Unclear::Surplus(verb, cut(&word.text, 80).to_owned())),
    }
}

/// `--all` in front, and what is left.
fn all(words: &[Word]) -> (bool, &[Word]) {
    match words.split_first() {
        Some((first, rest)) if first.is("--all") => (true, rest),
        _ => (false, words),
    }
}

/// Words that say why.
fn said(words: &[Word]) -> Option<String> {
    let words: Vec<&str> = words.iter().map(|word| word.text.as_str()).collect();
    Some(words.join(" ")).filter(|said| !said.is_empty())
}

fn queue(words: &[Word]) -> Result<Command, Unclear> {
    /// Fewer digits name a commit to nobody.
    const DIGITS_MIN: usize = 7;
    let (head, rest) = match words.split_first() {
        Some((word, rest)) if word.text.bytes().all(|byte| byte.is_ascii_hexdigit()) => {
            (Some(word.text.to_ascii_lowercase()), rest)
        }
        _ => (None, words),
    };
    none("queue", rest)?;
    match head {
        Some(head) if head.len() < DIGITS_MIN => Err(Unclear::Missing(
            "queue",
            "at least seven digits of a commit",
        )),
        head => Ok(Command::Queue { head }),
    }
}

fn lock(words: &[Word]) -> Result<Command, Unclear> {
    let (mut keys, mut ttl, mut reason) = (Vec::new(), None, None);
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let (option, value) = match word.text.split_once('=') {
            Some((option, value)) if !word.quoted && option.starts_with("--") => {
                (option, Some(value.to_owned()))
            }
            _ => (word.text.as_str(), None),
        };
        let into = match option {
            "--ttl" if !word.quoted => &mut ttl,
            "--reason" if !word.quoted => &mut reason,
            other if !word.quoted && other.starts_with('-') => {
                return Err(Unclear::Surplus("lock", cut(other, 80).to_owned()));
            }
            _ => {
                keys.push(word.text.clone());
                continue;
            }
        };
        let value = value.or_else(|| words.next().map(|word| word.text.clone()));
        let missing = match option {
            "--ttl" => "a time such as `2h` behind `--ttl`",
            _ => "words in quotation marks behind `--reason`",
        };
        *into = Some(value.ok_or(Unclear::Missing("lock", missing))?);
    }
    checked(&keys, "lock")?;
    Ok(Command::Lock { keys, ttl, reason })
}

fn unlock(words: &[Word]) -> Result<Command, Unclear> {
    let (is_all, rest) = all(words);
    if is_all {
        none("unlock --all", rest)?;
        return Ok(Command::Unlock { keys: Vec::new() });
    }
    if let Some(option) = words.iter().find(|word| word.is_option()) {
        return Err(Unclear::Surplus("unlock", cut(&option.text, 80).to_owned()));
    }
    let keys: Vec<String> = words.iter().map(|word| word.text.clone()).collect();
    checked(&keys, "unlock")?;
    Ok(Command::Unlock { keys })
}

fn checked(keys: &[String], verb: &'static str) -> Result<(), Unclear> {
    match keys.len() {
        0 => Err(Unclear::Missing(
            verb,
            "what, such as `src/auth.rs` or `src/`",
        )),
        many if many > KEYS_MAX => Err(Unclear::Keys(many)),
        _ => Ok(()),
    }
}

/// A word, and whether it stood in quotation marks.
struct Word {
    text: String,
    quoted: bool,
}

impl Word {
    fn is(&self, text: &str) -> bool {
        !self.quoted && self.text == text
    }

    fn is_option(&self) -> bool {
        !self.quoted && self.text.starts_with('-')
    }
}

/// Splits at blanks that stand in no quotation marks. Those of code are such marks too: people write
/// paths in them.
fn words(text: &str) -> Result<Vec<Word>, Unclear> {
    let mut all = Vec::new();
    let mut word: Option<Word> = None;
    let mut open: Option<char> = None;
    for c in text.chars() {
        match (open, c) {
            (Some(mark), c) if c == mark => open = None,
            (None, '"' | '\'' | '`') if is_mark(&word, c) => {
                open = Some(c);
                let word = word.get_or_insert(Word {
                    text: String::new(),
                    quoted: false,
                });
                word.quoted |= word.text.is_empty();
            }
            (None, ' ') => all.extend(word.take()),
            (_, c) => {
                let word = word.get_or_insert(Word {
                    text: String::new(),
                    quoted: false,
                });
                word.text.push(c);
            }
        }
    }
    if open.is_some() {
        return Err(Unclear::Quote);
    }
    all.extend(word.take());
    Ok(all)
}

/// An apostrophe within a word is a letter of it: `don't`.
fn is_mark(word: &Option<Word>, c: char) -> bool {
    let is_option = |word: &Word| word.text.ends_with('=');
    c != '\'' || word.as_ref().is_none_or(is_option)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // a panic is how a test says no
mod tests {
    use proptest::prelude::*;

    use super::{COMMANDS_MAX, Command, Unclear, commands};

    fn said(body: &str) -> String {
        let all = commands(body).into_iter().map(|asked| match asked.command {
            Ok(command) => format!("{command:?}"),
            Err(why) => format!("no: {why}"),
        });
        all.collect::<Vec<_>>().join("; ")
    }

    #[test]
    fn every_command_has_its_form() {
        for (line, is) in [
            (
                "lock src/",
                r#"Lock { keys: ["src/"], ttl: None, reason: None }"#,
            ),
            (
                "lock `src/a b.rs` 'api:GET /v1/users' --ttl=2h --reason \"don't\"",
                r#"Lock { keys: ["src/a b.rs", "api:GET /v1/users"], ttl: Some("2h"), reason: Some("don't") }"#,
            ),
            (
                "lock --reason='a b' x",
                r#"Lock { keys: ["x"], ttl: None, reason: Some("a b") }"#,
            ),
            (
                "lock",
                "no: `lock` needs what, such as `src/auth.rs` or `src/`",
            ),
            (
                "lock --ttl",
                "no: `lock` needs a time such as `2h` behind `--ttl`",
            ),
            ("lock --steal x", "no: `lock` does not take `--steal`"),
            ("lock \"src", "no: a quotation mark is not closed"),
            ("unlock src/ x", r#"Unlock { keys: ["src/", "x"] }"#),
            ("unlock --all", "Unlock { keys: [] }"),
            (
                "unlock",
                "no: `unlock` needs what, such as `src/auth.rs` or `src/`",
            ),
            ("unlock --all x", "no: `unlock --all` does not take `x`"),
            ("queue", "Queue { head: None }"),
            ("QUEUE", "Queue { head: None }"),
            ("queue 1A2B3C4", r#"Queue { head: Some("1a2b3c4") }"#),
            (
                "queue abc",
                "no: `queue` needs at least seven digits of a commit",
            ),
            ("queue main", "no: `queue` does not take `main`"),
            (
                "unqueue it's not done",
                r#"Unqueue { reason: Some("it's not done") }"#,
            ),
            ("retry", "Retry"),
            ("why", "Why { key: None }"),
            ("why src/a.rs", r#"Why { key: Some("src/a.rs") }"#),
            ("why a b", "no: `why` does not take `b`"),
            ("status", "Status"),
            ("pause", "Pause { all: false, reason: None }"),
            (
                "pause --all a fire",
                r#"Pause { all: true, reason: Some("a fire") }"#,
            ),
            ("resume", "Resume { all: false }"),
            ("resume --all", "Resume { all: true }"),
            ("claim", "Claim"),
            ("release", "Release { reason: None }"),
            ("help", "Help"),
            ("", "Help"),
            (
                "land it",
                "no: there is no command `land`; `/coord help` names them all",
            ),
            (
                "lock src/\u{202e}x",
                "no: it has characters in it that cannot be seen",
            ),
        ] {
            assert_eq!(said(&format!("/coord {line}")), is, "{line}");
        }
    }

    #[test]
    fn only_a_line_of_its_own_that_readers_see_asks_for_something() {
        for (body, is) in [
            ("/coord queue", "Queue { head: None }"),
            (
                "Please\r\n/coord queue\r\n/coord why\r\n",
                "Queue { head: None }; Why { key: None }",
            ),
            ("/coord\tqueue", "Queue { head: None }"),
            (" /coord queue", ""),
            ("- /coord queue", ""),
            ("see /coord queue", ""),
            ("/coordinate queue", ""),
            ("/coord: queue", ""),
            ("> /coord queue", ""),
            // A quote goes on until a blank line.
            ("> he said\n/coord queue", ""),
            ("> he said\n\n/coord queue", "Queue { head: None }"),
            ("```\n/coord queue\n```", ""),
            ("```sh\n/coord queue\n```\n/coord retry", "Retry"),
            ("~~~\n```\n/coord queue\n~~~\n/coord retry", "Retry"),
            ("````\n```\n/coord queue\n````\n/coord retry", "Retry"),
            // A fence that is never closed goes on to the end.
            ("```\n/coord queue", ""),
            ("```not a `fence\n/coord queue", "Queue { head: None }"),
            ("    /coord queue", ""),
            ("<!--\n/coord queue\n-->\n/coord retry", "Retry"),
            (
                "text <!-- hidden\n/coord queue\n--> text\n/coord retry",
                "Retry",
            ),
            ("<!-- a --> b\n/coord queue", "Queue { head: None }"),
            ("<PRE>\n/coord queue\n</PRE>\n/coord retry", "Retry"),
            (
                "/coord queue <!-- hidden -->",
                "no: `queue` does not take `<!--`",
            ),
            ("", ""),
        ] {
            assert_eq!(said(body), is, "{body:?}");
        }
    }

    #[test]
    fn a_comment_has_so_many_commands_and_each_is_so_long() {
        let many = commands(&"/coord queue\n".repeat(1000));
        assert_eq!(many.len(), COMMANDS_MAX + 1);
        assert_eq!(many.last().unwrap().command, Err(Unclear::Many));
        let long = commands(&format!("/coord lock {}", "x".repeat(5000)));
        assert!(matches!(long[0].command, Err(Unclear::Long(_))), "{long:?}");
        assert!(long[0].line.len() <= 120);
        let keys = commands(&format!("/coord lock {}", "x ".repeat(17)));
        assert_eq!(keys[0].command, Err(Unclear::Keys(17)));
        let unknown = commands(&format!("/coord {}", "é".repeat(400)));
        assert!(matches!(&unknown[0].command, Err(Unclear::Unknown(word)) if word.len() <= 40));
    }

    proptest! {
        #[test]
        fn whatever_people_write_is_read_without_a_panic(body in "(?s)(/coord [a-z]*|[`~>\"'<!\\-]{0,4}|\n|.){0,40}") {
            for asked in commands(&body) {
                if let Ok(Command::Lock { keys, .. }) = asked.command {
                    prop_assert!(!keys.is_empty());
                }
            }
        }
    }
}

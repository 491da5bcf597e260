//! A block between two marks in somebody else's text: put at its end, replaced where it stands, and
//! taken out so that the text is what it was.

use super::form::{ByHand, Put, Taken};
use super::json::newline_of;

/// How a comment looks in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    /// `<!-- … -->`
    Html,
    /// `# …`
    Hash,
}

/// A block of Markdown.
#[derive(Clone, Debug)]
pub(super) struct Block {
    /// The lines between the marks.
    pub(super) body: String,
    /// A word that says the same, wherever it is: then no block is needed.
    pub(super) unless: Option<&'static str>,
}

const BEGIN: &str = "git-coord:begin";
const END: &str = "git-coord:end";
const ABOUT: &str = "(written by `git coord init`, which replaces what is between these lines)";

impl Style {
    fn begins(self) -> String {
        match self {
            Self::Html => format!("<!-- {BEGIN}"),
            Self::Hash => format!("# {BEGIN}"),
        }
    }

    fn ends(self) -> String {
        match self {
            Self::Html => format!("<!-- {END} -->"),
            Self::Hash => format!("# {END}"),
        }
    }

    /// The block with its marks, without a last line end.
    fn marked(self, body: &str, newline: &str) -> String {
        let close = if self == Self::Html { " -->" } else { "" };
        let begin = format!("{} {ABOUT}{close}", self.begins());
        let lines = [begin.as_str()].into_iter().chain(body.lines());
        let lines: Vec<&str> = lines.collect();
        format!("{}{newline}{}", lines.join(newline), self.ends())
    }

    /// Where the block is, from its first mark to the end of its last.
    fn find(self, text: &str) -> Result<Option<(usize, usize)>, String> {
        let (begins, ends) = (self.begins(), self.ends());
        let (mut first, mut last, mut at) = (Vec::new(), Vec::new(), 0);
        for line in text.split_inclusive('\n') {
            let words = line.trim_end();
            let follows = words.strip_prefix(&begins);
            if follows.is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '('])) {
                first.push(at);
            } else if words == ends {
                last.push(at + words.len());
            }
            at += line.len();
        }
        match (first.as_slice(), last.as_slice()) {
            ([], []) => Ok(None),
            ([first], [last]) if first < last => Ok(Some((*first, *last))),
            _ => Err(format!("its marks `{BEGIN}` and `{END}` are not one pair")),
        }
    }

    /// The text with the block at its end, or in the place of the one that is there.
    pub(super) fn put(self, text: &str, body: &str) -> Result<String, String> {
        let newline = newline_of(text);
        let block = self.marked(body, newline);
        if let Some((start, end)) = self.find(text)? {
            return Ok(format!("{}{block}{}", &text[..start], &text[end..]));
        }
        // Whether the last line ends is kept, so that the text can be what it was.
        Ok(match text {
            "" => format!("{block}{newline}"),
            text if text.ends_with('\n') => format!("{text}{newline}{block}{newline}"),
            text => format!("{text}{newline}{newline}{block}"),
        })
    }

    /// The text without the block.
    pub(super) fn take(self, text: &str) -> Result<String, String> {
        let Some((start, end)) = self.find(text)? else {
            return Ok(text.to_owned());
        };
        let (before, after) = (&text[..start], &text[end..]);
        let cut = |text: &str| -> usize {
            if text.ends_with("\r\n") {
                2
            } else {
                usize::from(text.ends_with('\n'))
            }
        };
        let shorter = &before[..before.len() - cut(before)];
        if after.is_empty() {
            let shortest = &shorter[..shorter.len() - cut(shorter)];
            return Ok(shortest.to_owned());
        }
        let after = after.strip_prefix("\r\n").or(after.strip_prefix('\n'));
        // The blank line before the block, if it is one.
        let kept = if shorter.is_empty() || shorter.ends_with('\n') {
            shorter
        } else {
            before
        };
        Ok(format!("{kept}{}", after.unwrap_or_default()))
    }
}

impl Block {
    pub(super) fn put(&self, before: &str) -> Put {
        let done = Style::Html.take(before).map(|rest| {
            self.unless
                .is_some_and(|word| rest.split_whitespace().any(|other| other == word))
        });
        let text = match done {
            // Somebody wrote it already; ours is not needed beside it.
            Ok(true) => Style::Html.take(before),
            Ok(false) => Style::Html.put(before, &self.body),
            Err(why) => Err(why),
        };
        match text {
            Ok(text) => Put {
                text,
                by_hand: Vec::new(),
            },
            Err(why) => Put::left(
                before,
                ByHand {
                    why,
                    add: Style::Html.marked(&self.body, "\n") + "\n",
                },
            ),
        }
    }

    pub(super) fn take(&self, before: &str) -> Taken {
        match Style::Html.take(before) {
            Ok(text) => Taken::rest(text),
            Err(why) => Taken::left(before, why),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Block, Style};

    #[test]
    fn a_block_comes_and_goes_without_a_trace() {
        for style in [Style::Html, Style::Hash] {
            for before in [
                "",
                "text",
                "text\n",
                "text\n\n",
                "text\n\n\n",
                "one\r\ntwo\r\n",
                "one\r\ntwo",
                "\n",
                "\n\n",
            ] {
                let with = style.put(before, "a\nb\n").expect("the marks are a pair");
                assert_eq!(style.put(&with, "a\nb\n"), Ok(with.clone()), "{before:?}");
                let other = style.put(&with, "c").expect("the marks are a pair");
                assert!(other.contains("c") && !other.contains("a\nb"), "{other}");
                assert_eq!(style.take(&other), Ok(before.to_owned()));
                assert_eq!(with.contains('\r'), before.contains('\r'));
                assert_eq!(
                    with.matches('\n').count() == with.matches("\r\n").count(),
                    before.contains('\r')
                );
                // What comes behind it stays too.
                let more = format!(
                    "{with}{}more\n",
                    if with.ends_with('\n') { "" } else { "\n" }
                );
                let rest = style.take(&more).expect("the marks are a pair");
                assert!(
                    rest.ends_with("more\n") && rest.starts_with(before.trim_end()),
                    "{rest:?}"
                );
            }
        }
    }

    #[test]
    fn marks_that_are_no_pair_are_left_alone() {
        let block = Block {
            body: "x".into(),
            unless: None,
        };
        let one = "<!-- git-coord:begin -->\nx\n<!-- git-coord:end -->\n";
        for broken in [
            "<!-- git-coord:begin -->\nx\n".to_owned(),
            "x\n<!-- git-coord:end -->\n".into(),
            format!("{one}{one}"),
            "<!-- git-coord:end -->\n<!-- git-coord:begin -->\n".into(),
        ] {
            let put = block.put(&broken);
            assert_eq!((put.text.as_str(), put.by_hand.len()), (broken.as_str(), 1));
            let taken = block.take(&broken);
            assert_eq!((taken.text, taken.by_hand.len()), (Some(broken), 1));
        }
        assert!(block.put(one).text.contains("written by"));
    }

    #[test]
    fn who_says_it_already_needs_no_block() {
        let block = Block {
            body: "@AGENTS.md".into(),
            unless: Some("@AGENTS.md"),
        };
        let own = "# Rules\n\nsee @AGENTS.md first\n";
        assert_eq!(block.put(own).text, own);
        let with = block.put("# Rules\n").text;
        assert!(with.contains("\n@AGENTS.md\n"));
        // Theirs came later.
        assert_eq!(
            block.put(&with.replace("# Rules", "@AGENTS.md")).text,
            "@AGENTS.md\n"
        );
    }
}

//! A shell script as simple commands: words, redirections, and where subshells begin and end.
//!
//! This reads what a POSIX shell or bash reads, as far as it matters for which files are written.
//! Nothing is run and nothing is looked up. Whatever cannot be read becomes a word that is not
//! known; no text makes it fail.

use super::brackets::past_arithmetic;

/// A part of a script, in its order.
#[derive(Debug)]
pub(super) enum Item {
    /// A simple command.
    Simple(Simple),
    /// A subshell begins.
    Open,
    /// It ends.
    Close,
    /// A script whose output becomes part of the next command.
    Inner(Vec<u8>),
}

/// A command with its arguments and redirections.
#[derive(Debug, Default)]
pub(super) struct Simple {
    pub(super) words: Vec<Word>,
    pub(super) redirects: Vec<Redirect>,
}

/// Where input comes from, or output goes.
#[derive(Debug)]
pub(super) enum Redirect {
    /// A file is written.
    To(Word),
    /// A file is read.
    From(Word),
    /// The text below the command is read.
    Here(Vec<u8>),
}

/// A word, before anything in it is replaced.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Word(pub(super) Vec<Piece>);

/// A part of a word.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Piece {
    /// Text in which patterns and braces count.
    Plain(Vec<u8>),
    /// Text that is meant as it stands.
    Quoted(Vec<u8>),
    /// The value of a variable.
    Variable(Vec<u8>),
    /// Something that only the shell knows.
    Unknown,
}

impl Piece {
    /// How many bytes of the script it is, at most.
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Plain(text) | Self::Quoted(text) => text.len(),
            Self::Variable(_) | Self::Unknown => 0,
        }
    }
}

impl Word {
    /// The text of a word that has nothing to be replaced.
    pub(super) fn literal(&self) -> Option<Vec<u8>> {
        let mut text = Vec::new();
        for piece in &self.0 {
            match piece {
                Piece::Plain(part) | Piece::Quoted(part) => text.extend_from_slice(part),
                Piece::Variable(_) | Piece::Unknown => return None,
            }
        }
        Some(text)
    }

    pub(super) fn push(&mut self, byte: u8, is_quoted: bool) {
        match (self.0.last_mut(), is_quoted) {
            (Some(Piece::Plain(text)), false) | (Some(Piece::Quoted(text)), true) => {
                text.push(byte);
            }
            (_, true) => self.0.push(Piece::Quoted(vec![byte])),
            (_, false) => self.0.push(Piece::Plain(vec![byte])),
        }
    }
}

/// A text below a command that is still to come.
pub(super) struct Awaited {
    pub(super) item: usize,
    redirect: usize,
    end: Vec<u8>,
    is_indented: bool,
}

/// A script that is being read.
pub(super) struct Lexer<'s> {
    pub(super) text: &'s [u8],
    pub(super) at: usize,
    pub(super) items: Vec<Item>,
    now: Simple,
    pub(super) awaited: Vec<Awaited>,
}

/// Reads a script.
pub(super) fn items(script: &[u8]) -> Vec<Item> {
    let mut lexer = Lexer {
        text: script,
        at: 0,
        items: Vec::new(),
        now: Simple::default(),
        awaited: Vec::new(),
    };
    lexer.run();
    lexer.items
}

impl Lexer<'_> {
    fn run(&mut self) {
        while let Some(byte) = self.peek(0) {
            match byte {
                b' ' | b'\t' | b'\r' => self.at += 1,
                b'\\' if self.peek(1) == Some(b'\n') => self.at += 2,
                b'#' => self.skip_line(),
                b'\n' => {
                    self.at += 1;
                    self.end();
                    self.take_texts();
                }
                b'(' if self.now.words.is_empty() && self.peek(1) == Some(b'(') => {
                    self.at = past_arithmetic(self.text, self.at + 2);
                }
                b'(' => self.mark(Item::Open),
                b')' => self.mark(Item::Close),
                b';' | b'|' => {
                    self.at += 1;
                    self.end();
                }
                b'&' if self.peek(1) == Some(b'>') => {
                    self.at += 1;
                    self.redirect();
                }
                b'&' => {
                    self.at += 1;
                    self.end();
                }
                b'<' | b'>' if !self.is_test() && self.peek(1) != Some(b'(') => self.redirect(),
                b'0'..=b'9' if self.is_descriptor() => {
                    while self.peek(0).is_some_and(|byte| byte.is_ascii_digit()) {
                        self.at += 1;
                    }
                    self.redirect();
                }
                _ => {
                    let word = self.word();
                    self.now.words.push(word);
                }
            }
        }
        self.end();
    }

    pub(super) fn peek(&self, ahead: usize) -> Option<u8> {
        self.text.get(self.at + ahead).copied()
    }

    /// The command so far is complete.
    fn end(&mut self) {
        let simple = std::mem::take(&mut self.now);
        if !simple.words.is_empty() || !simple.redirects.is_empty() {
            self.items.push(Item::Simple(simple));
        }
    }

    fn mark(&mut self, item: Item) {
        self.at += 1;
        self.end();
        self.items.push(item);
    }

    fn skip_line(&mut self) {
        while self.peek(0).is_some_and(|byte| byte != b'\n') {
            self.at += 1;
        }
    }

    /// Whether `<` and `>` compare here.
    pub(super) fn is_test(&self) -> bool {
        let text = |word: &Word| word.literal().unwrap_or_default();
        let words = &self.now.words;
        words.first().is_some_and(|word| text(word) == b"[[")
            && words.last().is_none_or(|word| text(word) != b"]]")
    }

    /// Whether the digits here name what is redirected.
    fn is_descriptor(&self) -> bool {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let end = rest.iter().position(|byte| !byte.is_ascii_digit());
        end.and_then(|end| rest.get(end))
            .is_some_and(|byte| matches!(byte, b'<' | b'>'))
    }

    /// A redirection, from its first angle on.
    fn redirect(&mut self) {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let operators: [&[u8]; 11] = [
            b"<<<", b"<<-", b"<<", b"<>", b"<&", b"<", b">>", b">|", b">&", b">", b"",
        ];
        let operator = operators.into_iter().find(|one| rest.starts_with(one));
        let operator = operator.unwrap_or_default();
        self.at += operator.len();
        while matches!(self.peek(0), Some(b' ' | b'\t')) {
            self.at += 1;
        }
        let word = self.word();
        let is_number = word
            .literal()
            .is_some_and(|text| text.iter().all(|byte| byte.is_ascii_digit()) || text == b"-");
        match operator {
            b"<<" | b"<<-" => {
                self.awaited.push(Awaited {
                    item: self.items.len(),
                    redirect: self.now.redirects.len(),
                    end: word.literal().unwrap_or_default(),
                    is_indented: operator == b"<<-",
                });
                self.now.redirects.push(Redirect::Here(Vec::new()));
            }
            b"<<<" => {
                let text = word.literal().unwrap_or_default();
                self.now.redirects.push(Redirect::Here(text));
            }
            b"<&" => {}
            b">&" if is_number => {}
            b"<" => self.now.redirects.push(Redirect::From(word)),
            b"" => {}
            _ => self.now.redirects.push(Redirect::To(word)),
        }
    }

    /// The texts that begin on this line.
    fn take_texts(&mut self) {
        for awaited in std::mem::take(&mut self.awaited) {
            let mut text = Vec::new();
            while self.at < self.text.len() {
                let rest = self.text.get(self.at..).unwrap_or_default();
                let length = rest.iter().position(|byte| *byte == b'\n');
                let line = rest.get(..length.unwrap_or(rest.len())).unwrap_or_default();
                self.at += line.len() + 1;
                let line = match awaited.is_indented {
                    true => {
                        let tabs = line.iter().take_while(|byte| **byte == b'\t').count();
                        line.get(tabs..).unwrap_or_default()
                    }
                    false => line,
                };
                if line == awaited.end {
                    break;
                }
                text.extend_from_slice(line);
                text.push(b'\n');
            }
            self.at = self.at.min(self.text.len());
            let Some(Item::Simple(simple)) = self.items.get_mut(awaited.item) else {
                continue;
            };
            if let Some(place) = simple.redirects.get_mut(awaited.redirect) {
                *place = Redirect::Here(text);
            }
        }
    }
}

/// Whether a text is the name of a variable.
pub(super) fn is_name(text: &[u8]) -> bool {
    let mut bytes = text.iter();
    bytes
        .next()
        .is_some_and(|first| first.is_ascii_alphabetic() || *first == b'_')
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
}

//! A word of a script: quotes, escapes, and what only the shell can replace.

use super::brackets::{past_arithmetic, past_brackets};
use super::lex::{Item, Lexer, Piece, Word, is_name};

impl Lexer<'_> {
    /// A word, up to what ends it.
    pub(super) fn word(&mut self) -> Word {
        let mut word = Word::default();
        let start = self.at;
        while let Some(byte) = self.peek(0) {
            match byte {
                b'<' | b'>' if self.peek(1) == Some(b'(') => {
                    self.at += 2;
                    self.inner(&mut word);
                }
                // A comparison is a word of its own.
                b'<' | b'>' if self.is_test() && self.at == start => {
                    self.at += 1;
                    word.push(byte, false);
                    break;
                }
                b' ' | b'\t' | b'\r' | b'\n' | b';' | b'|' | b'&' | b'(' | b')' | b'<' | b'>' => {
                    break;
                }
                b'\\' => {
                    match self.peek(1) {
                        Some(b'\n') | None => {}
                        Some(next) => word.push(next, true),
                    }
                    self.at += 2;
                }
                b'\'' => {
                    self.at += 1;
                    word.0.push(Piece::Quoted(Vec::new()));
                    while let Some(byte) = self.peek(0).filter(|byte| *byte != b'\'') {
                        word.push(byte, true);
                        self.at += 1;
                    }
                    self.at += 1;
                }
                b'"' => {
                    self.at += 1;
                    self.double_quoted(&mut word);
                }
                b'$' => self.dollar(&mut word, false),
                b'`' => self.backticks(&mut word),
                _ => {
                    word.push(byte, false);
                    self.at += 1;
                }
            }
        }
        self.at = self.at.min(self.text.len());
        // A word is at least one byte long, so that there is an end to it all.
        if self.at == start {
            self.at += 1;
            word.0.push(Piece::Unknown);
        }
        word
    }

    /// What stands between double quotes, from behind the first one.
    fn double_quoted(&mut self, word: &mut Word) {
        word.0.push(Piece::Quoted(Vec::new()));
        while let Some(byte) = self.peek(0) {
            match byte {
                b'"' => {
                    self.at += 1;
                    return;
                }
                b'\\' => match self.peek(1) {
                    Some(b'\n') => self.at += 2,
                    Some(next @ (b'$' | b'`' | b'"' | b'\\')) => {
                        word.push(next, true);
                        self.at += 2;
                    }
                    _ => {
                        word.push(b'\\', true);
                        self.at += 1;
                    }
                },
                b'$' => self.dollar(word, true),
                b'`' => self.backticks(word),
                _ => {
                    word.push(byte, true);
                    self.at += 1;
                }
            }
        }
    }

    /// What begins with a dollar sign.
    fn dollar(&mut self, word: &mut Word, is_quoted: bool) {
        self.at += 1;
        match self.peek(0) {
            Some(b'(') if self.peek(1) == Some(b'(') => {
                self.at = past_arithmetic(self.text, self.at + 2);
                word.0.push(Piece::Unknown);
            }
            Some(b'(') => {
                self.at += 1;
                self.inner(word);
            }
            Some(b'{') => {
                let rest = self.text.get(self.at + 1..).unwrap_or_default();
                let end = rest.iter().position(|byte| *byte == b'}');
                let name = rest.get(..end.unwrap_or(rest.len())).unwrap_or_default();
                self.at += name.len() + 2;
                let is_name = is_name(name) && end.is_some();
                word.0.push(match is_name {
                    true => Piece::Variable(name.to_vec()),
                    false => Piece::Unknown,
                });
            }
            Some(b'\'') if !is_quoted => {
                self.at += 1;
                self.c_quoted(word);
            }
            // For translators; without any it is the same.
            Some(b'"') if !is_quoted => {}
            Some(first) if first.is_ascii_alphabetic() || first == b'_' => {
                let rest = self.text.get(self.at..).unwrap_or_default();
                let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
                let length = rest.iter().take_while(|byte| is_part(byte)).count();
                let name = rest.get(..length).unwrap_or_default().to_vec();
                self.at += length;
                word.0.push(Piece::Variable(name));
            }
            Some(b'0'..=b'9' | b'@' | b'*' | b'#' | b'?' | b'$' | b'!' | b'-') => {
                self.at += 1;
                word.0.push(Piece::Unknown);
            }
            _ => word.push(b'$', is_quoted),
        }
    }

    /// `$'…'`, from behind the quote; its escapes that are not plain make the word unknown.
    fn c_quoted(&mut self, word: &mut Word) {
        word.0.push(Piece::Quoted(Vec::new()));
        while let Some(byte) = self.peek(0) {
            self.at += 1;
            match byte {
                b'\'' => return,
                b'\\' => {
                    match self.peek(0) {
                        Some(b'n') => word.push(b'\n', true),
                        Some(b't') => word.push(b'\t', true),
                        Some(plain @ (b'\\' | b'\'' | b'"' | b'?')) => word.push(plain, true),
                        _ => word.0.push(Piece::Unknown),
                    }
                    self.at += 1;
                }
                byte => word.push(byte, true),
            }
        }
    }

    /// A script in brackets, from behind the first one.
    fn inner(&mut self, word: &mut Word) {
        let end = past_brackets(self.text, self.at);
        let script = self.text.get(self.at..end).unwrap_or_default();
        self.items.push(Item::Inner(script.to_vec()));
        self.shift_awaited();
        self.at = (end + 1).min(self.text.len());
        word.0.push(Piece::Unknown);
    }

    fn backticks(&mut self, word: &mut Word) {
        self.at += 1;
        let mut script = Vec::new();
        while let Some(byte) = self.peek(0).filter(|byte| *byte != b'`') {
            let is_escape = byte == b'\\' && matches!(self.peek(1), Some(b'`' | b'$' | b'\\'));
            self.at += usize::from(is_escape);
            script.extend(self.peek(0));
            self.at += 1;
        }
        self.at = (self.at + 1).min(self.text.len());
        self.items.push(Item::Inner(script));
        self.shift_awaited();
        word.0.push(Piece::Unknown);
    }

    /// A script was put before the command that is being read: what that one waits for moves along.
    fn shift_awaited(&mut self) {
        let last = self.items.len() - 1;
        for awaited in &mut self.awaited {
            if awaited.item == last {
                awaited.item += 1;
            }
        }
    }
}

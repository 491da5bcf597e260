//! Patterns as automata: what matches, and whether two patterns have a path in common.
//!
//! Both questions are asked about what a pattern *guards*: the paths that it matches, and what is
//! below them if it is [open](is_open). Both are answered exactly, by filling a table of (position
//! here, position there), so the work is at most the product of the two lengths.
//!
//! As in git, `?` and a class match one byte, not one character.

/// One component of a pattern.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Segment {
    /// `**`: any number of components; at the end of a pattern at least one.
    Deep,
    /// One component with its wildcards; never empty.
    Name(Vec<Token>),
}

/// One element of a component.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Token {
    /// This byte.
    Byte(u8),
    /// `?`: any one byte.
    Any,
    /// `*`: any number of bytes.
    Star,
    /// `[…]`: one byte out of a set, which is never empty.
    Class(ByteSet),
}

/// A set of bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct ByteSet([u128; 2]);

impl ByteSet {
    pub(super) fn contains(self, byte: u8) -> bool {
        self.0[usize::from(byte >> 7)] >> (byte & 127) & 1 == 1
    }

    pub(super) fn insert(&mut self, byte: u8) {
        self.0[usize::from(byte >> 7)] |= 1 << (byte & 127);
    }

    pub(super) fn remove(&mut self, byte: u8) {
        self.0[usize::from(byte >> 7)] &= !(1 << (byte & 127));
    }

    pub(super) fn complement(self) -> ByteSet {
        ByteSet(self.0.map(|half| !half))
    }

    pub(super) fn iter(self) -> impl Iterator<Item = u8> {
        (0..=u8::MAX).filter(move |&byte| self.contains(byte))
    }

    fn meets(self, other: ByteSet) -> bool {
        self.0[0] & other.0[0] != 0 || self.0[1] & other.0[1] != 0
    }
}

impl Token {
    fn takes(&self, byte: u8) -> bool {
        match self {
            Token::Byte(own) => *own == byte,
            Token::Any | Token::Star => true,
            Token::Class(set) => set.contains(byte),
        }
    }

    /// Says whether some byte fits both.
    fn meets(&self, other: &Token) -> bool {
        match (self, other) {
            (Token::Byte(byte), token) | (token, Token::Byte(byte)) => token.takes(*byte),
            (Token::Class(one), Token::Class(two)) => one.meets(*two),
            (Token::Any | Token::Star | Token::Class(_), Token::Any | Token::Star)
            | (Token::Any | Token::Star, Token::Class(_)) => true,
        }
    }
}

/// Says whether some path is guarded by `pattern` and is `path` or, if it is a directory, below it.
pub(super) fn meets_path(pattern: &[Segment], path: &[&[u8]], is_dir: bool) -> bool {
    let one = List {
        len: pattern.len(),
        open: is_open(pattern),
    };
    let two = List {
        len: path.len(),
        open: is_dir,
    };
    meet(
        one,
        two,
        |here, _| is_deep(pattern, here),
        |here, there| segment_matches(&pattern[here], path[there]),
    )
}

/// Says whether some path is guarded by both patterns.
pub(super) fn meets(one: &[Segment], two: &[Segment]) -> bool {
    let [first, second] = [one, two].map(|pattern| List {
        len: pattern.len(),
        open: is_open(pattern),
    });
    meet(
        first,
        second,
        |here, there| is_deep(one, here) || is_deep(two, there),
        |here, there| segments_meet(&one[here], &two[there]),
    )
}

/// Says whether a pattern also guards what is below a directory that it matches.
///
/// It does, as in `.gitignore`, unless its last component ends in an extension: `*.sql` is about
/// files. If it were not, `*.sql` and `*.rs` would be in each other's way because of a directory
/// `a.sql` with a file `b.rs`. Who means such directories writes `*.sql/`.
pub(super) fn is_open(pattern: &[Segment]) -> bool {
    let Some(Segment::Name(tokens)) = pattern.last() else {
        return true;
    };
    let tail = tokens
        .rsplit(|token| *token == Token::Star)
        .next()
        .unwrap_or_default();
    let dot = tail.iter().rposition(|token| *token == Token::Byte(b'.'));
    // A dot at the very start hides a name; what is after it is no extension.
    let Some(dot) = dot.filter(|&dot| dot > 0 || tail.len() < tokens.len()) else {
        return true;
    };
    let lettered = |token: &Token| match token {
        Token::Byte(byte) => byte.is_ascii_alphabetic(),
        Token::Class(set) => set.iter().any(|byte| byte.is_ascii_alphabetic()),
        Token::Any | Token::Star => false,
    };
    !tail[dot + 1..].iter().any(lettered)
}

/// One of two lists of components that are walked together.
struct List {
    len: usize,
    /// Whether everything below its end belongs to it.
    open: bool,
}

/// Walks two lists of components together, and says whether they have a path in common.
///
/// Where one list has ended and is open, the other can always be completed, because every
/// component can be matched by some name. `deep` says whether a component of either list is a
/// `**` that may match nothing, `same` whether two components can have one name.
fn meet(
    one: List,
    two: List,
    deep: impl Fn(usize, usize) -> bool,
    same: impl Fn(usize, usize) -> bool,
) -> bool {
    let wide = two.len + 1;
    let mut reached = vec![false; (one.len + 1) * wide];
    reached[0] = true;
    for here in 0..=one.len {
        for there in 0..=two.len {
            if !reached[here * wide + there] {
                continue;
            }
            match (here == one.len, there == two.len) {
                (true, true) => return true,
                (true, false) if one.open => return true,
                (false, true) if two.open => return true,
                (true, false) | (false, true) => {}
                // The deep side ends, or takes what the other side asks for.
                (false, false) if deep(here, there) => {
                    reached[(here + 1) * wide + there] = true;
                    reached[here * wide + there + 1] = true;
                }
                (false, false) => {
                    reached[(here + 1) * wide + there + 1] |= same(here, there);
                }
            }
        }
    }
    false
}

/// Says whether the component at `at` is a `**` that may match nothing.
///
/// At the end of a pattern `**` asks for one component at least: `src/**` is what is in `src`,
/// not `src`. Since such a pattern is open, one component is all that has to be matched.
fn is_deep(pattern: &[Segment], at: usize) -> bool {
    at + 1 < pattern.len() && pattern[at] == Segment::Deep
}

fn segment_matches(segment: &Segment, name: &[u8]) -> bool {
    match segment {
        Segment::Deep => true,
        Segment::Name(tokens) => name_matches(tokens, name),
    }
}

/// Matches one component, going back only to the last star: earlier ones took the least already.
fn name_matches(tokens: &[Token], name: &[u8]) -> bool {
    let (mut token, mut at) = (0, 0);
    let mut star = None;
    while at < name.len() {
        match tokens.get(token) {
            Some(Token::Star) => {
                star = Some((token + 1, at));
                token += 1;
            }
            Some(next) if next.takes(name[at]) => {
                token += 1;
                at += 1;
            }
            _ => match star {
                Some((after, from)) => {
                    (token, at) = (after, from + 1);
                    star = Some((after, from + 1));
                }
                None => return false,
            },
        }
    }
    tokens[token..].iter().all(|rest| *rest == Token::Star)
}

/// Says whether one name can match both.
fn segments_meet(one: &Segment, two: &Segment) -> bool {
    match (one, two) {
        (Segment::Deep, _) | (_, Segment::Deep) => true,
        (Segment::Name(one), Segment::Name(two)) => names_meet(one, two),
    }
}

fn names_meet(one: &[Token], two: &[Token]) -> bool {
    let wide = two.len() + 1;
    let mut reached = vec![false; (one.len() + 1) * wide];
    reached[0] = true;
    for here in 0..=one.len() {
        for there in 0..=two.len() {
            if !reached[here * wide + there] {
                continue;
            }
            let (left, right) = (one.get(here), two.get(there));
            let stars = [left, right].map(|token| token == Some(&Token::Star));
            if stars[0] {
                reached[(here + 1) * wide + there] = true;
            }
            if stars[1] {
                reached[here * wide + there + 1] = true;
            }
            match (left, right) {
                (Some(_), Some(_)) if stars[0] => reached[here * wide + there + 1] = true,
                (Some(_), Some(_)) if stars[1] => reached[(here + 1) * wide + there] = true,
                (Some(left), Some(right)) if left.meets(right) => {
                    reached[(here + 1) * wide + there + 1] = true;
                }
                _ => {}
            }
        }
    }
    reached[reached.len() - 1]
}

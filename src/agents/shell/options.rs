//! The words of a command, told apart: options, their values, and what is left.

use super::word::Arg;

/// A command's words in their kinds.
#[derive(Debug, Default)]
pub(super) struct Options {
    /// Each option with its hyphens, and its value if it has one.
    given: Vec<(String, Option<Arg>)>,
    /// What is left.
    pub(super) operands: Vec<Arg>,
}

impl Options {
    /// Reads words of which some options take a value. An entry such as `-i=` is an option whose
    /// value, if there is any, is joined to it.
    pub(super) fn read(args: &[Arg], valued: &[&str]) -> Self {
        let mut options = Self::default();
        let mut rest = args.iter();
        while let Some(arg) = rest.next() {
            let text = String::from_utf8_lossy(&arg.text).into_owned();
            if !arg.is_known || !text.starts_with('-') || text == "-" {
                options.operands.push(arg.clone());
            } else if text == "--" {
                options.operands.extend(rest.by_ref().cloned());
            } else if text.starts_with("--") {
                let (name, value) = match text.split_once('=') {
                    Some((name, value)) => (name.to_owned(), Some(Arg::of(value.as_bytes()))),
                    None => (text.clone(), None),
                };
                let value = match value {
                    None if valued.contains(&text.as_str()) => rest.next().cloned(),
                    value => value,
                };
                options.given.push((name, value));
            } else {
                options.cluster(&text, valued, &mut rest);
            }
        }
        options
    }

    /// `-abc`, whose last letter may take a value.
    fn cluster<'a>(
        &mut self,
        text: &str,
        valued: &[&str],
        rest: &mut impl Iterator<Item = &'a Arg>,
    ) {
        let letters = text.get(1..).unwrap_or_default();
        for (at, letter) in letters.char_indices() {
            let name = format!("-{letter}");
            let joined = letters.get(at + letter.len_utf8()..).unwrap_or_default();
            if valued.contains(&name.as_str()) {
                let value = match joined {
                    "" => rest.next().cloned(),
                    joined => Some(Arg::of(joined.as_bytes())),
                };
                self.given.push((name, value));
                return;
            }
            let is_joined = valued.contains(&format!("{name}=").as_str());
            self.given.push((name, None));
            if is_joined {
                return;
            }
        }
    }

    /// Whether one of these was given.
    pub(super) fn has(&self, names: &[&str]) -> bool {
        let mut given = self.given.iter();
        given.any(|(name, _)| names.contains(&name.as_str()))
    }

    /// The values of these.
    pub(super) fn values<'a>(&'a self, names: &'a [&str]) -> impl Iterator<Item = &'a Arg> {
        let given = self.given.iter();
        given
            .filter(|(name, _)| names.contains(&name.as_str()))
            .filter_map(|(_, value)| value.as_ref())
    }

    /// The value of one of these that was given first.
    pub(super) fn value(&self, names: &[&str]) -> Option<&Arg> {
        let mut given = self.given.iter();
        let found = given.find(|(name, value)| names.contains(&name.as_str()) && value.is_some());
        found.and_then(|(_, value)| value.as_ref())
    }

    /// The operands without the first one, unless one of these options stands for it.
    pub(super) fn after_first(&self, instead: &[&str]) -> &[Arg] {
        match self.has(instead) {
            true => &self.operands,
            false => self.operands.get(1..).unwrap_or_default(),
        }
    }
}

//! Commands that put files somewhere: what arises there, and what is gone where they were.

use std::path::PathBuf;

use super::options::Options;
use super::word::{Arg, escaped};
use super::{Shell, Walk, Write};

impl Walk<'_> {
    /// `mv` and `cp`: the last one is written, or what arises in it; of what is moved, also where
    /// it was.
    pub(super) fn moved(&mut self, options: &Options, is_moved: bool, shell: &Shell) {
        let into = options.value(&["-t", "--target-directory"]);
        let (from, to) = match (into, options.operands.split_last()) {
            (Some(into), _) => (&options.operands[..], into),
            (None, Some((to, from))) => (from, to),
            (None, None) => return,
        };
        if is_moved {
            self.write_all(from, shell);
        }
        let is_dir = into.is_some() || from.len() > 1 || to.text.ends_with(b"/");
        self.arise(from, to, is_dir, shell);
    }

    pub(super) fn linked(&mut self, options: &Options, shell: &Shell) {
        let into = options.value(&["-t", "--target-directory"]);
        match (into, options.operands.as_slice()) {
            (Some(into), from) => self.arise(from, into, true, shell),
            (None, [from]) => self.arise(std::slice::from_ref(from), &Arg::of(b"."), true, shell),
            (None, [from @ .., to]) => self.arise(from, to, from.len() > 1, shell),
            (None, []) => {}
        }
    }

    /// What arises at a place, or below it where that is a directory.
    fn arise(&mut self, from: &[Arg], to: &Arg, is_dir: bool, shell: &Shell) {
        let place = shell.path(&to.text).filter(|_| to.is_known);
        let is_there = |place: &PathBuf| self.disk.is_dir(place);
        if !is_dir && !place.as_ref().is_some_and(is_there) {
            self.write(to, shell);
            return;
        }
        let Some(place) = place else { return };
        for from in from.iter().filter(|from| from.is_known) {
            // What matches a pattern keeps its name.
            let text = from.pattern.as_ref().unwrap_or(&from.text);
            let text = text.strip_suffix(b"/").unwrap_or(text);
            let name = text.rsplit(|byte| *byte == b'/').next();
            let name = name.filter(|name| !matches!(*name, b"" | b"." | b".."));
            let Some(name) = name.and_then(|name| std::str::from_utf8(name).ok()) else {
                continue;
            };
            match from.pattern {
                None => self.add(Write::Path(place.join(name))),
                Some(_) => {
                    let place = escaped(place.as_os_str().as_encoded_bytes());
                    let place = String::from_utf8_lossy(&place).into_owned();
                    self.add(Write::Pattern(format!(
                        "{}/{name}",
                        place.trim_end_matches('/')
                    )));
                }
            }
        }
    }
}

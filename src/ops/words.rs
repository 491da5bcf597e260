//! Words that are typed: labels, capabilities, rules.

use std::collections::BTreeSet;

use crate::coord::Failure;
use crate::model::text::Word;

/// Reads words, each given alone or several joined with commas; the option's name goes into the
/// error.
pub(super) fn read(typed: &[String], option: &str) -> Result<BTreeSet<Word>, Failure> {
    let parts = typed.iter().flat_map(|text| text.split(','));
    parts
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .map(|part| {
            part.parse().map_err(|why| {
                Failure::usage(
                    format!("{option}: {why}"),
                    "give one word, or several with commas",
                )
            })
        })
        .collect()
}

//! Long texts that are typed, or come by standard input.

use std::io::Read;

use crate::coord::Failure;
use crate::model::limits::LONG_BYTES_MAX;
use crate::model::text::Long;

/// Reads a text of several lines; `-` stands for standard input. The option's name goes into the
/// error.
///
/// # Errors
/// When it is blank, too long, no text, or cannot be read.
pub(super) fn long(typed: &str, option: &str) -> Result<Long, Failure> {
    let wrong = |why: String| Failure::usage(format!("{option}: {why}"), "give a text, or `-`");
    let mut text = typed.to_owned();
    if typed == "-" {
        text.clear();
        // One byte more than is kept, so that the rest is not read for nothing.
        let most = u64::try_from(LONG_BYTES_MAX).unwrap_or(u64::MAX);
        std::io::stdin()
            .take(most.saturating_add(1))
            .read_to_string(&mut text)
            .map_err(|why| wrong(format!("standard input: {why}")))?;
    }
    text.parse().map_err(wrong)
}

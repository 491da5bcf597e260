//! Long texts that are typed, or come by standard input.

use crate::coord::Failure;
use crate::model::limits::LONG_BYTES_MAX;
use crate::model::text::Long;

use super::{Caller, Context};

/// Reads a text of several lines; `-` stands for standard input. The option's name goes into the
/// error.
///
/// # Errors
/// When it is blank, too long, no text, or cannot be read.
pub(super) fn long(context: &Context<'_>, typed: &str, option: &str) -> Result<Long, Failure> {
    let wrong = |why: String| Failure::usage(format!("{option}: {why}"), "give a text, or `-`");
    let text = match (&context.caller, typed) {
        (Caller::Shell, "-") => {
            let most = u64::try_from(LONG_BYTES_MAX).unwrap_or(u64::MAX);
            context
                .read(typed, most)
                .map_err(|why| wrong(why.to_string()))?
        }
        _ => typed.to_owned(),
    };
    text.parse().map_err(wrong)
}

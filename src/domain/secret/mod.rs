//! Texts that leave for others are looked through for secrets first.
//!
//! A finding names the rule and the place, never the secret. What is none after all can be let
//! through by the name of the rule, which stands in the request and so in the log.
//!
//! No expression is compiled and nothing is allocated for a text without a finding: a command pays
//! some microseconds for a kilobyte.

mod assigned;
mod carried;
mod guess;
mod shapes;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use crate::model::refusal::Refusal;
use crate::model::text::Word;

/// What was found: a rule, and the byte at which the secret begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Finding {
    at: usize,
    rule: &'static str,
}

/// Refuses texts, each with the name of its field, in which a rule that is not allowed finds
/// something.
///
/// A decision asks this before anything else, so that a request with a secret in it is refused as
/// one, whatever else is the matter with it.
///
/// # Errors
/// [`Refusal::Secret`] for the first finding.
pub(super) fn check<'t>(
    texts: impl IntoIterator<Item = (&'t str, &'t str)>,
    allowed: &BTreeSet<Word>,
) -> Result<(), Refusal> {
    let is_asked = |rule: &str| !allowed.iter().any(|word| word.as_str() == rule);
    for (field, text) in texts {
        if let Some(Finding { rule, at }) = find(text, &is_asked) {
            return Err(Refusal::Secret {
                rule: rule.to_owned(),
                field: field.to_owned(),
                at,
            });
        }
    }
    Ok(())
}

/// Whether any rule finds something. For texts that nobody was asked about, such as a request that
/// was refused for another reason and would be remembered.
pub fn is_suspect(text: &str) -> bool {
    find(text, &|_| true).is_some()
}

/// The first finding of a rule that is asked.
fn find(text: &str, is_asked: &dyn Fn(&str) -> bool) -> Option<Finding> {
    [
        shapes::find(text, is_asked),
        carried::find(text, is_asked),
        assigned::find(text, is_asked),
    ]
    .into_iter()
    .flatten()
    .min()
}

//! Texts that leave for others are looked through for secrets first.
//!
//! A finding names the rule and the place, never the secret. What is none after all can be let
//! through by the name of the rule, which stands in the request and so in the log.

use std::collections::BTreeSet;

use crate::model::refusal::Refusal;
use crate::model::text::Word;

/// Refuses texts, each with the name of its field, in which a rule that is not allowed finds
/// something.
///
/// # Errors
/// [`Refusal::Secret`] for the first finding.
pub(super) fn check<'t>(
    texts: impl IntoIterator<Item = (&'t str, &'t str)>,
    allowed: &BTreeSet<Word>,
) -> Result<(), Refusal> {
    for (field, text) in texts {
        if let Some((rule, at)) = find(text, allowed) {
            return Err(Refusal::Secret {
                rule: rule.to_owned(),
                field: field.to_owned(),
                at,
            });
        }
    }
    Ok(())
}

fn find(text: &str, allowed: &BTreeSet<Word>) -> Option<(&'static str, usize)> {
    let is_asked = |rule: &str| !allowed.iter().any(|word| word.as_str() == rule);
    let at = text.find("-----BEGIN ")?;
    let line = text[at..].lines().next().unwrap_or_default();
    (line.contains("PRIVATE KEY-----") && is_asked("private-key")).then_some(("private-key", at))
}

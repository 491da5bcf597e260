//! What can be read without a tool: each resource is an operation that only looks, with fixed
//! arguments, so that clients which know tools only miss nothing.

use rmcp::model::{Resource, ResourceTemplate};
use serde_json::json;

use super::catalogue::{self, Entry, Object};

/// The kind of text that all of them are.
pub const MIME: &str = "application/json";

/// One resource.
struct Fixed {
    uri: &'static str,
    about: &'static str,
    does: &'static str,
    /// Arguments, as JSON.
    with: &'static str,
    /// The top directories of the state that it shows; none when it is not from there.
    shows: &'static [&'static str],
}

/// A resource for each record of a kind; what stands for the last part of its address goes into
/// the operation's argument.
struct Family {
    template: &'static str,
    prefix: &'static str,
    about: &'static str,
    does: &'static str,
    argument: &'static str,
    shows: &'static [&'static str],
}

const FIXED: &[Fixed] = &[
    fixed("coord://status", "What is going on", "status", "{}", &[]),
    fixed(
        "coord://locks",
        "What is locked, by whom and until when",
        "locks",
        "{}",
        &["locks"],
    ),
    fixed(
        "coord://tasks/ready",
        "Tasks that can be taken",
        "task ready",
        "{}",
        &["tasks", "locks"],
    ),
    fixed(
        "coord://handoffs/recent",
        "What was left for others, newest first",
        "handoff list",
        "{\"count\":20}",
        &["handoffs"],
    ),
    fixed(
        "coord://agents",
        "Who is here",
        "agent list",
        "{}",
        &["agents"],
    ),
    fixed(
        "coord://features/active",
        "Announced pieces of work",
        "feature list",
        "{}",
        &["features"],
    ),
    fixed(
        "coord://queue",
        "What is to land, and what it waits for",
        "queue list",
        "{}",
        &["queue"],
    ),
    fixed(
        "coord://memory/recent",
        "What was learned lately",
        "recall",
        "{\"limit\":20}",
        &["memory"],
    ),
    fixed(
        "coord://audit/recent",
        "Who did what, newest first",
        "log",
        "{\"count\":50}",
        ANYTHING,
    ),
    fixed(
        "coord://config",
        "Who acts here, and the settings in force",
        "whoami",
        "{\"settings\":true}",
        &[],
    ),
];

const FAMILIES: &[Family] = &[
    Family {
        template: "coord://task/{id}",
        prefix: "coord://task/",
        about: "All of one task",
        does: "task show",
        argument: "id",
        shows: &["tasks"],
    },
    Family {
        template: "coord://agent/{agent}",
        prefix: "coord://agent/",
        about: "What is known of one agent",
        does: "agent show",
        argument: "agent",
        shows: &["agents", "locks"],
    },
    Family {
        template: "coord://why/{about}",
        prefix: "coord://why/",
        about: "What is in the way of a path, task, feature or branch",
        does: "why",
        argument: "about",
        shows: ANYTHING,
    },
];

/// Every record.
const ANYTHING: &[&str] = &["*"];

const fn fixed(
    uri: &'static str,
    about: &'static str,
    does: &'static str,
    with: &'static str,
    shows: &'static [&'static str],
) -> Fixed {
    Fixed {
        uri,
        about,
        does,
        with,
        shows,
    }
}

/// The list for a client.
pub fn list() -> Vec<Resource> {
    let all = FIXED.iter().map(|fixed| {
        Resource::new(fixed.uri, fixed.uri.trim_start_matches("coord://"))
            .with_description(fixed.about)
            .with_mime_type(MIME)
    });
    all.collect()
}

/// The list of templates for a client.
pub fn templates() -> Vec<ResourceTemplate> {
    let all = FAMILIES.iter().map(|family| {
        let name = family
            .prefix
            .trim_start_matches("coord://")
            .trim_end_matches('/');
        ResourceTemplate::new(family.template, name)
            .with_description(family.about)
            .with_mime_type(MIME)
    });
    all.collect()
}

/// The operation that reads a resource; `None` when there is no such one.
pub fn operation(uri: &str) -> Option<(&'static Entry, Object)> {
    let (does, with) = match FIXED.iter().find(|fixed| fixed.uri == uri) {
        Some(fixed) => (fixed.does, serde_json::from_str(fixed.with).ok()?),
        None => {
            let family = family(uri)?;
            let value = decoded(uri.strip_prefix(family.prefix)?)?;
            let mut with = Object::new();
            with.insert(family.argument.into(), json!(value));
            (family.does, with)
        }
    };
    Some((catalogue::find(does)?, with))
}

/// Whether what a resource shows may be another after records in these directories have changed;
/// `None` when there is no such one.
pub fn is_touched(uri: &str, touched: Option<&std::collections::BTreeSet<String>>) -> Option<bool> {
    let fixed = FIXED.iter().find(|fixed| fixed.uri == uri);
    let shows = match fixed {
        Some(fixed) => fixed.shows,
        None => family(uri)?.shows,
    };
    let Some(touched) = touched else {
        return Some(true);
    };
    // The overview shows a little of everything.
    let is_all = shows == ANYTHING || uri == "coord://status";
    Some(is_all && !touched.is_empty() || shows.iter().any(|top| touched.contains(*top)))
}

fn family(uri: &str) -> Option<&'static Family> {
    FAMILIES.iter().find(|family| {
        uri.strip_prefix(family.prefix)
            .is_some_and(|rest| !rest.is_empty())
    })
}

/// Undoes the escapes of an address.
fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, more)) = rest.split_first() {
        rest = more;
        if *first != b'%' {
            bytes.push(*first);
            continue;
        }
        let (digits, more) = rest.split_at_checked(2)?;
        bytes.push(u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?);
        rest = more;
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{FIXED, decoded, is_touched, operation};

    #[test]
    fn every_resource_is_an_operation_that_only_looks() {
        let ids = [
            "coord://task/2f32",
            "coord://agent/claude",
            "coord://why/src%2Fa.rs",
        ];
        let all = FIXED.iter().map(|fixed| fixed.uri).chain(ids);
        for uri in all {
            let (entry, with) = operation(uri).unwrap_or_else(|| panic!("{uri}"));
            assert!(entry.effect.reads, "{uri}");
            assert!(entry.operation(with).is_ok(), "{uri}");
        }
        for uri in [
            "coord://nothing",
            "coord://task/",
            "file:///etc/passwd",
            "coord://task/%zz",
        ] {
            assert!(operation(uri).is_none(), "{uri}");
        }
    }

    #[test]
    fn addresses_are_unescaped() {
        assert_eq!(decoded("a%2Fb%20c").as_deref(), Some("a/b c"));
        assert_eq!(decoded("a%2"), None);
        assert_eq!(decoded("%ff"), None);
    }

    #[test]
    fn a_change_touches_what_shows_it() {
        let locks = BTreeSet::from(["locks".to_owned()]);
        for (uri, expected) in [
            ("coord://locks", Some(true)),
            ("coord://agents", Some(false)),
            ("coord://status", Some(true)),
            ("coord://audit/recent", Some(true)),
            ("coord://config", Some(false)),
            ("coord://task/1", Some(false)),
            ("coord://other", None),
        ] {
            assert_eq!(is_touched(uri, Some(&locks)), expected, "{uri}");
        }
        assert_eq!(is_touched("coord://agents", None), Some(true));
    }
}

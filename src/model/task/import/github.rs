//! Issues as `gh issue list --json number,title,body,labels,state,assignees` prints them.

use serde_json::Value;

use super::fields::Fields;
use super::json::{Object, is_over};
use super::{Draft, Drafts, Wrong, scale, titled, word};
use crate::model::limits::{LIST_MAX, LONG_BYTES_MAX};

/// What is said in place of the rest of a body that is too long.
const CUT: &str = "\n[the rest is in the issue]";
/// Labels that say what sort of task it is.
const SORTS: [(&str, &str); 6] = [
    ("bug", "bug"),
    ("enhancement", "feature"),
    ("feature", "feature"),
    ("epic", "epic"),
    ("task", "task"),
    ("review", "review"),
];
/// Words before the numbers of issues that are waited for.
const WAITS: [&str; 5] = [
    "blocked by",
    "depends on",
    "depends upon",
    "requires",
    "after",
];

/// Whether objects are such issues.
pub(super) fn is_export(objects: &[Object]) -> bool {
    let is_issue = |(_, object): &Object| {
        let is_object = |field: &str| match object.get(field) {
            Some(Value::Array(items)) => items.iter().all(Value::is_object),
            _ => false,
        };
        object.get("number").is_some_and(Value::is_u64)
            && object.contains_key("title")
            && !object.contains_key("priority")
            && (is_object("labels") || is_object("assignees") || object.contains_key("state"))
    };
    !objects.is_empty() && objects.iter().all(is_issue)
}

/// Issues as tasks: closed ones are left out.
pub(super) fn read(objects: Vec<Object>) -> Result<Drafts, Wrong> {
    let mut drafts = Drafts {
        is_open_world: true,
        ..Drafts::default()
    };
    let (mut cut, mut shared) = (0, 0);
    for (line, object) in objects {
        let mut fields = Fields::of(line, object);
        let number = fields
            .name(&["number"])?
            .ok_or_else(|| Wrong::at(line, "the issue has no `number`"))?;
        if is_over(&mut fields)? {
            drafts.skipped += 1;
            drafts.over.push(number);
            continue;
        }
        let title = fields
            .text(&["title"])?
            .ok_or_else(|| Wrong::at(line, "the issue has no `title`"))?;
        let mut new = titled(&title).map_err(|why| Wrong::at(line, why))?;
        let body = fields.text(&["body"])?.unwrap_or_default();
        let url = fields.text(&["url"])?;
        let after = waited_for(&body);
        let (body, is_cut) = short(&body, url.as_deref());
        cut += usize::from(is_cut);
        if !body.trim().is_empty() {
            new.body = Some(fields.parsed("the body", &body)?);
        }
        for label in fields.words(&["labels"])? {
            let text = label.to_lowercase();
            if let Some((_, sort)) = SORTS.iter().find(|(name, _)| *name == text) {
                new.sort = Some(word(sort).map_err(|why| fields.wrong("labels", why))?);
            }
            if let Some(priority) = priority(&text) {
                new.priority = priority;
            }
            new.labels
                .insert(word(&label).map_err(|why| fields.wrong("labels", why))?);
        }
        // By which the task is found again.
        let own = word(&format!("gh-{number}")).map_err(|why| fields.wrong("number", why))?;
        new.labels.insert(own);
        let people = fields.words(&["assignees"])?;
        shared += usize::from(people.len() > 1);
        if let [person] = people.as_slice() {
            new.assignee = Some(
                person
                    .parse()
                    .map_err(|why| fields.wrong("assignees", why))?,
            );
        }
        drafts.push(Draft {
            line,
            name: Some(number),
            new,
            parent: None,
            after,
            before: Vec::new(),
            reviews: None,
        })?;
    }
    if cut > 0 {
        let what = format!("{cut} bodies were longer than {LONG_BYTES_MAX} bytes and are cut");
        drafts.notes.push(what);
    }
    if shared > 0 {
        let what = format!("{shared} issues have several assignees and are for anybody here");
        drafts.notes.push(what);
    }
    Ok(drafts)
}

/// The body with where it comes from, as long as bodies may be.
fn short(body: &str, url: Option<&str>) -> (String, bool) {
    let mut text = body.trim_end().to_owned();
    let from = url.map(|url| format!("\n\n{url}")).unwrap_or_default();
    // A link of that length is none.
    let from = Some(from)
        .filter(|from| from.len() < 1024)
        .unwrap_or_default();
    let is_cut = text.len() + from.len() > LONG_BYTES_MAX;
    if is_cut {
        let mut end = LONG_BYTES_MAX - from.len() - CUT.len();
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        text.truncate(end);
        text.push_str(CUT);
    }
    (text + &from, is_cut)
}

/// How urgent a label says that something is: `p1`, `priority: high`, `priority/high`.
pub fn priority(label: &str) -> Option<crate::model::task::Priority> {
    let rest = label.strip_prefix("priority");
    let rest = rest.or(label.strip_prefix("prio"));
    let said = match rest {
        Some(rest) => rest.trim_start_matches([':', '/', '-', '=', ' ']),
        None if label.len() == 2 && label.starts_with('p') => label,
        None => return None,
    };
    scale::of_text(said).ok().filter(|_| !said.is_empty())
}

/// The numbers in lines such as `Blocked by #12, #13`.
fn waited_for(body: &str) -> Vec<String> {
    let mut found = Vec::new();
    for line in body.lines() {
        let line = line
            .trim()
            .trim_start_matches(['-', '*', '_', ' '])
            .to_lowercase();
        let Some(rest) = WAITS.iter().find_map(|words| line.strip_prefix(words)) else {
            continue;
        };
        for part in rest.split('#').skip(1) {
            let digits = part.bytes().take_while(u8::is_ascii_digit).count();
            let number = part[..digits].to_owned();
            if digits > 0 && found.len() < LIST_MAX && !found.contains(&number) {
                found.push(number);
            }
        }
    }
    found
}

//! Following the references of a text: to its own tasks, to those that are over, and to tasks that
//! exist.

use std::collections::{BTreeMap, BTreeSet};

use super::{Draft, Drafts, Imported, Parent, Reading, Wrong};
use crate::model::id::Id;
use crate::model::limits::LIST_MAX;
use crate::model::task::New;
use crate::model::text::Word;

/// Most references that are told to lead nowhere.
const TOLD_MAX: usize = 5;

/// What a name of the text is.
#[derive(Clone, Copy)]
enum Named {
    /// The draft with this number.
    Task(usize),
    Over,
    /// Several titles are the same.
    Several,
}

/// The tasks with our ids in place of the text's names.
pub(super) fn link(drafts: Drafts, how: &Reading<'_>) -> Result<Imported, Wrong> {
    let names = names(&drafts)?;
    let Drafts {
        mut all,
        skipped,
        mut notes,
        by_title,
        is_open_world,
        ..
    } = drafts;
    let find = |name: &str| {
        let lower = name.to_lowercase();
        let found = names.get(name);
        found
            .or_else(|| names.get(&lower).filter(|_| by_title))
            .copied()
    };
    let mut nowhere = Vec::new();
    // Who waits for whom, by numbers, and for tasks that exist by their ids.
    let mut inside: Vec<BTreeSet<usize>> = vec![BTreeSet::new(); all.len()];
    let mut outside: Vec<BTreeSet<Id>> = vec![BTreeSet::new(); all.len()];
    let mut parents: Vec<Option<Result<usize, Id>>> = vec![None; all.len()];
    let mut reviews: Vec<Option<Result<usize, Id>>> = vec![None; all.len()];
    let mut look = |draft: &Draft, field: &str, name: &str| {
        let found = follow(find(name), draft, field, name, is_open_world)?;
        if matches!(found, Found::Nowhere) {
            nowhere.push(name.to_owned());
        }
        Ok(found.into_other())
    };
    for (at, draft) in all.iter().enumerate() {
        for name in &draft.after {
            match look(draft, "depends", name)? {
                Some(Ok(other)) => drop(inside[at].insert(other)),
                Some(Err(id)) => drop(outside[at].insert(id)),
                None => {}
            }
        }
        for name in &draft.before {
            match look(draft, "blocks", name)? {
                Some(Ok(other)) => drop(inside[other].insert(at)),
                Some(Err(id)) => {
                    let what = format!("`blocks`: `{id}` is not in this text, and is not changed");
                    return Err(Wrong::at(draft.line, what));
                }
                None => {}
            }
        }
        parents[at] = match &draft.parent {
            Some(Parent::Nested(other)) => Some(Ok(*other)),
            Some(Parent::Named(name)) => look(draft, "parent", name)?,
            None => None,
        };
        if let Some(name) = &draft.reviews {
            reviews[at] = look(draft, "reviews", name)?;
        }
    }
    refuse_circles(&all, "waits for", &inside)?;
    let above = |parent: &Option<Result<usize, Id>>| {
        let parent = parent.as_ref().and_then(|parent| parent.as_ref().ok());
        parent.copied().into_iter().collect()
    };
    let above: Vec<BTreeSet<usize>> = parents.iter().map(above).collect();
    refuse_circles(&all, "is a part of", &above)?;
    let mut is_named: BTreeSet<usize> = inside.iter().flatten().copied().collect();
    is_named.extend(
        parents
            .iter()
            .chain(&reviews)
            .filter_map(|one| one.clone()?.ok()),
    );
    let ids = ids(&mut all, &is_named, how);
    let id_of = |number: usize| ids.get(&number).cloned();
    let other = |found: Option<Result<usize, Id>>| match found {
        Some(Ok(number)) => id_of(number),
        Some(Err(id)) => Some(id),
        None => None,
    };
    for (at, (draft, (parent, reviewed))) in all
        .iter_mut()
        .zip(parents.into_iter().zip(reviews))
        .enumerate()
    {
        draft.new.parent = other(parent);
        draft.new.reviews = other(reviewed);
        draft.new.depends = inside[at]
            .iter()
            .filter_map(|number| id_of(*number))
            .collect();
        draft.new.depends.append(&mut outside[at]);
        if draft.new.depends.len() > LIST_MAX {
            let what = format!("it waits for more than {LIST_MAX} tasks");
            return Err(Wrong::at(draft.line, what));
        }
    }
    if !nowhere.is_empty() {
        let some: Vec<&str> = nowhere.iter().map(String::as_str).take(TOLD_MAX).collect();
        notes.push(format!(
            "{} references lead out of this text and are not waited for: {}",
            nowhere.len(),
            some.join(", ")
        ));
    }
    let name = |(number, draft): (usize, &Draft)| Some((draft.name.clone()?, id_of(number)?));
    Ok(Imported {
        names: all.iter().enumerate().filter_map(name).collect(),
        tasks: all.into_iter().map(|draft| draft.new).collect(),
        skipped,
        notes,
    })
}

/// Where a reference leads.
enum Found {
    Task(usize),
    Exists(Id),
    /// To what is over: nobody waits for it.
    Over,
    Nowhere,
}

impl Found {
    fn into_other(self) -> Option<Result<usize, Id>> {
        match self {
            Self::Task(number) => Some(Ok(number)),
            Self::Exists(id) => Some(Err(id)),
            Self::Over | Self::Nowhere => None,
        }
    }
}

fn follow(
    named: Option<Named>,
    draft: &Draft,
    field: &str,
    name: &str,
    is_open_world: bool,
) -> Result<Found, Wrong> {
    let shown: String = name.escape_debug().take(80).collect();
    let wrong = |why: &str| Wrong::at(draft.line, format!("`{field}`: {why}"));
    match named {
        Some(Named::Task(number)) => Ok(Found::Task(number)),
        Some(Named::Over) => Ok(Found::Over),
        Some(Named::Several) => Err(wrong(&format!(
            "several tasks are called `{shown}`; give the one a name of its own, such as `(id: x)`"
        ))),
        None if is_open_world => Ok(Found::Nowhere),
        None => name.parse().map(Found::Exists).map_err(|_| {
            wrong(&format!(
                "there is no `{shown}` in this text, and it is no id of a task that exists"
            ))
        }),
    }
}

/// Every name and what it names.
fn names(drafts: &Drafts) -> Result<BTreeMap<String, Named>, Wrong> {
    let mut names: BTreeMap<String, Named> = BTreeMap::new();
    if drafts.by_title {
        for (number, draft) in drafts.all.iter().enumerate() {
            let title = draft.new.title.as_str().to_lowercase();
            let is_first = !names.contains_key(&title);
            let named = if is_first {
                Named::Task(number)
            } else {
                Named::Several
            };
            names.insert(title, named);
        }
    }
    for name in &drafts.over {
        let name = if drafts.by_title {
            name.to_lowercase()
        } else {
            name.clone()
        };
        names.entry(name).or_insert(Named::Over);
    }
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    for (number, draft) in drafts.all.iter().enumerate() {
        let Some(name) = &draft.name else { continue };
        if let Some(line) = seen.insert(name, draft.line) {
            let name: String = name.escape_debug().take(80).collect();
            let what = format!("the id `{name}` was in line {line} already");
            return Err(Wrong::at(draft.line, what));
        }
        names.insert(name.clone(), Named::Task(number));
    }
    Ok(names)
}

/// The ids of those that are named by others, or keep their names.
fn ids(all: &mut [Draft], is_named: &BTreeSet<usize>, how: &Reading<'_>) -> BTreeMap<usize, Id> {
    let mut ids = BTreeMap::new();
    let mut taken: BTreeSet<Id> = BTreeSet::new();
    let kept = |draft: &Draft| -> Option<Id> {
        let name = draft.name.as_deref().filter(|_| how.keep_ids)?;
        name.parse().ok()
    };
    taken.extend(all.iter().filter_map(kept));
    let mut count: u32 = 0;
    if let Some(source) = how.once {
        for (number, draft) in all.iter_mut().enumerate() {
            let (key, id) = known_again(source, draft, &mut taken);
            draft.new.idempotency = key.parse().ok();
            draft.new.id = Some(id.clone());
            ids.insert(number, id);
        }
        return ids;
    }
    for (number, draft) in all.iter_mut().enumerate() {
        let id = match kept(draft) {
            Some(id) => id,
            None if draft.name.is_some() || is_named.contains(&number) => loop {
                let id = Id::of_op(how.seed, count);
                count = count.wrapping_add(1);
                if taken.insert(id.clone()) {
                    break id;
                }
            },
            None => continue,
        };
        let new: &mut New = &mut draft.new;
        new.id = Some(id.clone());
        ids.insert(number, id);
    }
    ids
}

/// The key and the id by which a task is known when its text is read again: they are made of what
/// the text calls it, and of its title when that is nothing.
fn known_again(source: &Word, draft: &Draft, taken: &mut BTreeSet<Id>) -> (String, Id) {
    let (kind, name) = match &draft.name {
        Some(name) => ("name", name.as_str()),
        None => ("title", draft.new.title.as_str()),
    };
    let mut nth = 0;
    loop {
        let name = Id::of_text(&format!("{kind} {nth} {name}"));
        let key = format!("{source}:{name}");
        let id = Id::of_text(&key);
        if taken.insert(id.clone()) {
            return (key, id);
        }
        nth += 1;
    }
}

/// Tasks in a circle are named as the text names them, before anybody has seen an id.
fn refuse_circles(all: &[Draft], relation: &str, edges: &[BTreeSet<usize>]) -> Result<(), Wrong> {
    // 0 was not seen, 1 is on the way, 2 leads into no circle.
    let mut marks = vec![0_u8; all.len()];
    for start in 0..all.len() {
        let mut way: Vec<(usize, Vec<usize>)> = Vec::new();
        let mut next = Some(start).filter(|start| marks[*start] == 0);
        loop {
            if let Some(number) = next.take() {
                marks[number] = 1;
                way.push((number, edges[number].iter().copied().collect()));
            }
            let Some((number, rest)) = way.last_mut() else {
                break;
            };
            match rest.pop() {
                Some(other) if marks[other] == 0 => next = Some(other),
                Some(other) if marks[other] == 1 => {
                    let begin = way.iter().position(|(number, _)| *number == other);
                    let circle = &way[begin.unwrap_or_default()..];
                    let names = circle.iter().map(|(number, _)| *number).chain([other]);
                    let names: Vec<String> = names.take(10).map(|at| shown(&all[at])).collect();
                    let what = names.join(&format!(" {relation} "));
                    return Err(Wrong::at(all[other].line, format!("a circle: {what}")));
                }
                Some(_) => {}
                None => {
                    marks[*number] = 2;
                    way.pop();
                }
            }
        }
    }
    Ok(())
}

fn shown(draft: &Draft) -> String {
    let name = draft.name.as_deref().unwrap_or(draft.new.title.as_str());
    let name: String = name.escape_debug().take(40).collect();
    format!("`{name}`")
}

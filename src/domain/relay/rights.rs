//! What people may ask for on the pages of the host, by what the host lets them do.

use crate::model::forge::{Permission, issue_of};
use crate::model::key::Key;
use crate::model::refusal::Refusal;
use crate::model::request::{Request, Unlock, Which};
use crate::model::{queue, task};

use super::not_allowed;

/// The least that somebody has to be let do by the host to ask for this on a page; nothing when it
/// cannot be asked for there at all. Whether it is theirs to change is for the decision itself.
pub fn needed(request: &Request) -> Option<Permission> {
    use Permission::{Maintain, Triage, Write};
    match request {
        // To pause a feature is to lock its pause.
        Request::Lock(lock) if lock.keys.iter().all(is_pause) => Some(Triage),
        Request::Unlock(Unlock {
            which: Which::Keys(keys),
        }) if keys.iter().all(is_pause) => Some(Triage),
        Request::Lock(_) | Request::Unlock(_) => Some(Write),
        Request::Steal(_) => Some(Maintain),
        Request::Task(task::Ask::Edit(edit)) => Some(if is_sorting(edit) { Triage } else { Write }),
        // Whoever sorts issues says which of them are tasks.
        Request::Task(task::Ask::Add(add)) if is_issue(add) => Some(Triage),
        Request::Task(task::Ask::Next(_)) => None,
        Request::Task(_) => Some(Write),
        Request::Queue(queue::Ask::Add(_) | queue::Ask::Retry(_) | queue::Ask::Drop(_)) => {
            Some(Write)
        }
        Request::Queue(queue::Ask::Pause(_)) => Some(Maintain),
        Request::Queue(_)
        | Request::Renew(_)
        | Request::Leave(_)
        | Request::Handoff(_)
        | Request::Memory(_)
        | Request::Agent(_)
        | Request::Message(_)
        | Request::Feature(_)
        | Request::Land(_)
        | Request::Value(_)
        | Request::Gc(_)
        | Request::Relay(_)
        | Request::Note(_)
        | Request::Adopt(_)
        | Request::Compact(_) => None,
    }
}

/// Whether somebody may ask for it.
///
/// # Errors
/// The refusal, which says what it takes.
pub fn check(permission: Permission, request: &Request) -> Result<(), Refusal> {
    let what = request.in_short();
    match needed(request) {
        Some(needed) if permission >= needed => Ok(()),
        Some(needed) => Err(not_allowed(format!(
            "`{what}` takes the right to {}, and this is somebody with the right to {}",
            word(needed),
            word(permission)
        ))),
        None => Err(not_allowed(format!(
            "`{what}` cannot be asked for on a page"
        ))),
    }
}

/// Whether somebody may decide about what belongs to others: who runs the repository, and about tasks
/// whoever may write, as the host lets them close anybody's issue.
pub fn vouches(permission: Permission, request: &Request) -> bool {
    match request {
        Request::Task(_) => permission >= Permission::Write,
        _ => permission >= Permission::Maintain,
    }
}

fn word(permission: Permission) -> &'static str {
    match permission {
        Permission::None => "nothing",
        other => other.as_str(),
    }
}

/// Whether it makes a task of an issue.
fn is_issue(add: &task::Add) -> bool {
    let mut ids = add.tasks.iter().map(|new| new.id.as_ref());
    add.tasks.len() == 1 && ids.all(|id| id.is_some_and(|id| issue_of(id.as_str()).is_some()))
}

fn is_pause(key: &Key) -> bool {
    key.paused_feature().is_some()
}

/// Whether it only says how urgent a task is, whose it is and how it is found.
fn is_sorting(edit: &task::Edit) -> bool {
    let task::Edit {
        id: _,
        title,
        body,
        sort,
        priority: _,
        add_labels: _,
        remove_labels: _,
        add_depends,
        remove_depends,
        feature,
        no_feature,
        on_fail,
        keys,
        assignee: _,
        unassign: _,
        deadline,
        rev: _,
        allow_secrets,
    } = edit;
    title.is_none()
        && body.is_none()
        && sort.is_none()
        && add_depends.is_empty()
        && remove_depends.is_empty()
        && feature.is_none()
        && !no_feature
        && on_fail.is_none()
        && keys.is_none()
        && deadline.is_none()
        && allow_secrets.is_empty()
}

//! Branches of features, and where features land.

use crate::coord::Failure;
use crate::model::feature::Feature;
use crate::model::object_id::ObjectId;
use crate::model::text::Text;

use super::Context;

/// Where features land when nothing says so.
const TARGETS: [&str; 2] = ["main", "master"];

/// The current branch, unless features land there.
pub(super) fn own(context: &Context<'_>) -> Option<String> {
    let coord = &context.coord;
    let target = coord.settings().main_branch.as_deref();
    let is_target = |branch: &str| match target {
        Some(target) => branch == target,
        None => TARGETS.contains(&branch),
    };
    coord.current_branch().filter(|branch| !is_target(branch))
}

/// The commit of a branch, as this clone has it: its own, or else that of the remote.
pub(super) fn tip(context: &Context<'_>, branch: &str) -> Result<Option<ObjectId>, Failure> {
    let coord = &context.coord;
    let remote = coord.settings().remote.as_deref().unwrap_or("origin");
    for name in [
        format!("refs/heads/{branch}"),
        format!("refs/remotes/{remote}/{branch}"),
    ] {
        if let Some(tip) = coord.commit_named(&name)? {
            return Ok(Some(tip));
        }
    }
    Ok(None)
}

/// Where features land: what was named, `coord.mainBranch`, or what looks like it.
///
/// # Errors
/// When there is no such branch.
pub(super) fn target(
    context: &Context<'_>,
    named: Option<&str>,
) -> Result<(String, ObjectId), Failure> {
    let coord = &context.coord;
    let set = named.or(coord.settings().main_branch.as_deref());
    if let Some(name) = set {
        let name = name.strip_prefix("refs/heads/").unwrap_or(name);
        return match tip(context, name)? {
            Some(tip) => Ok((name.to_owned(), tip)),
            None => Err(Failure::usage(
                format!("there is no branch `{}`", name.escape_debug()),
                "name where features land with `--onto`, or set `coord.mainBranch`",
            )),
        };
    }
    for name in TARGETS {
        if let Some(tip) = tip(context, name)? {
            return Ok((name.to_owned(), tip));
        }
    }
    Err(Failure::usage(
        "it is not known where features land",
        "name the branch with `--onto`, or set `coord.mainBranch`",
    ))
}

/// The branch of a feature and where it is, if this clone has it.
pub(super) fn of(
    context: &Context<'_>,
    feature: &Feature,
) -> Result<Option<(Text, ObjectId)>, Failure> {
    let Some(branch) = &feature.branch else {
        return Ok(None);
    };
    let tip = tip(context, branch.as_str())?;
    Ok(tip.map(|tip| (branch.clone(), tip)))
}

/// Why there is none.
pub(super) fn missing(feature: &Feature) -> Failure {
    let id = &feature.id;
    match &feature.branch {
        None => Failure::usage(
            format!("feature `{id}` has no branch"),
            format!("name it with `git coord feature update {id} --branch BRANCH`"),
        ),
        Some(branch) => Failure::usage(
            format!(
                "branch `{}` of feature `{id}` is not in this clone",
                branch.as_str().escape_debug()
            ),
            "get it with `git fetch`",
        ),
    }
}

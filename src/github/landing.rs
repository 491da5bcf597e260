//! Landing where GitHub has a word in it: a protected branch wants to see statuses on a commit before it
//! is pushed, or takes nothing but pull requests that GitHub merges itself.
//!
//! A change is sent once. What was not answered is looked for, and only what is seen counts.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::coord::Failure;
use crate::coord::train::{Candidate, Host, Merged, Method as Merging, Said};
use crate::model::branch::Branch;
use crate::model::object_id::ObjectId;
use crate::model::text::shown;

use super::{Client, Method, Trouble};

/// The status that says that the queue has certified a commit.
const CONTEXT: &str = "coord/queue";
/// Longest description of a status, in characters.
const ABOUT_CHARS_MAX: usize = 140;
/// Most pages that are read of one list.
const PAGES_MAX: usize = 20;
/// How soon checks are looked for again while they are waited for; each time later, up to the longest:
/// every look costs calls, of which an hour has so many.
const PAUSE: Duration = Duration::from_secs(3);
const PAUSE_MAX: Duration = Duration::from_secs(30);

/// Speaks with GitHub for the merge queue.
pub struct Lander {
    client: Client,
    method: Merging,
    wait: Duration,
}

impl Lander {
    /// One that merges in this way, and waits so long for checks of others.
    pub fn new(client: Client, method: Merging, wait: Duration) -> Self {
        Self {
            client,
            method,
            wait,
        }
    }

    fn failed(&self, trouble: Trouble) -> Failure {
        trouble.into_failure(self.client.place().host())
    }

    /// All of a list, whose items are in this field, or which is the answer itself.
    fn all(&self, path: &str, field: Option<&str>) -> Result<Vec<Value>, Trouble> {
        let mut all = Vec::new();
        let mut next = Some(path.to_owned());
        for _ in 0..PAGES_MAX {
            let Some(path) = next else { break };
            let mut answer = self.client.get(&path, None)?;
            let list = match field {
                Some(field) => answer.body[field].take(),
                None => answer.body.take(),
            };
            let Value::Array(items) = list else {
                let why = "a list was expected".into();
                return Err(Trouble::Odd { status: 200, why });
            };
            all.extend(items);
            next = answer.next;
        }
        Ok(all)
    }

    /// The statuses and check runs of a commit that say yes. Where a status and a run have the same name,
    /// GitHub wants to see both green.
    fn passed(&self, sha: &str) -> Result<BTreeSet<String>, Trouble> {
        let text = |value: &Value, name: &str| value[name].as_str().unwrap_or_default().to_owned();
        let statuses = self.statuses(sha)?;
        let statuses = statuses
            .iter()
            .map(|one| (text(one, "context"), one["state"] == "success"));
        let path = format!("/commits/{sha}/check-runs?per_page=100&filter=latest");
        let runs = self.all(&self.client.path(&path), Some("check_runs"))?;
        // GitHub counts these as passed.
        let good = ["success", "neutral", "skipped"];
        let runs = runs.iter().map(|run| {
            let ended = run["conclusion"].as_str();
            (
                text(run, "name"),
                ended.is_some_and(|is| good.contains(&is)),
            )
        });
        let (green, other): (Vec<_>, Vec<_>) = statuses.chain(runs).partition(|(_, is)| *is);
        let other: BTreeSet<String> = other.into_iter().map(|(name, _)| name).collect();
        let green = green.into_iter().map(|(name, _)| name);
        Ok(green.filter(|name| !other.contains(name)).collect())
    }

    /// The newest status of each context of a commit.
    fn statuses(&self, sha: &str) -> Result<Vec<Value>, Trouble> {
        let path = format!("/commits/{sha}/status?per_page=100");
        self.all(&self.client.path(&path), Some("statuses"))
    }

    /// What a branch wants to see on a commit, by its protection and by rules.
    fn required(&self, target: &Branch) -> Result<BTreeSet<String>, Trouble> {
        let name = escaped(target.as_str());
        let texts = |list: &Value, field: Option<&str>| -> Vec<String> {
            let items = list.as_array().into_iter().flatten();
            let item = |item: &Value| match field {
                Some(field) => item[field].as_str().map(str::to_owned),
                None => item.as_str().map(str::to_owned),
            };
            items.filter_map(item).collect()
        };
        let path = self.client.path(&format!("/branches/{name}"));
        let branch = self.client.get(&path, None)?.body;
        let wanted = &branch["protection"]["required_status_checks"];
        let mut required: BTreeSet<String> = texts(&wanted["contexts"], None).into_iter().collect();
        required.extend(texts(&wanted["checks"], Some("context")));
        let path = self
            .client
            .path(&format!("/rules/branches/{name}?per_page=100"));
        match self.all(&path, None) {
            Ok(rules) => {
                for rule in rules {
                    let wanted = &rule["parameters"]["required_status_checks"];
                    required.extend(texts(wanted, Some("context")));
                }
            }
            // A server that has none yet, or a plan without them.
            Err(Trouble::Missing(_) | Trouble::Forbidden(_)) => {}
            Err(why) => return Err(why),
        }
        Ok(required)
    }

    /// Says on a commit that the queue has certified it, unless that is there.
    fn say(&self, sha: &str, what: &str) -> Result<(), Trouble> {
        if self.passed(sha)?.contains(CONTEXT) {
            return Ok(());
        }
        match self.set(sha, "success", what) {
            Ok(()) => Ok(()),
            Err(why) if is_open(&why) && self.passed(sha)?.contains(CONTEXT) => Ok(()),
            Err(why) => Err(why),
        }
    }

    /// Takes it back, if it was said: whoever merges by hand, and GitHub by itself, would take it for
    /// something that is about the target of today.
    fn unsay(&self, sha: &str) -> Result<(), Trouble> {
        let statuses = self.statuses(sha)?;
        let is_said =
            |one: &Value| one["context"] == CONTEXT && one["state"].as_str() == Some("success");
        match statuses.iter().any(is_said) {
            true => self.set(sha, "pending", "not landed now: see `git coord queue why`"),
            false => Ok(()),
        }
    }

    fn set(&self, sha: &str, state: &str, what: &str) -> Result<(), Trouble> {
        let about: String = shown(what).chars().take(ABOUT_CHARS_MAX).collect();
        let body = json!({"state": state, "context": CONTEXT, "description": about});
        let path = self.client.path(&format!("/statuses/{sha}"));
        self.client.send(Method::Post, &path, Some(&body))?;
        Ok(())
    }

    /// Waits until a commit has what a branch wants to see on it, but for what is said later; says what is
    /// missing in the end.
    fn awaited(&self, target: &Branch, sha: &str, later: &[&str]) -> Result<Vec<String>, Trouble> {
        let mut required = self.required(target)?;
        required.retain(|name| !later.contains(&name.as_str()));
        let start = Instant::now();
        let mut pause = PAUSE;
        loop {
            let passed = match required.is_empty() {
                true => BTreeSet::new(),
                false => self.passed(sha)?,
            };
            let missing: Vec<String> = required.difference(&passed).cloned().collect();
            let left = self.wait.saturating_sub(start.elapsed());
            if missing.is_empty() || left.is_zero() {
                return Ok(missing);
            }
            std::thread::sleep(pause.min(left));
            pause = (pause * 2).min(PAUSE_MAX);
        }
    }

    /// The pull requests of a branch of this repository into another one, the newest first.
    fn pulls(&self, target: &Branch, branch: &Branch) -> Result<Vec<Value>, Trouble> {
        let repo = &self.client.place().repo;
        let path = format!(
            "/pulls?state=all&head={}:{}&base={}&per_page=100",
            escaped(repo.owner()),
            escaped(branch.as_str()),
            escaped(target.as_str())
        );
        let mut all = self.all(&self.client.path(&path), None)?;
        let here = repo.to_string();
        all.retain(|pull| {
            let home = pull["head"]["repo"]["full_name"].as_str();
            pull["head"]["ref"] == branch.as_str()
                && pull["base"]["ref"] == target.as_str()
                && home.is_some_and(|home| home.eq_ignore_ascii_case(&here))
        });
        Ok(all)
    }

    /// The commit that came of a pull request, if it is merged.
    fn merged_as(&self, number: u64) -> Result<Option<ObjectId>, Trouble> {
        let path = self.client.path(&format!("/pulls/{number}"));
        let pull = self.client.get(&path, None)?.body;
        let commit = pull["merge_commit_sha"].as_str();
        let commit = commit.and_then(|sha| sha.parse().ok());
        Ok(commit.filter(|_| pull["merged"] == true))
    }

    fn try_merge(&self, wanted: &Candidate<'_>) -> Result<Said<ObjectId>, Trouble> {
        let Candidate { target, branch, .. } = wanted;
        let pulls = self.pulls(target, branch)?;
        let number = |pull: &Value| pull["number"].as_u64().unwrap_or_default();
        let is_its =
            |pull: &&Value| id(&pull["head"]["sha"]).is_some_and(|it| (wanted.is_its)(&it));
        let (open, over): (Vec<_>, Vec<_>) = pulls.iter().partition(|pull| pull["state"] == "open");
        let open = open.iter().copied().find(is_its).or(open.first().copied());
        // What was merged earlier may have been taken back since: one that is open is to be merged.
        if !open.is_some_and(|pull| is_its(&pull)) {
            for pull in over.iter().copied().filter(is_its) {
                let is_since = merged(pull).is_some_and(|one| one.is_since(wanted.since));
                if is_since && let Some(commit) = self.merged_as(number(pull))? {
                    return Ok(Said::Yes(commit));
                }
            }
        }
        let Some(pull) = open else {
            let why = format!("there is no open pull request of `{branch}` into `{target}`");
            return Ok(Said::NotYet(why));
        };
        let (number, sealed) = (number(pull), wanted.sealed);
        let Some(head) = id(&pull["head"]["sha"]).filter(wanted.is_its) else {
            let why = format!(
                "pull request {number} has another commit than the sealed {}: put the branch in line \
                 again",
                sealed.short()
            );
            return Ok(Said::NotYet(why));
        };
        if pull["draft"] == true {
            return Ok(Said::NotYet(format!("pull request {number} is a draft")));
        }
        if head != sealed && self.method != Merging::Squash {
            let why = format!(
                "pull request {number} has requests on top of {}, and merging it would take those along: \
                 set `coord.landMethod` to `squash`, or `coord.landMode` to `status-then-push`",
                sealed.short()
            );
            return Ok(Said::NotYet(why));
        }
        let said = self.merge_certified(wanted, number, &head.to_string());
        let is_over = match &said {
            Ok(Said::Yes(_)) => true,
            Ok(Said::NotYet(_) | Said::Moved) => false,
            Err(why) => why.is_for_all(),
        };
        if !is_over {
            let unsaid = self.unsay(&head.to_string());
            // The merge's own trouble comes before that of taking a word back.
            said.and_then(|said| unsaid.map(|()| said))
        } else {
            said
        }
    }

    /// Says yes to this head when nothing else is missing, and has it merged at once.
    fn merge_certified(
        &self,
        wanted: &Candidate<'_>,
        number: u64,
        sha: &str,
    ) -> Result<Said<ObjectId>, Trouble> {
        let not_merged = |why: &str| {
            let why = format!("pull request {number} is not merged: {why}");
            Ok(Said::NotYet(why))
        };
        let missing = self.awaited(wanted.target, sha, &[CONTEXT])?;
        if !missing.is_empty() {
            return Ok(Said::NotYet(lacks(wanted.target, sha, &missing)));
        }
        // A commit takes only so many statuses.
        if let Err(why) = self.say(sha, wanted.what) {
            return match why {
                Trouble::Invalid(why) => not_merged(&why),
                why => Err(why),
            };
        }
        if (wanted.has_moved)() {
            return Ok(Said::Moved);
        }
        let method = match self.method {
            Merging::Merge => "merge",
            Merging::Squash => "squash",
            Merging::Rebase => "rebase",
        };
        let body = json!({"sha": sha, "merge_method": method});
        let path = self.client.path(&format!("/pulls/{number}/merge"));
        match self.client.send(Method::Put, &path, Some(&body)) {
            Ok(answer) if answer.body["merged"] == true => match id(&answer.body["sha"]) {
                Some(commit) => Ok(Said::Yes(commit)),
                None => self.seen(number),
            },
            Ok(_) => self.seen(number),
            // GitHub's own no: moved meanwhile, not mergeable, a rule of the branch. Or it was quicker.
            Err(Trouble::Conflict(why) | Trouble::Invalid(why)) => match self.merged_as(number)? {
                Some(commit) => Ok(Said::Yes(commit)),
                None => not_merged(&why),
            },
            // About this one alone: others may be merged all the same.
            Err(Trouble::Forbidden(why) | Trouble::Missing(why) | Trouble::Gone(why)) => {
                not_merged(&format!(
                    "{why}; the token may not do this, so somebody else has to: one that changes workflows \
                     takes a right of its own"
                ))
            }
            Err(why) if is_open(&why) => match self.merged_as(number)? {
                Some(commit) => Ok(Said::Yes(commit)),
                None => Err(why),
            },
            Err(why) => Err(why),
        }
    }

    /// What became of a merge that was answered oddly.
    fn seen(&self, number: u64) -> Result<Said<ObjectId>, Trouble> {
        Ok(match self.merged_as(number)? {
            Some(commit) => Said::Yes(commit),
            None => Said::NotYet(format!("pull request {number} is not merged")),
        })
    }
}

impl Host for Lander {
    fn allow(&self, target: &Branch, commit: &ObjectId, what: &str) -> Result<Said<()>, Failure> {
        let sha = commit.to_string();
        let missing = self
            .say(&sha, what)
            .and_then(|()| self.awaited(target, &sha, &[]))
            .map_err(|why| self.failed(why))?;
        Ok(match missing.is_empty() {
            true => Said::Yes(()),
            false => Said::NotYet(lacks(target, &sha, &missing)),
        })
    }

    fn merge(&self, wanted: &Candidate<'_>) -> Result<Said<ObjectId>, Failure> {
        self.try_merge(wanted).map_err(|why| self.failed(why))
    }

    fn merged(&self, target: &Branch) -> Result<Vec<Merged>, Failure> {
        // One page: what was merged since the queue was run last.
        let path = format!(
            "/pulls?state=closed&base={}&sort=updated&direction=desc&per_page=100",
            escaped(target.as_str())
        );
        let answer = self.client.get(&self.client.path(&path), None);
        let answer = answer.map_err(|why| self.failed(why))?;
        let pulls = answer.body.as_array().cloned().unwrap_or_default();
        let pulls = pulls
            .iter()
            .filter(|pull| pull["base"]["ref"] == target.as_str());
        Ok(pulls.filter_map(merged).collect())
    }
}

fn id(value: &Value) -> Option<ObjectId> {
    value.as_str()?.parse().ok()
}

/// How a pull request of a list was merged, if it was.
fn merged(pull: &Value) -> Option<Merged> {
    Some(Merged {
        head: id(&pull["head"]["sha"])?,
        commit: id(&pull["merge_commit_sha"])?,
        at: serde_json::from_value(pull["merged_at"].clone()).ok()?,
    })
}

/// Whether it may have been done all the same.
fn is_open(why: &Trouble) -> bool {
    matches!(
        why,
        Trouble::Unreached(_) | Trouble::Broken { .. } | Trouble::Odd { .. }
    )
}

fn lacks(target: &Branch, sha: &str, missing: &[String]) -> String {
    let missing: Vec<String> = missing.iter().map(|name| shown(name)).collect();
    format!(
        "`{target}` wants to see {} on {}, and it is not there, or not green",
        missing.join(", "),
        sha.get(..10).unwrap_or(sha)
    )
}

/// A text as one part of an address.
fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                escaped.push(char::from(byte));
            }
            other => escaped.push_str(&format!("%{other:02X}")),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn a_branch_is_one_part_of_an_address() {
        assert_eq!(escaped("feat/a b?x=1&y#z"), "feat%2Fa%20b%3Fx%3D1%26y%23z");
        assert_eq!(escaped("größe"), "gr%C3%B6%C3%9Fe");
    }
}

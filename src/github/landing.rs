//! Landing where GitHub has a word in it: a protected branch wants to see statuses on a commit before it
//! is pushed, or takes nothing but pull requests that GitHub merges itself.
//!
//! A change is sent once. What was not answered is looked for, and only what is seen counts.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::coord::Failure;
use crate::coord::train::{Host, Method as Merging, Said};
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
/// How often checks are looked for while they are waited for.
const PAUSE: Duration = Duration::from_secs(3);

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

    /// The statuses and check runs of a commit that say yes.
    fn passed(&self, sha: &str) -> Result<BTreeSet<String>, Trouble> {
        let text = |value: &Value, name: &str| value[name].as_str().unwrap_or_default().to_owned();
        let path = format!("/commits/{sha}/status?per_page=100");
        let statuses = self.all(&self.client.path(&path), Some("statuses"))?;
        let good = statuses.iter().filter(|one| one["state"] == "success");
        let mut passed: BTreeSet<String> = good.map(|one| text(one, "context")).collect();
        let path = format!("/commits/{sha}/check-runs?per_page=100&filter=latest");
        let runs = self.all(&self.client.path(&path), Some("check_runs"))?;
        // GitHub counts these as passed.
        let good = ["success", "neutral", "skipped"];
        let good = runs.iter().filter(|run| {
            run["conclusion"]
                .as_str()
                .is_some_and(|is| good.contains(&is))
        });
        passed.extend(good.map(|run| text(run, "name")));
        Ok(passed)
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
            // A server that has none yet.
            Err(Trouble::Missing(_)) => {}
            Err(why) => return Err(why),
        }
        Ok(required)
    }

    /// Says on a commit that the queue has certified it, unless that is there.
    fn say(&self, sha: &str, what: &str) -> Result<(), Trouble> {
        if self.passed(sha)?.contains(CONTEXT) {
            return Ok(());
        }
        let about: String = shown(what).chars().take(ABOUT_CHARS_MAX).collect();
        let body = json!({"state": "success", "context": CONTEXT, "description": about});
        let path = self.client.path(&format!("/statuses/{sha}"));
        match self.client.send(Method::Post, &path, Some(&body)) {
            Ok(_) => Ok(()),
            Err(why) if is_open(&why) && self.passed(sha)?.contains(CONTEXT) => Ok(()),
            Err(why) => Err(why),
        }
    }

    /// Waits until a commit has what a branch wants to see on it; says what is missing in the end.
    fn awaited(&self, target: &Branch, sha: &str) -> Result<Vec<String>, Trouble> {
        let required = self.required(target)?;
        let start = Instant::now();
        loop {
            let passed = self.passed(sha)?;
            let missing: Vec<String> = required.difference(&passed).cloned().collect();
            let left = self.wait.saturating_sub(start.elapsed());
            if missing.is_empty() || left.is_zero() {
                return Ok(missing);
            }
            std::thread::sleep(PAUSE.min(left));
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

    fn try_merge(
        &self,
        target: &Branch,
        branch: &Branch,
        sealed: &ObjectId,
        what: &str,
    ) -> Result<Said<ObjectId>, Trouble> {
        let sha = sealed.to_string();
        let pulls = self.pulls(target, branch)?;
        let number = |pull: &Value| pull["number"].as_u64().unwrap_or_default();
        let is_open_pull = |pull: &&Value| pull["state"] == "open";
        for pull in pulls.iter().filter(|pull| !is_open_pull(pull)) {
            if pull["head"]["sha"] == sha.as_str()
                && let Some(commit) = self.merged_as(number(pull))?
            {
                return Ok(Said::Yes(commit));
            }
        }
        let Some(pull) = pulls.iter().find(is_open_pull) else {
            let why = format!("there is no open pull request of `{branch}` into `{target}`");
            return Ok(Said::NotYet(why));
        };
        let number = number(pull);
        if pull["head"]["sha"] != sha.as_str() {
            let why = format!(
                "pull request {number} has another commit than the sealed {}: put the branch in line \
                 again",
                sealed.short()
            );
            return Ok(Said::NotYet(why));
        }
        if pull["draft"] == true {
            return Ok(Said::NotYet(format!("pull request {number} is a draft")));
        }
        self.say(&sha, what)?;
        let missing = self.awaited(target, &sha)?;
        if !missing.is_empty() {
            return Ok(Said::NotYet(lacks(target, sealed, &missing)));
        }
        let method = match self.method {
            Merging::Merge => "merge",
            Merging::Squash => "squash",
            Merging::Rebase => "rebase",
        };
        let body = json!({"sha": sha, "merge_method": method});
        let path = self.client.path(&format!("/pulls/{number}/merge"));
        match self.client.send(Method::Put, &path, Some(&body)) {
            Ok(answer) if answer.body["merged"] == true => {
                let commit = answer.body["sha"].as_str().and_then(|sha| sha.parse().ok());
                match commit {
                    Some(commit) => Ok(Said::Yes(commit)),
                    None => self.seen(number),
                }
            }
            Ok(_) => self.seen(number),
            // GitHub's own no: moved meanwhile, not mergeable, a rule of the branch.
            Err(Trouble::Conflict(why) | Trouble::Invalid(why)) => {
                let why = format!("pull request {number} is not merged: {why}");
                Ok(Said::NotYet(why))
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
            .and_then(|()| self.awaited(target, &sha))
            .map_err(|why| self.failed(why))?;
        Ok(match missing.is_empty() {
            true => Said::Yes(()),
            false => Said::NotYet(lacks(target, commit, &missing)),
        })
    }

    fn merge(
        &self,
        target: &Branch,
        branch: &Branch,
        sealed: &ObjectId,
        what: &str,
    ) -> Result<Said<ObjectId>, Failure> {
        self.try_merge(target, branch, sealed, what)
            .map_err(|why| self.failed(why))
    }

    fn merged(&self, target: &Branch) -> Result<BTreeMap<ObjectId, ObjectId>, Failure> {
        // One page: what was merged since the queue was run last.
        let path = format!(
            "/pulls?state=closed&base={}&sort=updated&direction=desc&per_page=100",
            escaped(target.as_str())
        );
        let answer = self.client.get(&self.client.path(&path), None);
        let answer = answer.map_err(|why| self.failed(why))?;
        let pulls = answer.body.as_array().cloned().unwrap_or_default();
        let id = |value: &Value| value.as_str()?.parse::<ObjectId>().ok();
        let merged = pulls
            .iter()
            .filter(|pull| !pull["merged_at"].is_null() && pull["base"]["ref"] == target.as_str());
        let pairs = merged
            .filter_map(|pull| Some((id(&pull["head"]["sha"])?, id(&pull["merge_commit_sha"])?)));
        Ok(pairs.collect())
    }
}

/// Whether it may have been done all the same.
fn is_open(why: &Trouble) -> bool {
    matches!(
        why,
        Trouble::Unreached(_) | Trouble::Broken { .. } | Trouble::Odd { .. }
    )
}

fn lacks(target: &Branch, commit: &ObjectId, missing: &[String]) -> String {
    let missing: Vec<String> = missing.iter().map(|name| shown(name)).collect();
    format!(
        "`{target}` wants to see {} on {}, and it is not there, or not green",
        missing.join(", "),
        commit.short()
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

//! A protected branch, and merging pull requests into it.

use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use super::hosted::Hosted;
use super::routes::{Answered, Asked, said, wrong};

pub(super) fn answer(hosted: &mut Hosted, asked: &Asked, rest: &[&str]) -> Answered {
    let contexts = |names: &[String]| -> Vec<Value> {
        let names = names.iter();
        names.map(|name| json!({ "context": name })).collect()
    };
    match (asked.method.as_str(), rest) {
        ("GET", ["branches", name]) => said(
            200,
            json!({
                "name": name, "protected": !hosted.required.is_empty(),
                "commit": { "sha": "0".repeat(40), "url": format!("{}/commit", asked.url) },
                "protection": {
                    "enabled": !hosted.required.is_empty(),
                    "required_status_checks": {
                        "enforcement_level": "everyone",
                        "contexts": hosted.required,
                        "checks": contexts(&hosted.required),
                    },
                },
                "protection_url": format!("{}/repos/octo/shop/branches/{name}/protection", asked.url),
            }),
        ),
        ("GET", ["rules", "branches", _]) => {
            let rule = json!({
                "type": "required_status_checks",
                "parameters": { "required_status_checks": contexts(&hosted.required_by_rules) },
            });
            let rules = match hosted.required_by_rules.is_empty() {
                true => Vec::new(),
                false => vec![json!({ "type": "deletion" }), rule],
            };
            said(200, rules.into())
        }
        ("PUT", ["pulls", number, "merge"]) => match number.parse() {
            Ok(number) => merge(hosted, asked, number),
            Err(_) => wrong(404, "Not Found"),
        },
        _ => wrong(404, "Not Found"),
    }
}

fn merge(hosted: &mut Hosted, asked: &Asked, number: u64) -> Answered {
    let thread = hosted.threads.get(&number);
    let Some(pull) = thread.and_then(|thread| thread.pull.clone()) else {
        return wrong(404, "Not Found");
    };
    if !hosted.threads[&number].is_open || pull.is_draft {
        return wrong(405, "Pull Request is not mergeable");
    }
    if asked.body["sha"] != pull.sha.as_str() {
        let words = "Head branch was modified. Review and try the merge again.";
        return wrong(409, words);
    }
    let required = [&hosted.required[..], &hosted.required_by_rules[..]].concat();
    for name in required {
        if !hosted.has_passed(&pull.sha, &name) {
            return wrong(
                405,
                &format!("Required status check \"{name}\" is expected."),
            );
        }
    }
    hosted.somebody_pushes("PUT");
    let method = asked.body["merge_method"].as_str().unwrap_or("merge");
    let repository = hosted.repository.clone().unwrap();
    let Some(merged) = merged(&repository, &pull.sha, method == "squash", number) else {
        return wrong(405, "Pull Request is not mergeable");
    };
    let now = hosted.now();
    let thread = hosted.threads.get_mut(&number).unwrap();
    thread.is_open = false;
    thread.updated_at = now;
    let pull = thread.pull.as_mut().unwrap();
    (pull.merged_as, pull.merged_at) = (Some(merged.clone()), Some(chrono::Utc::now()));
    let words = "Pull Request successfully merged";
    said(
        200,
        json!({ "sha": merged, "merged": true, "message": words }),
    )
}

/// Merges in the repository, as GitHub does; nothing where that conflicts.
fn merged(repository: &Path, sha: &str, is_squashed: bool, number: u64) -> Option<String> {
    let git = |args: &[&str]| {
        let output = Command::new("git")
            .args(args)
            .current_dir(repository)
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .envs(["AUTHOR", "COMMITTER"].into_iter().flat_map(|who| {
                [("NAME", "GitHub"), ("EMAIL", "noreply@github.invalid")]
                    .map(|(what, value)| (format!("GIT_{who}_{what}"), value))
            }))
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        output.status.success().then(|| text.trim().to_owned())
    };
    let tree = git(&["merge-tree", "--write-tree", "refs/heads/main", sha])?;
    let subject = format!("Merge pull request #{number}");
    let mut args = vec!["commit-tree", "-m", &subject, "-p", "refs/heads/main"];
    if !is_squashed {
        args.extend(["-p", sha]);
    }
    args.push(&tree);
    let commit = git(&args)?;
    git(&["update-ref", "refs/heads/main", &commit])?;
    Some(commit)
}

impl Hosted {
    /// Does what somebody was to do in the moment of such a call.
    pub(super) fn somebody_pushes(&mut self, method: &str) {
        let Some((_, commit)) = self.pushed_at.take_if(|(at, _)| at == method) else {
            return;
        };
        let moved = Command::new("git")
            .args(["update-ref", "refs/heads/main", &commit])
            .current_dir(self.repository.as_ref().unwrap())
            .status();
        assert!(moved.unwrap().success());
    }

    /// Whether the newest status and the check runs of this name are green. Where there are both, GitHub
    /// requires both.
    fn has_passed(&self, sha: &str, name: &str) -> bool {
        let mut statuses = self.statuses.get(sha).into_iter().flatten();
        let newest = statuses.rfind(|one| one.context == name);
        let newest = newest.map(|one| one.state == "success");
        let runs = self.checks.iter();
        let runs = runs.filter(|run| run.sha == sha && run.name == name);
        let good = [Some("success"), Some("neutral"), Some("skipped")];
        let runs = runs.map(|run| good.contains(&run.conclusion.as_deref()));
        let all: Vec<bool> = newest.into_iter().chain(runs).collect();
        !all.is_empty() && all.into_iter().all(|is| is)
    }
}

//! The fenced push: a branch moves only if the locks that cover its commits are still held.

use std::cell::Cell;

use crate::env;
use crate::model::key::Key;
use crate::model::object_id::ObjectId;
use crate::model::refusal::Refusal;
use crate::model::request::{Land, Landed, Request};
use crate::model::text::Text;
use crate::store::{Backend, Error, Output, RefSwap};

use super::answer::Done;
use super::authority::Alongside;
use super::changes::{Known, as_keys};
use super::{Coord, Failure, lead, local};

/// How often a branch that moved meanwhile is looked at again.
const LOOKS_MAX: usize = 5;

/// Git's exit code for wrong use.
const UNKNOWN_OPTION: i32 = 129;

/// What is to land, and where.
#[derive(Clone, Debug)]
pub struct Landing {
    /// The remote.
    pub remote: String,
    /// The local branch or commit.
    pub source: String,
    /// The remote branch, without `refs/heads/`.
    pub branch: String,
    /// What becomes of own locks; by default they are given back on the main branch only.
    pub locks: Option<Landed>,
    /// What to say to the server's hooks; by default what `push.pushOption` says.
    pub options: Vec<String>,
}

impl Coord {
    /// Lands commits, fenced. `None` when the remote branch has them all already.
    ///
    /// # Errors
    /// The refusal when a lock is in the way; usage when the landing makes no sense; and whatever
    /// a push can end with. Nothing has moved then, unless the failure says that it is unknown, or
    /// [`Failure::Unrecorded`].
    pub fn land(&self, landing: &Landing) -> Result<Option<(Done, ObjectId)>, Failure> {
        self.check_remote(&landing.remote)?;
        let new = self.commit_of(&landing.source)?;
        let target = format!("refs/heads/{}", landing.branch);
        let tracking = format!("refs/remotes/{}/{}", landing.remote, landing.branch);
        for look in 0..LOOKS_MAX {
            let old = self.repo.tip(&tracking)?;
            if old == Some(new) && look > 0 {
                return Ok(None);
            }
            let new = match self.is_own_branch(landing) {
                // Requests travel by it.
                true => new,
                false => self.without_requests(old.as_slice(), new)?,
            };
            if let Some(old) = old.filter(|old| *old != new) {
                self.check_fast_forward(landing, &old, &new)?;
            }
            if old == Some(new) {
                // Perhaps only as last fetched: look before saying so.
                self.fetch_branch(landing)?;
                continue;
            }
            let paths = as_keys(self.leaving(landing, old, new)?)?;
            self.run_pre_push(landing, &target, old, new)?;
            let is_required =
                |path: &&Key| self.settings.rule_for(path) == super::RequireLock::Require;
            let request = Request::Land(Land {
                target: target.parse().map_err(|why| {
                    Failure::usage(format!("{target}: {why}"), "name another branch")
                })?,
                old,
                new,
                require: paths.iter().filter(is_required).cloned().collect(),
                paths,
                locks: landing.locks.unwrap_or_else(|| self.usual_end(landing)),
                branch: self.source_branch(landing),
            });
            let branch = RefSwap {
                name: target.clone(),
                old,
                new,
            };
            let with = Alongside {
                remote: landing.remote.clone(),
                branch,
                options: landing.options.clone(),
                is_ahead: Cell::new(false),
            };
            match lead::handle_with(self, request, &with) {
                Err(Failure::Rejected { remote, why }) => {
                    // Either a rule of the remote, or the branch is not where we last saw it.
                    self.fetch_branch(landing)?;
                    if self.repo.tip(&tracking)? == old {
                        return Err(Failure::Rejected { remote, why });
                    }
                }
                other => return other.map(|done| Some((done, new))),
            }
        }
        Err(Failure::Busy {
            attempts: LOOKS_MAX,
        })
    }

    /// Whether a branch other than the main one goes to its own name.
    fn is_own_branch(&self, landing: &Landing) -> bool {
        let source = match landing.source.as_str() {
            "HEAD" | "@" => self.current_branch().unwrap_or_default(),
            source => source.trim_start_matches("refs/heads/").to_owned(),
        };
        source == landing.branch && self.main_of(&landing.remote) != landing.branch
    }

    /// The fence holds only where the state and the branch are in one repository, or where this
    /// clone decides.
    fn check_remote(&self, remote: &str) -> Result<(), Failure> {
        match &self.settings.remote {
            Some(authority) if authority != remote => Err(Failure::usage(
                format!(
                    "locks are decided at `{authority}`, which cannot fence a push to `{remote}`"
                ),
                format!("push to `{authority}`, or use plain `git push {remote}`"),
            )),
            Some(_) | None => Ok(()),
        }
    }

    fn commit_of(&self, source: &str) -> Result<ObjectId, Failure> {
        self.commit_named(source)?.ok_or_else(|| {
            let what = format!("`{}` is no branch or commit", source.escape_debug());
            Failure::usage(what, "name a local branch, as `git coord push origin main`")
        })
    }

    /// The branch that is pushed, if it is one.
    fn source_branch(&self, landing: &Landing) -> Option<Text> {
        let named = match landing.source.as_str() {
            "HEAD" => self.current_branch()?,
            name => name.strip_prefix("refs/heads/").unwrap_or(name).to_owned(),
        };
        named.parse().ok()
    }

    fn check_fast_forward(
        &self,
        landing: &Landing,
        old: &ObjectId,
        new: &ObjectId,
    ) -> Result<(), Failure> {
        if self.repo.is_ancestor(old, new)? {
            return Ok(());
        }
        Err(Refusal::Behind {
            remote: landing.remote.clone(),
            branch: landing.branch.clone(),
            local: landing.source.clone(),
        }
        .into())
    }

    /// The paths of the commits that would be new on the branch. Elsewhere than on the main branch
    /// what that has is not new: whoever merges it in answers for nothing in it.
    fn leaving(
        &self,
        landing: &Landing,
        old: Option<ObjectId>,
        new: ObjectId,
    ) -> Result<Vec<Vec<u8>>, Failure> {
        let known = match old {
            Some(_) => Known::Nothing,
            None => Known::RefsOf(&landing.remote),
        };
        let mut olds: Vec<ObjectId> = old.into_iter().collect();
        let main = self.main_of(&landing.remote);
        if main != landing.branch {
            olds.extend(
                self.repo
                    .tip(&format!("refs/remotes/{}/{main}", landing.remote))?,
            );
        }
        let changes = self.commits_between(&[new], &olds, known)?;
        let mut paths: Vec<Vec<u8>> = changes
            .into_iter()
            .flat_map(|change| change.paths)
            .collect();
        paths.sort();
        paths.dedup();
        Ok(paths)
    }

    /// Brings the remote-tracking ref up to date, as the person's own fetch would.
    fn fetch_branch(&self, landing: &Landing) -> Result<(), Failure> {
        let Landing { remote, branch, .. } = landing;
        let refspec = format!("+refs/heads/{branch}*:refs/remotes/{remote}/{branch}*");
        let args = [
            "fetch",
            "--quiet",
            "--no-tags",
            "--no-write-fetch-head",
            "--no-auto-maintenance",
            "--end-of-options",
            remote,
            &refspec,
        ];
        let output = self
            .repo
            .git()
            .run(&args, None, Some(self.settings.timeout))?;
        if output.success() {
            return Ok(());
        }
        Err(Failure::Unreachable {
            remote: remote.clone(),
            why: output.stderr,
        })
    }

    /// Landing on the main branch ends the work that the locks were for.
    fn usual_end(&self, landing: &Landing) -> Landed {
        if self.main_of(&landing.remote) == landing.branch {
            Landed::Release
        } else {
            Landed::Renew
        }
    }

    /// The main branch of a remote: as set, as the remote says, or by custom.
    pub(super) fn main_of(&self, remote: &str) -> String {
        if let Some(main) = &self.settings.main_branch {
            return main.clone();
        }
        let base = format!("refs/remotes/{remote}/");
        let args = ["symbolic-ref", "--quiet", &format!("{base}HEAD")];
        let named = self
            .repo
            .git()
            .run(&args, None, None)
            .ok()
            .filter(Output::success);
        let named = named.and_then(|output| Some(output.text().strip_prefix(&base)?.to_owned()));
        named.unwrap_or_else(|| {
            let has_main = self
                .repo
                .tip(&format!("{base}main"))
                .is_ok_and(|tip| tip.is_some());
            let has_master = self
                .repo
                .tip(&format!("{base}master"))
                .is_ok_and(|tip| tip.is_some());
            if has_master && !has_main {
                "master".into()
            } else {
                "main".into()
            }
        })
    }

    /// Runs the person's own pre-push hook, which our push itself does not.
    fn run_pre_push(
        &self,
        landing: &Landing,
        target: &str,
        old: Option<ObjectId>,
        new: ObjectId,
    ) -> Result<(), Failure> {
        let config = self.repo.config();
        let url = config
            .get(&format!("remote.{}.url", landing.remote))
            .unwrap_or_default();
        let old = old.unwrap_or_else(|| ObjectId::zero_like(&new));
        let line = format!("{} {new} {target} {old}\n", landing.source);
        let file = self
            .repo
            .coord_dir()
            .join(format!("pre-push-{}.tmp", env::fresh_op()));
        local::replace(&file, line.as_bytes()).map_err(Error::io("writing", &file))?;
        let to_stdin = format!("--to-stdin={}", file.display());
        let args = [
            "hook",
            "run",
            "--ignore-missing",
            &to_stdin,
            "pre-push",
            "--",
            &landing.remote,
            url,
        ];
        let git = self.repo.git();
        let output = git.run_with_hooks(&args, None);
        let _ = std::fs::remove_file(&file);
        let mut output = output?;
        if output.code == Some(UNKNOWN_OPTION) {
            // A git older than 2.40 does not know `--to-stdin`.
            let Some(ran) = git.run_hook_file("pre-push", &[&landing.remote, url], &line)? else {
                return Ok(());
            };
            output = ran;
        }
        match output.code {
            Some(0) => Ok(()),
            _ => Err(Failure::HookRefused { why: output.stderr }),
        }
    }
}

//! What people ask for on the pages of the host, decided as them.

use crate::env;
use crate::model::branch::Branch;
use crate::model::object_id::ObjectId;
use crate::model::relay::{Ask, Asked, FromPage, Outcome, Relayed, Source};
use crate::model::reply::Reply;
use crate::model::request::Request;
use crate::model::time::Timestamp;
use crate::store::Backend;

use super::super::commit::Job;
use super::super::{Coord, Failure, lead, view};
use super::apply::{JOBS_MAX, sealed};

/// Something that a person asks for, and where that was found.
pub type ForPerson = (Asked, FromPage);

impl Coord {
    /// Decides what people ask for, in this order, and publishes it. What has its answer gets that
    /// again, whoever wrote it.
    ///
    /// # Errors
    /// When the state cannot be published. What cannot be decided at all says so by itself.
    pub fn decide_for_people(
        &self,
        asked: Vec<ForPerson>,
    ) -> Result<Vec<Result<Outcome, String>>, Failure> {
        if self.is_by_branch {
            return Err(Failure::usage(
                "what people ask for is decided where the state may be pushed",
                "run it where `coord.transport` is `direct`",
            ));
        }
        let _guard = self.repo.lock(self.settings.timeout * 4)?;
        if let Some(remote) = &self.settings.remote {
            view::refresh(self, remote)?;
        }
        let mut all = Vec::with_capacity(asked.len());
        for some in asked.chunks(JOBS_MAX) {
            self.decide_some(some, &mut all)?;
        }
        Ok(all)
    }

    /// Fetches branches of the remote, for what somebody asks for about them. Whether a commit is here
    /// then.
    ///
    /// # Errors
    /// When the remote cannot be reached.
    pub fn fetch_for_people(
        &self,
        branches: &[&Branch],
        commit: &ObjectId,
    ) -> Result<bool, Failure> {
        if let Some(remote) = &self.settings.remote {
            let _guard = self.repo.lock(self.settings.timeout * 4)?;
            let full: Vec<String> = branches.iter().map(|branch| branch.full()).collect();
            view::refresh_with(self, remote, &full)?;
        }
        Ok(self.has_commit(commit))
    }

    /// When a commit was made, as it says itself.
    ///
    /// # Errors
    /// When it is not here.
    pub fn made_at(&self, commit: &ObjectId) -> Result<Timestamp, Failure> {
        let found = super::track::times(self, std::iter::once(*commit))?;
        found.get(commit).copied().ok_or_else(|| {
            Failure::usage(
                format!("{} does not say when it was made", commit.short()),
                "commit it again",
            )
        })
    }

    fn decide_some(
        &self,
        asked: &[ForPerson],
        all: &mut Vec<Result<Outcome, String>>,
    ) -> Result<(), Failure> {
        let start = all.len();
        let mut jobs = Vec::new();
        let mut places = Vec::new();
        for (asked, from) in asked {
            let place = all.len();
            // Its own answer, or why there is none.
            all.push(Err("it was not decided".into()));
            if let Some(why) = sealed(self, Some(&asked.request))? {
                all[place] = Err(why);
                continue;
            }
            places.push(place);
            jobs.push(Job {
                op: asked.id,
                seen: view::trusted(self)?,
                at: env::now(),
                by: asked.by.clone(),
                also: Vec::new(),
                here: None,
                refused: Vec::new(),
                request: Request::Relay(Ask::Apply(Box::new(Relayed {
                    asked: asked.clone(),
                    from: Source::Page(from.clone()),
                    relay: self.actor().clone(),
                }))),
            });
        }
        debug_assert_eq!(all.len(), start + asked.len());
        if jobs.is_empty() {
            return Ok(());
        }
        let answers = lead::handle_relayed(self, &jobs)?;
        for (place, answer) in places.into_iter().zip(answers) {
            all[place] = match answer {
                Ok(done) => match done.reply {
                    Reply::Relay(told) => told.result.ok_or_else(|| "it has no answer".to_owned()),
                    other => Err(format!("it has another answer: {other:?}")),
                },
                Err(Failure::Refused(refusal)) => Err(refusal.to_string()),
                Err(other) => return Err(other),
            };
        }
        Ok(())
    }
}

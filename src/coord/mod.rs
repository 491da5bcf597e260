//! From a request to an answer: one view, one decision, one commit, one compare-and-swap.
//!
//! The loop in `lead` is the only place that publishes. It is written so that a lost race is
//! decided again on a fresh view (never re-applied), that an answer which did not come is settled
//! by ancestry, and that commands of one clone that meet share a push.

pub mod doctor;
pub mod failure;
pub mod fired;
pub mod hooks;
pub mod identity;
pub mod recall;
pub mod replay;
pub mod settings;

mod adoption;
mod answer;
mod authority;
pub mod buried;
mod changes;
mod closed;
mod commit;
mod epochs;
mod follow;
mod join;
mod land;
mod lead;
pub(crate) mod local;
pub mod noted;
mod notes;
mod notices;
mod pin;
mod published;
mod queue;
pub mod relay;
mod remember;
pub mod request;
mod round;
mod session;
mod sights;
mod touched;
pub mod train;
mod view;
mod wait;
mod whereabouts;
pub mod wired;

use std::path::Path;
use std::time::Duration;

use crate::env;
use crate::model::id::Actor;
use crate::model::notice::NoticeRecord;
use crate::model::object_id::ObjectId;
use crate::model::refusal::Conflict;
use crate::model::request::Request;
use crate::model::stamp::{Stamp, Watch};
use crate::store::{Backend, Repo, names};

pub use crate::domain::adopt::{Collision, Wrote};
pub use answer::Done;
pub use changes::{Change, Known, as_keys};
pub use failure::Failure;
pub use identity::Identity;
pub use join::{Bring, Joined};
pub use land::Landing;
pub use notes::{About, Reach};
pub use session::{Offer, Session, Sessions};
pub use settings::{ColorWish, RequireLock, Settings};
pub use view::View;

/// Why the working trees that checks run in are locked, as `git worktree list` shows it. The host
/// tells whose disk they are on: a repository may be shared.
pub fn pool_reason() -> String {
    format!("git-coord runs checks here, on {}", env::host())
}

/// The file that says what `init` wrote.
const SET_UP: &str = "set-up.json";

/// git-coord in one clone, for one actor.
pub struct Coord {
    repo: Repo,
    settings: Settings,
    identity: Identity,
    /// Whether changes become requests on a branch.
    is_by_branch: bool,
    /// Whether a coding agent's hook acts, whose answers are its own.
    is_hook: bool,
}

impl Coord {
    /// Opens the repository around `at` and finds out who acts.
    ///
    /// # Errors
    /// When there is no repository, a setting cannot be understood, or a given name is none.
    pub fn open(at: &Path, given: Option<&str>) -> Result<Self, Failure> {
        let coord = Self::open_unchecked(at, given)?;
        coord.settings.check_remote(coord.repo.config())?;
        Ok(coord)
    }

    /// The same for a hook of a coding agent, which says of itself which session it belongs to.
    ///
    /// # Errors
    /// As [`Coord::open`].
    pub fn open_for_agent(
        at: &Path,
        program: &'static str,
        session: Option<&str>,
    ) -> Result<Self, Failure> {
        let repo = Repo::discover(at)?;
        let settings = Settings::read(repo.config())?;
        let identity = identity::of_hook(&repo, program, session)?;
        settings.check_remote(repo.config())?;
        Ok(Self {
            is_hook: true,
            ..Self::of(repo, settings, identity)
        })
    }

    /// The same for the command that sets the remote: the one that is named now may not exist.
    ///
    /// # Errors
    /// As [`Coord::open`] otherwise.
    pub fn open_unchecked(at: &Path, given: Option<&str>) -> Result<Self, Failure> {
        let repo = Repo::discover(at)?;
        let settings = Settings::read(repo.config())?;
        let identity = identity::find(&repo, given)?;
        Ok(Self::of(repo, settings, identity))
    }

    fn of(repo: Repo, settings: Settings, identity: Identity) -> Self {
        Self {
            repo,
            settings,
            identity,
            is_by_branch: false,
            is_hook: false,
        }
        .finding_its_way()
    }

    /// Finds out whether changes become requests on a branch.
    fn finding_its_way(mut self) -> Self {
        self.is_by_branch = request::is_by_branch(&self.settings, &self.repo.coord_dir());
        if self.is_by_branch {
            // What is decided here is only a guess of what will be decided.
            self.settings.sign = false;
            if !self.settings.remote_ref.starts_with("refs/heads/") {
                // The very same chain, as the relay publishes it.
                self.settings.remote_ref = format!("refs/heads/{}", relay::STATE_BRANCH);
            }
        }
        self
    }

    /// Pushes the requests of this command at once, whatever the settings say.
    pub fn push_requests_now(&mut self) {
        self.settings.request_now = true;
    }

    /// The same clone and actor, with another authority than the config says so far.
    ///
    /// # Errors
    /// As [`Coord::open`], for the other remote.
    pub fn with_remote(mut self, remote: &str) -> Result<Self, Failure> {
        self.settings.remote = Some(remote.to_owned());
        self.settings.check_remote(self.repo.config())?;
        Ok(self.finding_its_way())
    }

    /// Lets somebody else act in the clone that is open.
    ///
    /// # Errors
    /// When the name is none.
    pub fn act_as(&mut self, given: &str) -> Result<(), Failure> {
        self.identity = identity::find(&self.repo, Some(given))?;
        Ok(())
    }

    /// Lets the program at the other end of a connection act: as its environment says, and where
    /// that says nothing, as a session of its own of an agent with the client's name.
    ///
    /// # Errors
    /// As [`Coord::open`].
    pub fn act_for_connection(
        &mut self,
        client: Option<&str>,
        connection: &str,
    ) -> Result<(), Failure> {
        self.identity = identity::of_connection(&self.repo, client, connection)?;
        Ok(())
    }

    /// Lets one of several clients of a server act: never in the session of whoever started that.
    ///
    /// # Errors
    /// When the agent's name is none.
    pub fn act_for_guest(&mut self, agent: Option<&str>, connection: &str) -> Result<(), Failure> {
        self.identity = identity::of_guest(&self.repo, agent, connection)?;
        Ok(())
    }

    /// The repository.
    pub fn repo(&self) -> &Repo {
        &self.repo
    }

    /// The settings in force.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Who acts, and which rule said so.
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// The owner of what this process takes.
    pub fn actor(&self) -> &Actor {
        &self.identity.actor
    }

    /// What this clone remembers of its sessions.
    pub fn sessions(&self) -> Sessions {
        Sessions::new(self.repo.coord_dir())
    }

    /// What `init` wrote in this clone.
    pub fn set_up<T: serde::de::DeserializeOwned>(&self) -> Vec<T> {
        local::load(&self.repo.coord_dir().join(SET_UP))
    }

    /// Whether anybody works with git-coord here: there is a state, or somebody has set one up.
    ///
    /// # Errors
    /// When the ref cannot be read.
    pub fn is_used(&self) -> Result<bool, Failure> {
        Ok(self.settings.remote.is_some()
            || self.tip()?.is_some()
            || self.repo.coord_dir().join(SET_UP).exists())
    }

    /// Remembers what `init` wrote; nothing when it was taken back.
    pub fn store_set_up<T: serde::Serialize>(&self, written: &[T]) {
        let file = self.repo.coord_dir().join(SET_UP);
        if written.is_empty() {
            let _ = std::fs::remove_file(file);
        } else {
            local::store(&file, &written);
        }
    }

    /// A stamp for a decision that only reads.
    pub fn stamp(&self) -> Stamp {
        let watch = Watch {
            skew_secs: self.settings.skew_secs,
            ..Watch::default()
        };
        Stamp {
            at: env::now(),
            by: self.actor().clone(),
            op: env::fresh_op(),
            watch,
            here: None,
        }
    }

    /// A stamp that knows all that this clone has observed.
    pub fn stamp_with_sights(&self) -> Stamp {
        Stamp {
            watch: self.watch(),
            ..self.stamp()
        }
    }

    fn watch(&self) -> Watch {
        let dir = self.repo.coord_dir();
        Watch {
            seen: sights::load(&dir).elapsed(env::boot_id().as_deref(), env::boot_secs()),
            dead: self.sessions().dead(),
            skew_secs: self.settings.skew_secs,
        }
    }

    /// The state as last seen from the authority, refreshed when it is older than `age_max`.
    ///
    /// # Errors
    /// When the state cannot be read, does not continue what was seen before, or a needed refresh
    /// failed.
    pub fn view(&self, age_max: Option<Duration>) -> Result<View<'_>, Failure> {
        view::open(self, age_max)
    }

    /// How long ago the authority confirmed the view; `None` if never, or when this clone decides.
    pub fn view_age(&self) -> Option<Duration> {
        self.settings.remote.as_ref()?;
        view::age(self)
    }

    /// Refreshes a view older than `age_max`, at any rate within `limit`.
    ///
    /// # Errors
    /// When there was no answer in that time; the view stays as it was.
    pub fn refresh_within(&self, age_max: Duration, limit: Duration) -> Result<(), Failure> {
        view::refresh_within(self, age_max, limit)
    }

    /// Notes locks of others that were met, for judging their leases later.
    pub fn note_sights(&self, met: &[Conflict]) {
        sights::note(
            &self.repo.coord_dir(),
            met,
            env::boot_id(),
            env::boot_secs(),
        );
    }

    /// Waits until the state here is another one than `seen`, at most as long as `pause`.
    pub fn wait_for_change(&self, seen: Option<ObjectId>, pause: Duration) {
        wait::for_change(&self.repo, seen, pause, self.settings.remote.is_some());
    }

    /// Waits until a change since `seen` may have given this session its turn in line, at most as
    /// long as `pause`.
    pub fn wait_for_turn(&self, seen: Option<ObjectId>, pause: Duration) {
        wait::for_turn(self, seen, pause);
    }

    /// The commit of the state here, for noticing later that it has moved.
    ///
    /// # Errors
    /// When the ref cannot be read.
    pub fn tip(&self) -> Result<Option<ObjectId>, Failure> {
        Ok(self.repo.tip(names::STATE)?)
    }

    /// Notices to this session in the last view that were not returned before. Reading them is no
    /// change: the session's next change removes them from the state.
    pub fn unseen_notices(&self) -> Vec<NoticeRecord> {
        notices::unseen(self, |_| true)
    }

    /// The same up to the first one that does not fit; what is not returned comes another time.
    pub fn unseen_notices_while(
        &self,
        fits: impl FnMut(&NoticeRecord) -> bool,
    ) -> Vec<NoticeRecord> {
        notices::unseen(self, fits)
    }

    /// Decides one request and publishes what it became.
    ///
    /// # Errors
    /// [`Failure::Refused`] is an answer; the others say what could not be done or is not known.
    pub fn handle(&self, request: Request) -> Result<Done, Failure> {
        lead::handle(self, request)
    }
}

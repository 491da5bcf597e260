//! The loop: a fresh view, all waiting requests decided on it, one publication, answers for all.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use crate::domain::State;
use crate::env;
use crate::model::gc::Gc;
use crate::model::id::OpId;
use crate::model::key::Key;
use crate::model::memory::{Ask, Used};
use crate::model::reply::Reply;
use crate::model::request::{Compact, Request};
use crate::store::{Backend, Error, names};

use super::answer::Done;
use super::authority::{Alongside, Published, publish};
use super::commit::Job;
use super::failure::Class;
use super::request::Transport;
use super::round::Round;
use super::session::Session;
use super::{Coord, Failure, queue, remember, request, view, whereabouts};

/// How often a lost race is decided again before the caller is told to retry.
const ATTEMPTS_MAX: usize = 200;
/// How long at most, in deadlines of one network command; also less than the first few attempts
/// are never made.
const ATTEMPTS_TIMEOUTS_MAX: u32 = 4;
const ATTEMPTS_MIN: usize = 12;
/// How often a refusal by the remote is tried again although its state has not moved.
const REJECTIONS_MAX: usize = 2;
/// The longest pause after a lost race, in times that an attempt takes, for the first loss, the
/// second and so on. It grows until many clones find room beside each other, and shrinks again for
/// who has lost often: those who came later stand back, and nobody starves.
const PAUSES: [u32; 12] = [1, 2, 4, 8, 8, 8, 6, 4, 3, 2, 2, 1];
const PAUSE_MAX: Duration = Duration::from_secs(5);
/// How long a command waits for others of its clone beside their network time.
const LOCK_WAIT: Duration = Duration::from_secs(30);
/// How old the view of one who waits may be. It paces its looks itself, and each is worth a request
/// unless a neighbour has just made one.
const WAITING_AGE_MAX: Duration = Duration::from_millis(300);
/// Git's own housekeeping is offered its turn every so many states.
const MAINTENANCE_EVERY: u64 = 128;
/// One of the 256 directories of tasks that are over is looked through every so many states.
const GC_EVERY: u64 = 64;

pub(super) type Answer = Result<Done, Failure>;

/// Decides one request and publishes what it became, together with those of neighbours.
pub(super) fn handle(coord: &Coord, request: Request) -> Answer {
    let session = coord.sessions().load(coord.actor());
    let job = new_job(coord, request, &session)?;
    handle_job(coord, job, session, None)
}

/// Decides several requests and publishes what they became in one step, all or none.
///
/// # Errors
/// As for one; when one of them is refused, nothing was published.
pub(super) fn handle_together(
    coord: &Coord,
    requests: Vec<Request>,
) -> Result<Vec<Reply>, Failure> {
    if requests.is_empty() {
        return Ok(Vec::new());
    }
    if coord.is_by_branch() {
        return Err(not_by_branch());
    }
    let session = coord.sessions().load(coord.actor());
    let jobs = requests.into_iter();
    let jobs = jobs.map(|request| new_job(coord, request, &session));
    let jobs: Vec<Job> = jobs.collect::<Result<_, _>>()?;
    let _guard = coord.repo.lock(lock_wait(coord))?;
    let settled = decide_all(coord, &jobs, Company::Together)?;
    let mut replies = Vec::with_capacity(jobs.len());
    for (job, answer) in jobs.iter().zip(settled.answers) {
        remember::answer(coord, job, &answer);
        replies.push(answer?.reply);
    }
    Ok(replies)
}

/// Decides requests that came on branches and publishes what they became in one step; what is refused
/// keeps no other from being granted. The guard is held.
pub(super) fn handle_relayed(coord: &Coord, jobs: &[Job]) -> Result<Vec<Answer>, Failure> {
    let Some(first) = jobs.first() else {
        return Ok(Vec::new());
    };
    let settled = decide_all(coord, jobs, Company::Each)?;
    for answer in &settled.answers {
        remember::sighted(coord, answer);
    }
    let own = Job {
        at: env::now(),
        by: coord.actor().clone(),
        ..first.clone()
    };
    keep_house(coord, &own, settled.gc, settled.epoch);
    Ok(settled.answers)
}

/// The same, with refs that move in the same push. Not shared with neighbours: their requests must
/// not depend on a branch of ours.
pub(super) fn handle_with(coord: &Coord, request: Request, with: &Alongside) -> Answer {
    let session = coord.sessions().load(coord.actor());
    let job = new_job(coord, request, &session)?;
    match handle_job(coord, job, session, Some(with)) {
        // Whatever stopped it, and be it a refusal: the branch has moved.
        Err(why) if with.is_ahead.get() => Err(Failure::Unrecorded {
            remote: with.remote.clone(),
            branch: with.branch.name.clone(),
            new: with.branch.new,
            why: Box::new(why),
        }),
        answer => answer,
    }
}

fn handle_job(coord: &Coord, job: Job, session: Session, with: Option<&Alongside>) -> Answer {
    if coord.is_by_branch() {
        coord.sessions().revive(coord.actor());
        return match with {
            Some(_) => Err(not_by_branch()),
            None => request::handle(coord, job),
        };
    }
    let finds_out = coord.settings.transport == Transport::Auto && with.is_none();
    let asked = finds_out.then(|| job.clone());
    match (handle_directly(coord, job, session, with), asked) {
        (Err(why @ (Failure::Rejected { .. } | Failure::Unreachable { .. })), Some(job)) => {
            if !request::probe(coord, &why)? {
                return Err(why);
            }
            // From now on this clone is one that asks.
            let actor = coord.actor();
            let named = format!("{}/{}", actor.agent, actor.session);
            let again = Coord::open(coord.repo.git().start_dir(), Some(&named))?;
            request::handle(&again, job)
        }
        (answer, _) => answer,
    }
}

/// Moving a branch together with the state is for those who may push the state.
fn not_by_branch() -> Failure {
    Failure::usage(
        "this clone may not push the state, so it cannot land commits under its locks",
        "put the branch in line with `git coord queue add`, and whoever runs the queue lands it",
    )
}

fn handle_directly(coord: &Coord, job: Job, session: Session, with: Option<&Alongside>) -> Answer {
    if coord.settings.remote.is_none() {
        coord.repo.warm()?;
    }
    coord.sessions().revive(coord.actor());
    let dir = coord.repo.coord_dir();
    let alone = with.is_some();
    let answer = match coord.repo.try_lock()? {
        Some(_guard) => lead(coord, &job, &session, with),
        None if alone => {
            let _guard = coord.repo.lock(lock_wait(coord))?;
            lead(coord, &job, &session, with)
        }
        None => {
            // Without a ticket the request is merely decided alone.
            let ticket = queue::put(&dir, &job).ok();
            let guard = coord.repo.lock(lock_wait(coord));
            match (ticket.as_ref().and_then(queue::Ticket::answer), guard) {
                (Some(answer), _) => answer,
                (None, Ok(_guard)) => {
                    let was_taken = ticket.as_ref().is_some_and(queue::Ticket::was_taken);
                    drop(ticket);
                    match was_taken {
                        true => lead_after_death(coord, &job, &session),
                        false => lead(coord, &job, &session, with),
                    }
                }
                // Who holds the lock may be at it.
                (None, Err(why)) if ticket.is_some() => Err(Failure::Carried {
                    class: Class::Unknown,
                    message: format!("it is not known whether it happens: {why}"),
                }),
                (None, Err(why)) => Err(why.into()),
            }
        }
    };
    remember::answer(coord, &job, &answer);
    answer
}

/// The same for a request that a leader took along and died with: what it became may be published
/// already. Nothing is refused before the authority was asked, and when that cannot be reached nobody
/// can say that nothing was changed.
fn lead_after_death(coord: &Coord, job: &Job, session: &Session) -> Answer {
    view::doubt(coord);
    match lead(coord, job, session, None) {
        Err(Failure::Unreachable { remote, why }) => Err(Failure::Unknown { remote, why }),
        Err(Failure::Store(Error::Remote { remote, why })) => Err(Failure::Unknown { remote, why }),
        answer => answer,
    }
}

fn lock_wait(coord: &Coord) -> Duration {
    LOCK_WAIT + coord.settings.timeout * 4
}

fn new_job(coord: &Coord, request: Request, session: &Session) -> Result<Job, Failure> {
    let named: &[Key] = match &request {
        Request::Lock(lock) => &lock.keys,
        _ => &[],
    };
    let at = env::now();
    Ok(Job {
        op: env::fresh_op(),
        seen: coord.repo.tip(names::STATE)?,
        at,
        by: coord.actor().clone(),
        also: session
            .to_look_at(at)
            .filter(|key| !named.contains(key))
            .cloned()
            .collect(),
        here: whereabouts::due(coord, &request, session, at),
        request,
        refused: session.refused.clone(),
    })
}

/// Decides and publishes as the only writer of this clone. The guard is held.
fn lead(coord: &Coord, own: &Job, session: &Session, with: Option<&Alongside>) -> Answer {
    let dir = coord.repo.coord_dir();
    let others = if with.is_none() && is_shared(own) {
        queue::waiting(&dir)
    } else {
        Vec::new()
    };
    let mut jobs: Vec<Job> = session
        .notes
        .iter()
        .map(|note| job_beside(own, Request::Note(note.clone())))
        .collect();
    if !session.uses.is_empty() {
        let uses = session.uses.clone();
        jobs.push(job_beside(own, Request::Memory(Ask::Used(Used { uses }))));
    }
    let notes = jobs.len();
    jobs.push(own.clone());
    let others = others.into_iter().filter(|job| job.op != own.op);
    let others: Vec<Job> = others.filter(is_shared).collect();
    let orphans = others.iter().filter(|job| queue::take(&dir, job));
    let orphans: BTreeSet<OpId> = orphans.map(|job| job.op).collect();
    if !orphans.is_empty() {
        view::doubt(coord);
    }
    jobs.extend(others);
    let company = with.map_or(Company::Each, Company::With);
    let result = decide_all(coord, &jobs, company);
    let (mut full, mut fan) = (None, None);
    let mut answers = match result {
        Ok(Settled { answers, epoch, gc }) => {
            (full, fan) = (epoch, gc);
            answers
        }
        Err(failure) => {
            // Everybody on board hears of it; each can ask again.
            let mut answers: Vec<Answer> = Vec::new();
            for job in jobs.iter().enumerate().filter(|(place, _)| *place != notes) {
                answers.push(Err(match orphans.contains(&job.1.op) {
                    true => doubtful(&failure),
                    false => carried(&failure),
                }));
            }
            answers.insert(notes, Err(failure));
            answers
        }
    };
    for (job, answer) in jobs.iter().zip(&answers).skip(notes + 1) {
        queue::answer(&dir, job, answer);
    }
    if answers[..notes].iter().all(Result::is_ok) && notes > 0 {
        coord.sessions().update(coord.actor(), |now| {
            now.notes.retain(|note| !session.notes.contains(note));
            now.uses.retain(|id, uses| {
                *uses = uses.saturating_sub(session.uses.get(id).copied().unwrap_or(0));
                *uses > 0
            });
        });
    }
    keep_house(coord, own, fan, full);
    answers.swap_remove(notes)
}

/// Collects what is over and begins a new epoch, where it is time for that.
fn keep_house(coord: &Coord, own: &Job, fan: Option<String>, full: Option<u64>) {
    if fan.is_some() {
        // Its own commit, and none where nothing is over; the next time is soon enough.
        let keep = coord.settings.keep;
        let job = job_beside(own, Request::Gc(Gc { keep, fan }));
        let _ = decide_all(coord, &[job], Company::Each);
    }
    if let Some(epoch) = full {
        // Apart from what people wait for: a host that takes only one ref at a time refuses the two
        // of a new epoch, and then the old one just goes on.
        let closes = Some(epoch);
        let job = job_beside(own, Request::Compact(Compact { closes }));
        let _ = decide_all(coord, &[job], Company::Each);
    }
}

/// Whether a request may share a push with those of neighbours. A new epoch moves more than one ref,
/// which not every host takes; whoever waits for it does it alone, when it has its turn.
fn is_shared(job: &Job) -> bool {
    !matches!(job.request, Request::Compact(_))
}

fn carried(failure: &Failure) -> Failure {
    Failure::Carried {
        class: failure.class(),
        message: failure.to_string(),
    }
}

/// The same for whom an earlier leader died with: it may have published what was asked for.
fn doubtful(failure: &Failure) -> Failure {
    Failure::Carried {
        class: Class::Unknown,
        message: format!("it is not known whether it happened: {failure}"),
    }
}

/// Something else that the same session has to ask.
fn job_beside(own: &Job, request: Request) -> Job {
    Job {
        op: env::fresh_op(),
        request,
        also: Vec::new(),
        refused: Vec::new(),
        here: None,
        ..own.clone()
    }
}

/// What jobs that share a publication have to do with each other.
#[derive(Clone, Copy)]
enum Company<'w> {
    /// Nothing: what is refused keeps no other from being granted.
    Each,
    /// They are granted together, or none of them is.
    Together,
    /// Nothing; and the last one has refs that move with it.
    With(&'w Alongside),
}

/// Decides all jobs on one view and publishes them in one step; again after a lost race.
fn decide_all(coord: &Coord, jobs: &[Job], company: Company<'_>) -> Result<Settled, Failure> {
    let with = match company {
        Company::With(with) => Some(with),
        Company::Each | Company::Together => None,
    };
    let remote = coord.settings.remote.as_deref();
    let start = Instant::now();
    let time_max = coord.settings.timeout * ATTEMPTS_TIMEOUTS_MAX;
    let mut base = view::trusted(coord)?;
    let mut losses = 0;
    let mut rejections = 0;
    let mut is_confirmed = false;
    for attempt in 0..ATTEMPTS_MAX {
        if attempt >= ATTEMPTS_MIN && start.elapsed() > time_max {
            return Err(Failure::Busy { attempts: attempt });
        }
        let began = Instant::now();
        if let Some(remote) = remote.filter(|_| base.is_none()) {
            base = view::refresh(coord, remote)?;
        }
        let mut round = Round::on(coord, base, jobs)?;
        let mut answers: Vec<Answer> = Vec::with_capacity(jobs.len());
        for job in jobs {
            answers.push(round.decide(job)?);
        }
        let was_confirmed = std::mem::take(&mut is_confirmed);
        let age_max = answers
            .iter()
            .filter_map(|answer| age_max(coord, answer))
            .min();
        let is_stale = |max| !was_confirmed && view::age(coord).is_none_or(|age| age > max);
        if let Some(remote) = remote.filter(|_| age_max.is_some_and(is_stale)) {
            let fresh = view::refresh(coord, remote)?;
            if fresh != base {
                (base, is_confirmed) = (fresh, true);
                continue;
            }
        }
        if matches!(company, Company::Together)
            && let Some(refused) = answers.iter().position(Result::is_err)
            && let Err(why) = answers.swap_remove(refused)
        {
            return Err(why);
        }
        #[cfg(feature = "planted")]
        if crate::planted::has(crate::planted::Bug::AnswersBeforePublishing) {
            for (job, answer) in jobs.iter().zip(&answers) {
                queue::answer(&coord.repo.coord_dir(), job, answer);
            }
        }
        // Notes of the session come before its landing, and are published even when that is refused:
        // the branch must not move then.
        let is_granted = answers.last().is_some_and(Result::is_ok);
        let published = match publish(coord, &mut round.draft, with.filter(|_| is_granted)) {
            // A rival may have locked the ref there and not have moved it yet. A rule of the host
            // says the same again; a branch that lands is looked at by its caller.
            Err(Failure::Rejected { .. }) if with.is_none() && rejections < REJECTIONS_MAX => {
                rejections += 1;
                Published::Lost
            }
            other => other?,
        };
        match published {
            Published::Done => {
                let epoch = housekeeping(coord, &round);
                let gc = due_fan(round.rev_before, round.view.rev());
                return Ok(Settled { answers, epoch, gc });
            }
            Published::Lost => {
                let pause = began.elapsed() * PAUSES[losses.min(PAUSES.len() - 1)];
                std::thread::sleep(pause.min(PAUSE_MAX).mul_f64(fastrand::f64()));
                losses += 1;
                base = view::trusted(coord)?;
            }
        }
    }
    Err(Failure::Busy {
        attempts: ATTEMPTS_MAX,
    })
}

/// How old the view may be that an answer rests on; `None` where publishing confirms it anyway.
pub(super) fn age_max(coord: &Coord, answer: &Answer) -> Option<Duration> {
    #[cfg(feature = "planted")]
    if crate::planted::has(crate::planted::Bug::RefusesOnOldViews) {
        return None;
    }
    match answer {
        Ok(done) if done.commit.is_none() => match &done.reply {
            // To hold it already is a grant, and nothing else asks whether that is still so. Who
            // registers the same again is told whom it meets now.
            Reply::Locked { .. } | Reply::Feature(_) => Some(Duration::ZERO),
            Reply::Waiting { .. } => Some(coord.settings.age_max.min(WAITING_AGE_MAX)),
            Reply::Left { .. } | Reply::Noted | Reply::Compacted { .. } => None,
            Reply::Unlocked { .. }
            | Reply::Queue(_)
            | Reply::Relay(_)
            | Reply::Value(_)
            | Reply::Collected(_)
            | Reply::Task(_)
            | Reply::Handoff(_)
            | Reply::Memory(_)
            | Reply::Agent(_)
            | Reply::Message(_)
            | Reply::Renewed { .. }
            | Reply::Stolen { .. }
            | Reply::Landed { .. }
            | Reply::Adopted { .. } => Some(coord.settings.age_max),
        },
        Err(Failure::Refused(_)) => Some(coord.settings.age_max),
        Ok(_) | Err(_) => None,
    }
}

/// Answers that count.
struct Settled {
    answers: Vec<Answer>,
    /// The epoch that has become longer than the team wants.
    epoch: Option<u64>,
    /// The directory of tasks that are over whose turn it is to be looked through.
    gc: Option<String>,
}

/// The directory of tasks that are over whose turn came between two states.
fn due_fan(before: u64, now: u64) -> Option<String> {
    let turn = now / GC_EVERY;
    (before / GC_EVERY != turn).then(|| format!("{:02x}", turn % 256))
}

/// Lets git pack what has gathered, in the background and by its own rules. Returns the epoch that
/// is due to be closed.
fn housekeeping(coord: &Coord, round: &Round<'_>) -> Option<u64> {
    let before = round.rev_before;
    let is_due = before / MAINTENANCE_EVERY != round.view.rev() / MAINTENANCE_EVERY;
    if is_due && coord.repo.config().bool("maintenance.auto", true) {
        // It only saves space; the next time is soon enough.
        let _ = coord
            .repo
            .git()
            .detach(&["maintenance", "run", "--auto", "--quiet"]);
    }
    coord.full_epoch(&round.view, before)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{GC_EVERY, due_fan};

    #[test]
    fn every_directory_has_its_turn_once_in_a_round() {
        let turns: Vec<String> = (0..256 * GC_EVERY)
            .filter_map(|rev| due_fan(rev, rev + 1))
            .collect();
        let different: BTreeSet<&String> = turns.iter().collect();
        assert_eq!((turns.len(), different.len()), (256, 256));
        assert_eq!(due_fan(GC_EVERY, GC_EVERY + 1), None);
    }
}

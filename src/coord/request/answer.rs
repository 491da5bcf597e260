//! Answers: from the state to what a command says, and the list of all requests.

use crate::domain::relay;
use crate::env;
use crate::model::id::{Actor, OpId};
use crate::model::notice::{Happened, NoticeRecord};
use crate::model::object_id::ObjectId;
use crate::model::record::{Record, VERSION};
use crate::model::refusal::Refusal;
use crate::model::relay::{HORIZON_SECS, Outcome};
use crate::model::reply::Reply;
use crate::model::text::Text;
use crate::model::time::Timestamp;

use super::super::answer::Done;
use super::super::lead::Answer;
use super::super::{Coord, Failure, View, published, remember, view};
use super::carry;
use super::pending::{self, Pending};

/// A request and how it stands.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
pub struct Standing {
    /// Which request.
    pub id: OpId,
    /// Who asked.
    pub by: Actor,
    /// What was asked, in a few words.
    pub what: String,
    /// When, by the asker's clock.
    pub asked_at: Timestamp,
    /// How it stands.
    pub is: Stands,
    /// The branch that it is on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub branch: Option<String>,
    /// The commit that carries it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commit: Option<ObjectId>,
    /// When it was answered, by the relay's clock.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answered_at: Option<Timestamp>,
    /// The answer, as far as it is kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result: Option<Outcome>,
    /// Why it is no request, when it was turned down.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// See [`Standing::is`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Stands {
    /// It goes along with the next push of its branch.
    Unsent,
    /// It was pushed, and no relay has answered it.
    Pending,
    /// It was granted.
    Granted,
    /// It was refused.
    Refused,
    /// It was taken back.
    Cancelled,
    /// It was not taken for a request.
    TurnedDown,
    /// It waited so long that no relay decides it any more.
    Expired,
}

/// What a command says about a request that has its answer; none as long as it has not. The answer
/// is remembered, and the request is no longer waited for.
pub(super) fn of(
    coord: &Coord,
    view: &View<'_>,
    pending: &Pending,
) -> Result<Option<Answer>, Failure> {
    let Some(answer) = look(coord, view, pending)? else {
        return Ok(None);
    };
    remember::answer(coord, &pending.job(), &answer);
    pending::forget(coord, pending.asked.id);
    Ok(Some(answer))
}

fn look(coord: &Coord, view: &View<'_>, pending: &Pending) -> Result<Option<Answer>, Failure> {
    let asked = &pending.asked;
    if let Some(found) = relay::answer(view, &asked.by.agent, asked.id)? {
        return Ok(Some(match found.body.result {
            Outcome::Granted { reply } => Ok(Done {
                op: asked.id,
                reply: reply.map_or_else(without_reply, |reply| *reply),
                commit: published::among(&coord.repo, view.tip(), &[pending.job()])?
                    .remove(&asked.id),
                rev: found.head.rev,
                notices: found.body.notices,
            }),
            Outcome::Refused { refusal } => Err(Failure::Refused(refusal)),
            Outcome::Cancelled {} => Err(Refusal::WrongState {
                what: "request".into(),
                name: asked.id.to_string(),
                is: "taken back".into(),
                needs: "to be asked again".into(),
            }
            .into()),
        }));
    }
    if let Some(commit) = &pending.commit
        && let Some(down) = relay::turned_down(view, commit)?
    {
        let what = format!(
            "the relay does not take it for a request: {}",
            down.why.as_str()
        );
        return Ok(Some(Err(Refusal::NotAllowed { what }.into())));
    }
    Ok(None)
}

/// A reply that was too long to be kept.
fn without_reply() -> Reply {
    Reply::Noted
}

/// Answers to this session's requests that came since, as notices: each is told once.
pub(in crate::coord) fn news(coord: &Coord) -> Vec<NoticeRecord> {
    let waiting = pending::all(coord).into_iter();
    let own: Vec<Pending> = waiting
        .filter(|one| one.asked.by == *coord.actor())
        .collect();
    if own.is_empty() {
        return Vec::new();
    }
    let Ok(view) = view::open(coord, None) else {
        return Vec::new();
    };
    let mut news = Vec::new();
    for pending in own {
        let (words, mut notices) = match of(coord, &view, &pending) {
            Ok(Some(Ok(done))) => ("granted".to_owned(), done.notices),
            Ok(Some(Err(why))) => (format!("refused: {why}"), Vec::new()),
            Ok(None) if is_expired(&pending) => {
                pending::forget(coord, pending.asked.id);
                let words = "no relay has answered in time, and none will: ask again";
                (words.to_owned(), Vec::new())
            }
            Ok(None) | Err(_) => continue,
        };
        news.push(notice(coord, &view, &pending, &words));
        news.append(&mut notices);
    }
    news
}

fn is_expired(pending: &Pending) -> bool {
    pending.asked.at.plus_secs(HORIZON_SECS) < env::now()
}

fn notice(coord: &Coord, view: &View<'_>, pending: &Pending, words: &str) -> NoticeRecord {
    const CHARS_MAX: usize = 250;
    let asked = &pending.asked;
    let text = format!("{}: {words}", asked.request.in_short());
    let text: String = text.chars().take(CHARS_MAX).collect();
    NoticeRecord {
        v: VERSION,
        kind: NoticeRecord::KIND.into(),
        op: asked.id,
        rev: crate::domain::State::rev(view),
        at: asked.at,
        by: coord.actor().clone(),
        happened: Happened::Answered,
        keys: Vec::new(),
        reason: text.parse::<Text>().ok(),
    }
}

impl Coord {
    /// All requests of this agent that this clone or the state knows, oldest first.
    ///
    /// # Errors
    /// When the state cannot be read.
    pub fn requests(&self) -> Result<Vec<Standing>, Failure> {
        let view = self.view(None)?;
        let agent = &self.actor().agent;
        let mut all: Vec<Standing> = relay::answers(&view, agent)?
            .into_iter()
            .map(|answer| Standing {
                id: answer.id,
                by: answer.head.by.clone(),
                what: answer.what.as_str().to_owned(),
                asked_at: answer.asked_at,
                is: match &answer.result {
                    Outcome::Granted { .. } => Stands::Granted,
                    Outcome::Refused { .. } => Stands::Refused,
                    Outcome::Cancelled {} => Stands::Cancelled,
                },
                branch: answer
                    .branch
                    .as_ref()
                    .map(|branch| branch.as_str().to_owned()),
                commit: answer.commit,
                answered_at: Some(answer.head.at),
                result: Some(answer.body.result),
                why: None,
            })
            .collect();
        for pending in pending::all(self) {
            let asked = &pending.asked;
            let is_known = all.iter().any(|one| one.id == asked.id);
            if is_known || asked.by.agent != *agent {
                continue;
            }
            let down = match &pending.commit {
                Some(commit) => relay::turned_down(&view, commit)?,
                None => None,
            };
            all.push(Standing {
                id: asked.id,
                by: asked.by.clone(),
                what: asked.request.in_short(),
                asked_at: asked.at,
                is: match &down {
                    Some(_) => Stands::TurnedDown,
                    None if is_expired(&pending) => Stands::Expired,
                    None if carry::is_sent(self, &pending) => Stands::Pending,
                    None => Stands::Unsent,
                },
                branch: Some(pending.branch.clone()),
                commit: pending.commit,
                answered_at: down.as_ref().map(|down| down.head.at),
                result: None,
                why: down.map(|down| down.why.as_str().to_owned()),
            });
        }
        all.sort_by_key(|one| one.id);
        Ok(all)
    }
}

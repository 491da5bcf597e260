//! A backend without git, stricter than the real ones, with faults and rivals on order.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use std::time::Duration;

use super::backend::{Backend, Pushed, RefSwap, Swapped};
use super::commit::Commit;
use super::error::{Error, Result};
use super::guard::Guard;
use super::object::{HashKind, NewObject, ObjectKind};
use crate::model::object_id::ObjectId;

/// What the next matching call does instead of its work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The n-th call from now (0 is the next) fails and changes nothing.
    FailCall(usize),
    /// The n-th push from now is applied, and its answer is lost.
    LoseAnswer(usize),
    /// The n-th push or fetch from now does not reach the remote.
    Unreachable(usize),
}

#[derive(Default)]
struct Host {
    objects: HashMap<ObjectId, (ObjectKind, Vec<u8>)>,
    refs: HashMap<String, ObjectId>,
}

/// One clone in memory. Clones made with [`Memory::clone_of`] share its remote.
#[derive(Default)]
pub struct Memory {
    own: Rc<RefCell<Host>>,
    remote: Rc<RefCell<Host>>,
    faults: RefCell<Vec<Fault>>,
    calls: Cell<usize>,
    rival: RefCell<Option<Box<dyn FnOnce()>>>,
}

impl Memory {
    /// An empty clone with an empty remote.
    pub fn new() -> Self {
        Self::default()
    }

    /// Another, empty clone of the same remote.
    pub fn clone_of(other: &Self) -> Self {
        Self {
            remote: Rc::clone(&other.remote),
            ..Self::default()
        }
    }

    /// Orders a fault.
    pub fn inject(&self, fault: Fault) {
        self.faults.borrow_mut().push(fault);
    }

    /// Runs `rival` just before the next swap or push is judged: the lost race, on order.
    pub fn race(&self, rival: impl FnOnce() + 'static) {
        *self.rival.borrow_mut() = Some(Box::new(rival));
    }

    /// How many calls of the contract were made.
    pub fn calls(&self) -> usize {
        self.calls.get()
    }

    fn called(&self) -> Result<()> {
        self.calls.set(self.calls.get() + 1);
        if self.due(|fault| match fault {
            Fault::FailCall(left) => Some(left),
            Fault::LoseAnswer(_) | Fault::Unreachable(_) => None,
        }) {
            return Err(Error::Git {
                command: "memory".into(),
                why: "a fault was ordered".into(),
            });
        }
        Ok(())
    }

    /// Counts one call down on the faults of a kind; true when one of them is due.
    fn due(&self, of_kind: impl Fn(&mut Fault) -> Option<&mut usize>) -> bool {
        let mut is_due = false;
        self.faults
            .borrow_mut()
            .retain_mut(|fault| match of_kind(fault) {
                Some(0) => {
                    is_due = true;
                    false
                }
                Some(left) => {
                    *left -= 1;
                    true
                }
                None => true,
            });
        is_due
    }

    fn let_rival_go_first(&self) {
        let rival = self.rival.borrow_mut().take();
        if let Some(rival) = rival {
            rival();
        }
    }
}

impl Host {
    fn swap(&mut self, swaps: &[RefSwap]) -> Swapped {
        if swaps
            .iter()
            .any(|swap| self.refs.get(&swap.name).copied() != swap.old)
        {
            return Swapped::Lost;
        }
        for swap in swaps {
            // Stricter than git: a ref to an object that is not there is our bug at once.
            assert!(
                self.objects.contains_key(&swap.new),
                "{} moved before its object",
                swap.name
            );
            self.refs.insert(swap.name.clone(), swap.new);
        }
        Swapped::Moved
    }
}

impl Backend for Memory {
    fn hash(&self) -> HashKind {
        HashKind::Sha1
    }

    fn read(&self, id: &ObjectId, kind: ObjectKind, bytes_max: usize) -> Result<Vec<u8>> {
        self.called()?;
        let own = self.own.borrow();
        let (found, data) = own.objects.get(id).ok_or(Error::Missing { id: *id })?;
        if *found != kind || data.len() > bytes_max {
            return Err(Error::damaged(
                format!("object {id}"),
                "wrong kind or too large",
            ));
        }
        Ok(data.clone())
    }

    fn has(&self, id: &ObjectId) -> Result<bool> {
        self.called()?;
        Ok(self.own.borrow().objects.contains_key(id))
    }

    fn write(&self, objects: &[NewObject]) -> Result<()> {
        self.called()?;
        let mut own = self.own.borrow_mut();
        for object in objects {
            own.objects
                .insert(object.id, (object.kind, object.data.clone()));
        }
        Ok(())
    }

    fn tip(&self, name: &str) -> Result<Option<ObjectId>> {
        self.called()?;
        Ok(self.own.borrow().refs.get(name).copied())
    }

    fn swap(&self, swaps: &[RefSwap]) -> Result<Swapped> {
        self.called()?;
        self.let_rival_go_first();
        Ok(self.own.borrow_mut().swap(swaps))
    }

    fn lock(&self, _: Duration) -> Result<Guard> {
        Ok(Guard::none())
    }

    fn try_lock(&self) -> Result<Option<Guard>> {
        Ok(Some(Guard::none()))
    }

    fn sign(&self, _: &Commit) -> Result<NewObject> {
        Err(Error::Git {
            command: "commit-tree".into(),
            why: "memory cannot sign".into(),
        })
    }

    fn push(&self, _: &str, swaps: &[RefSwap]) -> Result<Pushed> {
        self.called()?;
        if self.due(|fault| match fault {
            Fault::Unreachable(left) => Some(left),
            Fault::FailCall(_) | Fault::LoseAnswer(_) => None,
        }) {
            return Ok(Pushed::Unreached("a fault was ordered".into()));
        }
        self.let_rival_go_first();
        let mut remote = self.remote.borrow_mut();
        remote.objects.extend(self.own.borrow().objects.clone());
        match remote.swap(swaps) {
            Swapped::Lost => Ok(Pushed::Rejected("stale info".into())),
            Swapped::Moved => {
                let is_lost = self.due(|fault| match fault {
                    Fault::LoseAnswer(left) => Some(left),
                    Fault::FailCall(_) | Fault::Unreachable(_) => None,
                });
                let unknown = || Pushed::Unknown("a fault was ordered".into());
                Ok(if is_lost { unknown() } else { Pushed::Moved })
            }
        }
    }

    fn fetch(&self, remote: &str, name: &str) -> Result<Option<ObjectId>> {
        self.called()?;
        if self.due(|fault| match fault {
            Fault::Unreachable(left) => Some(left),
            Fault::FailCall(_) | Fault::LoseAnswer(_) => None,
        }) {
            let why = "a fault was ordered".to_owned();
            return Err(Error::Remote {
                remote: remote.to_owned(),
                why,
            });
        }
        let host = self.remote.borrow();
        self.own.borrow_mut().objects.extend(host.objects.clone());
        Ok(host.refs.get(name).copied())
    }
}

//! Our members of somebody's JSON file.

use super::form::{ByHand, Put, Taken};
use super::hooks::Hooks;
use super::json::{Doc, Step, Tree, way};
use super::server::Server;

/// What a JSON file has to have.
#[derive(Clone, Debug, Default)]
pub(super) struct Members {
    /// Written into a new file only.
    pub(super) fresh: Vec<(&'static str, Tree)>,
    pub(super) pieces: Vec<Piece>,
}

/// One thing that it has to have.
#[derive(Clone, Debug)]
pub(super) enum Piece {
    /// A member at the top with this very value, without which the file counts for nothing.
    Exactly(&'static str, Tree),
    /// Hooks.
    Hooks(Hooks),
    /// A server of the Model Context Protocol.
    Server(Server),
    /// Names in a list that may also be a single one: those of a new list, of which the first is
    /// wanted in any other.
    Names(&'static [&'static str], &'static [&'static str]),
}

impl Members {
    pub(super) fn put(&self, before: Option<&str>) -> Put {
        let text = before.unwrap_or_default();
        let mut doc = match Doc::parse(text) {
            Ok(doc) => doc,
            Err(why) => {
                let why = format!("it cannot be read: {why}");
                return Put::left(
                    text,
                    ByHand {
                        why,
                        add: self.put(None).text,
                    },
                );
            }
        };
        let mut by_hand = Vec::new();
        if text.trim().is_empty() {
            for (name, value) in &self.fresh {
                // An object without members takes any.
                let _ = doc.put(&[name], value);
            }
        }
        for piece in &self.pieces {
            let mut with = doc.clone();
            match piece.put(&mut with) {
                Ok(()) => doc = with,
                Err(why) => by_hand.push(ByHand {
                    why,
                    add: piece.alone(),
                }),
            }
        }
        Put {
            text: doc.text(),
            by_hand,
        }
    }

    pub(super) fn take(&self, before: &str) -> Taken {
        let mut doc = match Doc::parse(before) {
            Ok(doc) => doc,
            Err(why) => return Taken::left(before, format!("it cannot be read: {why}")),
        };
        let (mut any, mut by_hand) = (false, Vec::new());
        for piece in &self.pieces {
            let mut without = doc.clone();
            match piece.take(&mut without) {
                Ok(taken) => {
                    any |= taken;
                    doc = without;
                }
                Err(why) => by_hand.push(ByHand {
                    why,
                    add: String::new(),
                }),
            }
        }
        let text = match any {
            true if self.is_bare(&doc) => None,
            true => Some(doc.text()),
            false => Some(before.to_owned()),
        };
        Taken { text, by_hand }
    }

    /// Whether nothing is left but what every new file has.
    fn is_bare(&self, doc: &Doc) -> bool {
        let exact = self.pieces.iter().filter_map(|piece| match piece {
            Piece::Exactly(name, value) => Some((*name, value)),
            _ => None,
        });
        let fresh = self.fresh.iter().map(|(name, value)| (*name, value));
        let usual: Vec<(&str, &Tree)> = fresh.chain(exact).collect();
        doc.names(&[]).iter().all(|name| {
            let value = doc.get(&[Step::Name(name)]);
            usual
                .iter()
                .any(|(known, usual)| known == name && value == Some(usual.value()))
        })
    }
}

impl Piece {
    fn put(&self, doc: &mut Doc) -> Result<(), String> {
        match self {
            Self::Exactly(name, wanted) => match doc.get(&[Step::Name(name)]) {
                None => doc.put(&[name], wanted),
                Some(value) if value == wanted.value() => Ok(()),
                Some(value) => Err(format!(
                    "`{name}` is {value} there, and only {} is known",
                    wanted.value()
                )),
            },
            Self::Hooks(hooks) => hooks.put(doc),
            Self::Server(server) => server.put(doc),
            Self::Names(at, wanted) => put_names(doc, at, wanted),
        }
    }

    /// Says whether anything of ours was there.
    fn take(&self, doc: &mut Doc) -> Result<bool, String> {
        match self {
            Self::Exactly(..) => Ok(false),
            Self::Hooks(hooks) => hooks.take(doc),
            Self::Server(server) => server.take(doc),
            // A list of somebody's own is theirs, whoever wrote which name.
            Self::Names(at, wanted) => match doc.get(&way(at)) {
                Some(value) if value == Tree::texts(wanted).value() => doc.prune(at).map(|()| true),
                _ => Ok(false),
            },
        }
    }

    /// The piece in a file of its own.
    fn alone(&self) -> String {
        let alone = Members {
            fresh: Vec::new(),
            pieces: vec![self.clone()],
        };
        alone.put(None).text
    }
}

fn put_names(doc: &mut Doc, at: &[&str], wanted: &[&str]) -> Result<(), String> {
    let first = wanted.first().copied().unwrap_or_default();
    match doc.get(&way(at)) {
        None => doc.put(at, &Tree::texts(wanted)),
        Some(value) if value == first => Ok(()),
        Some(serde_json::Value::String(only)) => {
            doc.replace(&way(at), &Tree::texts(&[&only, first]))
        }
        Some(serde_json::Value::Array(all)) if all.iter().any(|name| name == first) => Ok(()),
        Some(_) => doc.push(at, &Tree::text(first)),
    }
}

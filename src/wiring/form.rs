//! The forms that files have, and what comes of putting our pieces in or taking them out.

use super::block::Block;
use super::keys::Keys;
use super::members::Members;
use super::own::Own;
use super::sealed::Sealed;
use super::table::Table;

/// The form of a file.
#[derive(Clone, Debug)]
pub(super) enum Form {
    /// JSON, perhaps with comments.
    Json(Members),
    /// TOML: a table at the end.
    Toml(Table),
    /// YAML: keys at the end.
    Yaml(Keys),
    /// Text with a marked block.
    Block(Block),
    /// All of it is ours.
    Own(Own),
    /// All of it is ours until somebody changes it.
    Sealed(Sealed),
}

/// A text with our pieces in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Put {
    /// All of it.
    pub text: String,
    /// What could not be put in.
    pub by_hand: Vec<ByHand>,
}

/// A text without our pieces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    /// All of it; nothing when nothing of anybody else is in it.
    pub text: Option<String>,
    /// What could not be taken out.
    pub by_hand: Vec<ByHand>,
}

/// Something that only a person can do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ByHand {
    /// Why.
    pub why: String,
    /// The lines that are wanted there; none where something is to be taken out.
    pub add: String,
}

impl Form {
    pub(super) fn put(&self, before: Option<&str>) -> Put {
        match self {
            Self::Json(members) => members.put(before),
            Self::Toml(table) => table.put(before.unwrap_or_default()),
            Self::Yaml(keys) => keys.put(before.unwrap_or_default()),
            Self::Block(block) => block.put(before.unwrap_or_default()),
            Self::Own(own) => own.put(before),
            Self::Sealed(sealed) => sealed.put(before),
        }
    }

    pub(super) fn take(&self, before: &str) -> Taken {
        match self {
            Self::Json(members) => members.take(before),
            Self::Toml(table) => table.take(before),
            Self::Yaml(keys) => keys.take(before),
            Self::Block(block) => block.take(before),
            Self::Own(own) => own.take(before),
            Self::Sealed(sealed) => sealed.take(before),
        }
    }

    /// Our pieces in a file of their own.
    pub(super) fn alone(&self) -> String {
        self.put(None).text
    }
}

impl Put {
    /// Nothing could be put in.
    pub(super) fn left(before: &str, by_hand: ByHand) -> Self {
        Self {
            text: before.to_owned(),
            by_hand: vec![by_hand],
        }
    }
}

impl Taken {
    /// What is left when there was nothing that stood in the way.
    pub(super) fn rest(text: String) -> Self {
        Self {
            text: Some(text).filter(|text| !text.is_empty()),
            by_hand: Vec::new(),
        }
    }

    /// Nothing could be taken out; that matters only where something of ours may be.
    pub(super) fn left(before: &str, why: String) -> Self {
        let by_hand = before.contains("git-coord").then(|| ByHand {
            why,
            add: String::new(),
        });
        Self {
            text: Some(before.to_owned()),
            by_hand: by_hand.into_iter().collect(),
        }
    }
}

//! stub, replaced by the keys room
/// p
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place(String);
impl Place {
    /// n
    pub fn new(text: &str) -> Result<Self, PlaceError> {
        Ok(Self(text.into()))
    }
    /// s
    pub fn as_str(&self) -> &str {
        &self.0
    }
    /// c
    pub fn components(&self) -> impl Iterator<Item = &str> {
        self.0.split('/')
    }
}
/// e
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("bad place")]
pub struct PlaceError;

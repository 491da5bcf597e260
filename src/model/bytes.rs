//! The bytes of a record, which several may look at.

use std::ops::{Deref, Range};
use std::rc::Rc;

/// All of a buffer or a part of it, shared. Ten thousand records that come from one file stay where
/// they were read.
#[derive(Clone, Debug)]
pub struct Bytes {
    whole: Rc<Vec<u8>>,
    part: Range<usize>,
}

impl Bytes {
    /// A part of these, which is empty when it would reach beyond their end.
    pub fn part(&self, part: Range<usize>) -> Self {
        let end = self.part.start.saturating_add(part.end);
        let is_inside = part.start <= part.end && end <= self.part.end;
        let part = match is_inside {
            true => self.part.start + part.start..end,
            false => 0..0,
        };
        Self {
            whole: Rc::clone(&self.whole),
            part,
        }
    }
}

impl Deref for Bytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.whole[self.part.clone()]
    }
}

impl From<Vec<u8>> for Bytes {
    fn from(bytes: Vec<u8>) -> Self {
        Self {
            part: 0..bytes.len(),
            whole: Rc::new(bytes),
        }
    }
}

impl From<&[u8]> for Bytes {
    fn from(bytes: &[u8]) -> Self {
        bytes.to_vec().into()
    }
}

impl PartialEq for Bytes {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl Eq for Bytes {}

impl Default for Bytes {
    fn default() -> Self {
        Vec::new().into()
    }
}

#[cfg(test)]
mod tests {
    use super::Bytes;

    #[test]
    fn a_part_of_a_part_is_where_it_was() {
        let whole = Bytes::from(b"0123456789".to_vec());
        let part = whole.part(2..8);
        assert_eq!(&*part, b"234567");
        assert_eq!(&*part.part(1..3), b"34");
        assert_eq!(&*part.part(0..6), &*part);
        for beyond in [0..7, 3..usize::MAX] {
            assert!(part.part(beyond).is_empty());
        }
    }
}

//! Making names for new records.

use crate::model::id::Id;
use crate::model::record::Damage;

use super::decide::Desk;

impl Desk<'_> {
    /// The next id of this operation that nothing has, by `is_taken`, counting on from `n`.
    ///
    /// # Errors
    /// When the state cannot be read.
    pub(in crate::domain) fn fresh_id(
        &self,
        n: &mut u32,
        is_taken: impl Fn(&Id) -> Result<bool, Damage>,
    ) -> Result<Id, Damage> {
        loop {
            let id = Id::of_op(self.stamp.op, *n);
            *n = n.wrapping_add(1);
            if !is_taken(&id)? {
                return Ok(id);
            }
        }
    }
}

//! Finding memories by their names.

use crate::model::id::Id;
use crate::model::memory::{Memory, MemoryRecord};
use crate::model::place::Place;
use crate::model::record::{self, Damage};

use super::super::staged::State;

/// The memory of this name.
///
/// # Errors
/// When what stands there cannot be read, or is another memory.
pub fn get(state: &dyn State, id: &Id) -> Result<Option<MemoryRecord>, Damage> {
    let place = Memory::place(id);
    state
        .get(&place)?
        .map(|bytes| read(&place, &bytes))
        .transpose()
}

/// Reads a memory and checks that it belongs where it stands.
///
/// # Errors
/// [`Damage`] when it is no memory, or another one.
pub fn read(place: &Place, bytes: &[u8]) -> Result<MemoryRecord, Damage> {
    let memory: MemoryRecord = record::parse(place, bytes)?;
    if Memory::place(&memory.id) != *place {
        let why = format!("it is memory `{}`, which belongs elsewhere", memory.id);
        return Err(Damage::new(place, why));
    }
    Ok(memory)
}

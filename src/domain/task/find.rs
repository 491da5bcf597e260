//! Finding tasks by their names.

use crate::model::id::Id;
use crate::model::record::{self, Damage};
use crate::model::refusal::Refusal;
use crate::model::task::{Task, TaskRecord};

use super::super::staged::State;

/// The task of this name, whether it is over or not.
///
/// # Errors
/// When what stands there cannot be read, or is another task.
pub fn get(state: &dyn State, id: &Id) -> Result<Option<TaskRecord>, Damage> {
    for is_over in [false, true] {
        let place = Task::place(id, is_over);
        if let Some(bytes) = state.get(&place)? {
            let task: TaskRecord = record::parse(&place, &bytes)?;
            if task.id != *id || task.stage.is_over() != is_over {
                let why = format!("it is task `{}`, {}", task.id, task.stage.as_str());
                return Err(Damage::new(&place, why));
            }
            return Ok(Some(task));
        }
    }
    Ok(None)
}

/// The task of this name, which has to be there.
///
/// # Errors
/// [`Refusal::NotFound`], or damage.
pub fn expect(state: &dyn State, id: &Id) -> Result<TaskRecord, Refusal> {
    get(state, id)?.ok_or_else(|| Refusal::NotFound {
        what: "task".into(),
        name: id.to_string(),
    })
}

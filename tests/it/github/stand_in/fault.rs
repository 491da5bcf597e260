//! What can go wrong with a call.

use serde_json::json;

use super::routes::{Answered, Asked};

/// When a connection is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// Before anything was done.
    Before,
    /// After all was done, and before it was told.
    After,
}

/// Something that goes wrong with calls.
#[derive(Clone, Debug, Default)]
pub struct Fault {
    /// Only with this method.
    method: Option<&'static str>,
    /// Only where the path has this.
    path: String,
    /// How many calls are passed on before.
    skip: usize,
    /// How many calls it is done to.
    times: usize,
    /// The connection is cut.
    pub cut: Option<Cut>,
    /// This is answered, and nothing done.
    status: Option<u16>,
    headers: Vec<(String, String)>,
    message: String,
    /// It says that nothing has changed, whatever has.
    pub is_stale: bool,
}

impl Fault {
    /// Answers with a status, and does nothing.
    pub fn status(status: u16) -> Self {
        Self {
            status: Some(status),
            times: 1,
            ..Self::default()
        }
    }

    /// Cuts the connection.
    pub fn cut(cut: Cut) -> Self {
        Self {
            cut: Some(cut),
            times: 1,
            ..Self::default()
        }
    }

    /// Says that nothing has changed since the mark that is sent along, whatever has.
    pub fn stale() -> Self {
        Self {
            is_stale: true,
            times: 1,
            ..Self::default()
        }
    }

    /// Only for calls of this method.
    pub fn method(mut self, method: &'static str) -> Self {
        self.method = Some(method);
        self
    }

    /// Only for paths with this in it.
    pub fn path(mut self, part: &str) -> Self {
        self.path = part.to_owned();
        self
    }

    /// Only after so many calls that it would else be done to.
    pub fn after(mut self, skip: usize) -> Self {
        self.skip = skip;
        self
    }

    /// So often; once unless told otherwise.
    pub fn times(mut self, times: usize) -> Self {
        self.times = times;
        self
    }

    /// With this header.
    pub fn header(mut self, name: &str, value: impl ToString) -> Self {
        self.headers.push((name.to_owned(), value.to_string()));
        self
    }

    /// With these words.
    pub fn message(mut self, message: &str) -> Self {
        self.message = message.to_owned();
        self
    }

    /// What is answered in the place of the truth.
    pub(super) fn instead(&self) -> Option<Answered> {
        let message = match self.message.as_str() {
            "" => "The stand-in was told to fail",
            message => message,
        };
        Some(Answered {
            status: self.status?,
            headers: self.headers.clone(),
            body: json!({ "message": message, "documentation_url": "https://docs.github.com/rest" }),
        })
    }
}

/// The fault that meets this call, counted down.
pub(super) fn of(faults: &mut Vec<Fault>, asked: &Asked) -> Option<Fault> {
    let meets = |fault: &Fault| {
        fault.method.is_none_or(|method| method == asked.method)
            && asked.whole.contains(&fault.path)
    };
    let at = faults.iter().position(meets)?;
    let fault = &mut faults[at];
    if fault.skip > 0 {
        fault.skip -= 1;
        return None;
    }
    fault.times -= 1;
    let fault = fault.clone();
    if fault.times == 0 {
        faults.remove(at);
    }
    Some(fault)
}

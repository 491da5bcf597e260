//! What came back from a call.

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::Trouble;

/// A positive answer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Answer {
    /// Its status: 2xx, or 304 for what is as it was.
    pub status: u16,
    /// What it says; null when it says nothing.
    pub body: Value,
    /// The mark of this very content, to be sent along the next time.
    pub etag: Option<String>,
    /// The path of the next page, if there is one.
    pub next: Option<String>,
}

impl Answer {
    /// Whether nothing has changed since the mark that was sent along.
    pub fn is_unchanged(&self) -> bool {
        self.status == 304
    }

    /// The body as what it should be.
    ///
    /// # Errors
    /// When it is something else: nothing is concluded from half an answer.
    pub fn read<T: DeserializeOwned>(self) -> Result<T, Trouble> {
        serde_json::from_value(self.body).map_err(|why| Trouble::Odd {
            status: self.status,
            why: format!("the answer is not as it is described: {why}"),
        })
    }
}

/// The path of what a `Link` header calls next, without the address of the API.
pub(super) fn next(link: &str, api: &str) -> Option<String> {
    link.split(',').find_map(|part| {
        let (target, attributes) = part.trim().strip_prefix('<')?.split_once('>')?;
        let is_next = attributes.split(';').any(|one| {
            let one = one.trim();
            one == r#"rel="next""# || one == "rel=next"
        });
        // Another host would be given the token.
        let path = target.strip_prefix(api)?;
        (is_next && path.starts_with('/')).then(|| path.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::next;

    #[test]
    fn the_next_page_is_of_the_same_host() {
        let link =
            r#"<https://a.example/x?page=1>; rel="prev", <https://a.example/x?page=3>; rel="next""#;
        assert_eq!(
            next(link, "https://a.example").as_deref(),
            Some("/x?page=3")
        );
        assert_eq!(next(link, "https://b.example"), None);
        assert_eq!(
            next(
                r#"<https://a.example.evil/x>; rel="next""#,
                "https://a.example"
            ),
            None
        );
        assert_eq!(next("", "https://a.example"), None);
    }
}

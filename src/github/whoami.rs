//! As whom the token acts, what it may do, and how many calls are left.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Client, Method, Trouble};
use crate::model::forge::{Login, Permission};
use crate::model::time::Timestamp;

/// What may be done in the repository.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Rights {
    /// As GitHub says it of the token's user; an app's are not told this way.
    pub permission: Permission,
    /// The branch that work lands on.
    pub main_branch: String,
    /// Whether nothing can be changed there any more.
    pub is_archived: bool,
}

/// How many calls are left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Limit {
    /// In this hour.
    pub remaining: u64,
    /// Of so many.
    pub limit: u64,
    /// Until then.
    pub reset_at: Timestamp,
}

#[derive(Deserialize)]
struct User {
    login: Login,
}

/// Who wrote what this token writes.
///
/// # Errors
/// When the token is none, or GitHub does not say.
pub fn me(client: &Client) -> Result<Login, Trouble> {
    match client.get("/user", None) {
        Ok(answer) => answer.read().map(|user: User| user.login),
        // Apps and workflows are no users; the other API knows all of them as viewers.
        Err(Trouble::Forbidden(_) | Trouble::Missing(_)) => {
            let query = json!({ "query": "query { viewer { login } }" });
            let answer = client.send(Method::Post, &graphql(&client.place().api), Some(&query))?;
            let login = answer.body["data"]["viewer"]["login"].as_str();
            let login = login.and_then(|login| login.parse().ok());
            login.ok_or_else(|| Trouble::Odd {
                status: answer.status,
                why: "it does not say whose the token is".into(),
            })
        }
        Err(trouble) => Err(trouble),
    }
}

/// Where the other API is, from the one that calls begin with: beside it on GitHub itself, and not below
/// its `v3` on a server of one's own.
fn graphql(api: &str) -> String {
    match api.strip_suffix("/api/v3") {
        Some(server) => format!("{server}/api/graphql"),
        None => "/graphql".into(),
    }
}

/// What it may do.
///
/// # Errors
/// When the repository is not shown to it.
pub fn rights(client: &Client) -> Result<Rights, Trouble> {
    #[derive(Deserialize)]
    struct Told {
        default_branch: String,
        #[serde(default)]
        archived: bool,
        #[serde(default)]
        permissions: Option<Permissions>,
    }
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Permissions {
        admin: bool,
        maintain: bool,
        push: bool,
        triage: bool,
        pull: bool,
    }
    let told: Told = client.get(&client.path(""), None)?.read()?;
    let may = told.permissions.unwrap_or_default();
    let permission = match may {
        Permissions { admin: true, .. } => Permission::Admin,
        Permissions { maintain: true, .. } => Permission::Maintain,
        Permissions { push: true, .. } => Permission::Write,
        Permissions { triage: true, .. } => Permission::Triage,
        Permissions { pull: true, .. } => Permission::Read,
        _ => Permission::None,
    };
    Ok(Rights {
        permission,
        main_branch: told.default_branch,
        is_archived: told.archived,
    })
}

/// How many calls are left; asking costs none.
///
/// # Errors
/// When GitHub does not say.
pub fn limit(client: &Client) -> Result<Limit, Trouble> {
    let answer = client.get("/rate_limit", None)?;
    let core = &answer.body["resources"]["core"];
    let number = |name: &str| core[name].as_u64();
    let reset = core["reset"].as_i64();
    let at = reset.and_then(|reset| chrono::DateTime::from_timestamp(reset, 0));
    match (number("remaining"), number("limit"), at) {
        (Some(remaining), Some(limit), Some(at)) => Ok(Limit {
            remaining,
            limit,
            reset_at: Timestamp::new(at),
        }),
        _ => Err(Trouble::Odd {
            status: answer.status,
            why: "it does not say how many calls are left".into(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::graphql;

    #[test]
    fn the_other_api_is_not_below_the_version_of_this_one() {
        for (api, is) in [
            ("https://api.github.com", "/graphql"),
            ("https://api.octo.ghe.com", "/graphql"),
            (
                "https://github.example/api/v3",
                "https://github.example/api/graphql",
            ),
            ("http://127.0.0.1:8000", "/graphql"),
        ] {
            assert_eq!(graphql(api), is, "{api}");
        }
    }
}

//! From what an identity provider says of a user to the name and groups that Kubernetes knows them by, by the rules of
//! `kube-apiserver`'s own flags, so that one set of Roles serves both.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::web::access::session::Known;

/// What begins so is the cluster's own to say: a provider that could name `system:masters` would own the cluster.
const RESERVED: &str = "system:";

/// Which claims are read, and what is put before them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimSettings {
    /// The claim that names the user: `sub`, `email`, `preferred_username`.
    pub username: String,
    /// What stands before the name.
    pub username_prefix: Prefix,
    /// The claim that lists groups; `None` where none is read.
    pub groups: Option<String>,
    /// What stands before each group.
    pub groups_prefix: String,
}

/// What stands before a user's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Prefix {
    /// The issuer and `#`, except before an address.
    Issuer,
    /// This, which may be nothing.
    Given(String),
}

/// All claims, as they were sent.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Claims(Map<String, Value>);

impl openidconnect::AdditionalClaims for Claims {}

impl ClaimSettings {
    /// The user whom verified `claims` speak of.
    ///
    /// # Errors
    ///
    /// What is missing, or not to be believed, in words.
    pub(super) fn read(&self, claims: &Value, issuer: &str) -> Result<Known, String> {
        let claim = &self.username;
        let name = claims.get(claim).and_then(Value::as_str).filter(|name| !name.is_empty());
        let name = name.ok_or_else(|| format!("the claim `{claim}`, which names the user, is not there"))?;
        if claim == "email" && claims.get("email_verified") == Some(&Value::Bool(false)) {
            return Err("the address in `email` has not been verified".to_owned());
        }
        let name = match &self.username_prefix {
            Prefix::Issuer if claim == "email" => name.to_owned(),
            Prefix::Issuer => format!("{issuer}#{name}"),
            Prefix::Given(prefix) => format!("{prefix}{name}"),
        };
        if name.starts_with(RESERVED) {
            return Err(format!("the name `{name}` begins with `{RESERVED}`, which is the cluster's own"));
        }
        Ok(Known { name, groups: self.groups_of(claims) })
    }

    /// Groups that begin as the cluster's own do are left out.
    fn groups_of(&self, claims: &Value) -> Vec<String> {
        let listed = self.groups.as_ref().and_then(|claim| claims.get(claim));
        let groups: Vec<_> = match listed {
            Some(Value::String(group)) => vec![group.as_str()],
            Some(Value::Array(groups)) => groups.iter().filter_map(Value::as_str).collect(),
            Some(_) | None => vec![],
        };
        let named = groups.iter().map(|group| format!("{}{group}", self.groups_prefix));
        named.filter(|group| !group.is_empty() && !group.starts_with(RESERVED)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const ISSUER: &str = "https://id.example.org";

    fn settings(username: &str, username_prefix: Prefix, groups_prefix: &str) -> ClaimSettings {
        ClaimSettings {
            username: username.to_owned(),
            username_prefix,
            groups: Some("groups".to_owned()),
            groups_prefix: groups_prefix.to_owned(),
        }
    }

    fn check(settings: &ClaimSettings, claims: &Value, expected: Result<(&str, &[&str]), &str>) {
        let told = settings.read(claims, ISSUER);
        match expected {
            Ok((name, groups)) => {
                let known = told.unwrap();
                assert_eq!(
                    (known.name.as_str(), known.groups),
                    (name, groups.iter().map(ToString::to_string).collect())
                );
            }
            Err(words) => assert!(told.as_ref().is_err_and(|told| told.contains(words)), "{told:?}"),
        }
    }

    #[test]
    fn a_user_is_named_as_kube_apiserver_names_them() {
        let claims = json!({"sub": "42", "email": "ada@example.org", "groups": ["live", "shop"]});
        let given = |prefix: &str| Prefix::Given(prefix.to_owned());
        let (sub, groups): (_, &[&str]) = ("https://id.example.org#42", &["live", "shop"]);
        check(&settings("sub", Prefix::Issuer, ""), &claims, Ok((sub, groups)));
        check(&settings("email", Prefix::Issuer, ""), &claims, Ok(("ada@example.org", groups)));
        check(
            &settings("sub", given("oidc:"), "oidc:"),
            &claims,
            Ok(("oidc:42", &["oidc:live", "oidc:shop"])),
        );
        check(&settings("sub", given(""), ""), &claims, Ok(("42", groups)));
        check(
            &settings("sub", given(""), ""),
            &json!({"sub": "42", "groups": "live"}),
            Ok(("42", &["live"])),
        );
        check(&settings("sub", given(""), ""), &json!({"sub": "42", "groups": 7}), Ok(("42", &[])));
    }

    #[test]
    fn what_is_missing_unverified_or_the_clusters_own_is_not_believed() {
        let given = || Prefix::Given(String::new());
        check(&settings("upn", given(), ""), &json!({"sub": "42"}), Err("`upn`"));
        check(&settings("upn", given(), ""), &json!({"upn": ""}), Err("`upn`"));
        let unverified = json!({"email": "ada@example.org", "email_verified": false});
        check(&settings("email", given(), ""), &unverified, Err("has not been verified"));
        check(&settings("sub", given(), ""), &json!({"sub": "system:admin"}), Err("the cluster's own"));
        let masters = json!({"sub": "42", "groups": ["system:masters", "live"]});
        check(&settings("sub", given(), ""), &masters, Ok(("42", &["live"])));
        check(&settings("sub", given(), "system:"), &masters, Ok(("42", &[])));
    }
}

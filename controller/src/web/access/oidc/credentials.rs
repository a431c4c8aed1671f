//! What an identity provider knows us by, and what we know it by. Read at each sign-in, so that it can be changed while the
//! controller runs, and so that the controller starts without it.

use std::path::{Path, PathBuf};

use k8s_openapi::api::core::v1::Secret;
use kube::Api;
use openidconnect::ClientSecret;

/// The keys of a Secret.
const CLIENT_SECRET: &str = "client-secret";
const CA: &str = "ca.crt";

/// Where they are.
#[derive(Clone, Debug, Default)]
pub struct Credentials {
    /// A Secret with `client-secret`, and perhaps `ca.crt`.
    pub secret: Option<(Api<Secret>, String)>,
    /// A file with our secret, which goes before the Secret's.
    pub client_secret_file: Option<PathBuf>,
    /// A file with certificates, PEM, which goes before the Secret's.
    pub ca_file: Option<PathBuf>,
}

/// What was read.
#[derive(Default)]
pub(super) struct Given {
    /// `None` for a public client.
    pub(super) client_secret: Option<ClientSecret>,
    /// `None` where the system's authorities count.
    pub(super) ca: Option<Vec<u8>>,
}

impl Credentials {
    /// Reads them.
    ///
    /// # Errors
    ///
    /// What cannot be read, in words.
    pub(super) async fn read(&self) -> Result<Given, String> {
        let mut kept = match &self.secret {
            Some((secrets, name)) => {
                let secret = secrets.get(name).await.map_err(|error| format!("Secret `{name}`: {error}"))?;
                secret.data.unwrap_or_default()
            }
            None => Default::default(),
        };
        let mut kept = |key: &str| kept.remove(key).map(|value| value.0);
        let secret = match &self.client_secret_file {
            Some(path) => Some(from_file(path).await?),
            None => kept(CLIENT_SECRET),
        };
        let ca = match &self.ca_file {
            Some(path) => Some(from_file(path).await?),
            None => kept(CA),
        };
        Ok(Given { client_secret: secret.map(client_secret_of).transpose()?, ca })
    }
}

async fn from_file(path: &Path) -> Result<Vec<u8>, String> {
    tokio::fs::read(path).await.map_err(|error| format!("{}: {error}", path.display()))
}

/// Files that people write end in a line break, which is no part of it.
fn client_secret_of(bytes: Vec<u8>) -> Result<ClientSecret, String> {
    let text = String::from_utf8(bytes).map_err(|_| "the client secret is no text".to_owned())?;
    Ok(ClientSecret::new(text.trim_end_matches(['\r', '\n']).to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_files_hold_is_read_anew_each_time() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("secret");
        let credentials = Credentials { client_secret_file: Some(file.clone()), ..Credentials::default() };
        let refused = credentials.read().await.err().unwrap();
        assert!(refused.contains("secret: No such file"), "{refused}");
        for word in ["first", "second"] {
            std::fs::write(&file, format!("{word}\n")).unwrap();
            let given = credentials.read().await.unwrap();
            assert_eq!(given.client_secret.unwrap().secret(), word);
            assert!(given.ca.is_none());
        }
        assert!(Credentials::default().read().await.unwrap().client_secret.is_none());
    }
}

//! Kubeconfigs: how a user reaches the API server, and with which credentials.

use std::path::Path;

use serde_json::{Value, json};

use crate::{CertificateFiles, Error};

/// What a user shows to the API server.
#[derive(Clone, Copy)]
pub(crate) enum Credentials<'a> {
    Certificate(&'a CertificateFiles),
    /// A service account's, in a file, as the kubelet keeps it.
    Token(&'a Path),
}

/// Writes a kubeconfig. JSON is YAML.
pub(crate) fn write(path: &Path, server: &str, ca: &Path, credentials: Credentials<'_>) -> Result<(), Error> {
    let user = match credentials {
        Credentials::Certificate(files) => {
            json!({"client-certificate": files.certificate, "client-key": files.key})
        }
        Credentials::Token(path) => json!({"tokenFile": path}),
    };
    let text = format!("{:#}\n", kubeconfig(server, ca, &user));
    std::fs::write(path, text).map_err(Error::io(format!("write {}", path.display())))
}

fn kubeconfig(server: &str, ca: &Path, user: &Value) -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "testbed",
        "clusters": [{"name": "testbed", "cluster": {"server": server, "certificate-authority": ca}}],
        "users": [{"name": "testbed", "user": user}],
        "contexts": [{"name": "testbed", "context": {"cluster": "testbed", "user": "testbed"}}],
    })
}

//! Who may talk to the API server: users with a client certificate, and service accounts with a token.

use std::path::PathBuf;

use k8s_openapi::api::authentication::v1::{TokenRequest, TokenRequestSpec};
use k8s_openapi::api::core::v1::ServiceAccount;
use kube::Api;
use kube::api::PostParams;

use crate::kubeconfig::{self, Credentials};
use crate::{CertificateFiles, Error, Life, Subject, Testbed};

/// Longer than any test: what a token's age changes is a matter for tests that ask for one themselves.
const TOKEN_LIFE_S: i64 = 60 * 60;

impl Testbed {
    /// Issues a certificate for a user of at most one group, and returns a kubeconfig that shows it. The user may do
    /// what the cluster's RBAC rules say: nothing, without any.
    pub fn user(&self, name: &str, group: Option<&str>) -> Result<PathBuf, Error> {
        let subject = Subject { name, group, hosts: &[], life: Life::Current };
        let file = format!("user-{}", file_name(name));
        let files = self.authorities().clients.issue(&file, subject)?;
        self.kubeconfig_for(&file, Credentials::Certificate(&files))
    }

    /// A kubeconfig that shows a certificate of any authority, such as one that must be refused.
    pub fn kubeconfig_of(&self, name: &str, certificate: &CertificateFiles) -> Result<PathBuf, Error> {
        self.kubeconfig_for(&format!("user-{}", file_name(name)), Credentials::Certificate(certificate))
    }

    /// A client as the kubeconfig at `path` says, bound to the runtime that calls this.
    pub async fn client_of(&self, path: &std::path::Path) -> Result<kube::Client, Error> {
        crate::testbed::client(path).await
    }

    /// A token of a service account, valid for an hour.
    pub async fn token(&self, namespace: &str, account: &str) -> Result<String, Error> {
        let accounts: Api<ServiceAccount> = Api::namespaced(self.client().await?, namespace);
        let spec = TokenRequestSpec { expiration_seconds: Some(TOKEN_LIFE_S), ..TokenRequestSpec::default() };
        let request = TokenRequest { spec: Some(spec), ..TokenRequest::default() };
        let answer = accounts.create_token_request(account, &PostParams::default(), &request).await?;
        answer.status.and_then(|status| status.token).ok_or_else(|| Error::Process {
            name: crate::parts::API_SERVER.into(),
            why: format!("issued no token for {namespace}/{account}"),
        })
    }

    /// A kubeconfig that shows a token of a service account, as a process in the cluster would.
    pub async fn service_account(&self, namespace: &str, account: &str) -> Result<PathBuf, Error> {
        let token = self.token(namespace, account).await?;
        let name = format!("account-{}-{}", file_name(namespace), file_name(account));
        let path = self.folder.join(format!("{name}.token"));
        std::fs::write(&path, token).map_err(Error::io(format!("write {}", path.display())))?;
        self.kubeconfig_for(&name, Credentials::Token(&path))
    }

    pub(crate) fn write_admin(&self) -> Result<(), Error> {
        let subject =
            Subject { name: "testbed-admin", group: Some("system:masters"), hosts: &[], life: Life::Current };
        let files = self.authorities().clients.issue("admin", subject)?;
        self.kubeconfig_for("admin", Credentials::Certificate(&files)).map(|_| ())
    }

    fn kubeconfig_for(&self, name: &str, credentials: Credentials<'_>) -> Result<PathBuf, Error> {
        let path = self.folder.join(format!("{name}.kubeconfig"));
        kubeconfig::write(&path, &self.server(), self.authorities().servers.path(), credentials)?;
        Ok(path)
    }
}

/// User names may hold what file names may not.
fn file_name(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect()
}

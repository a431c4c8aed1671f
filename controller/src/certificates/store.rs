//! Keeps the succession in a Secret that all replicas share. They race, and the first one to write wins: the others
//! take what it wrote.

use std::collections::BTreeMap;

use anyhow::{Context, bail};
use jiff::Timestamp;
use k8s_openapi::{ByteString, api::core::v1::Secret};
use kube::{
    Api, ResourceExt,
    api::{ObjectMeta, PostParams},
};
use tracing::info;

use super::{authority::Authority, succession::Succession};

/// Tries until a write is nobody else's: each loser reads what the winner wrote, and rarely writes again.
const MOST_TRIES: u32 = 5;

/// The Secret.
#[derive(Clone)]
pub(super) struct Store {
    pub(super) secrets: Api<Secret>,
    pub(super) name: String,
}

impl Store {
    /// What is kept, brought up to date. Whatever is due is written before it is used.
    ///
    /// # Errors
    ///
    /// The Secret can neither be read nor written, or others write it without end.
    pub(super) async fn current(&self, now: Timestamp) -> anyhow::Result<Succession> {
        for _ in 0..MOST_TRIES {
            let kept = self.secrets.get_opt(&self.name).await.with_context(|| self.place())?;
            let (succession, is_due) = brought_up(kept.as_ref().and_then(read), now)?;
            if !is_due {
                return Ok(succession);
            }
            if self.write(kept.as_ref(), &succession).await? {
                info!(secret = self.name, until = %succession.current.not_after, "certificate authority written");
                return Ok(succession);
            }
        }
        bail!("{} was written by others {MOST_TRIES} times in a row", self.place())
    }

    /// Whether it was written; `false` where somebody else was faster.
    async fn write(&self, kept: Option<&Secret>, succession: &Succession) -> anyhow::Result<bool> {
        let secret = self.secret(kept, succession);
        let written = match kept {
            None => self.secrets.create(&PostParams::default(), &secret).await,
            Some(_) => self.secrets.replace(&self.name, &PostParams::default(), &secret).await,
        };
        match written {
            Ok(_) => Ok(true),
            Err(kube::Error::Api(status)) if status.code == 409 || status.code == 404 => Ok(false),
            Err(error) => Err(error).with_context(|| self.place()),
        }
    }

    fn secret(&self, kept: Option<&Secret>, succession: &Succession) -> Secret {
        let labels = [("app.kubernetes.io/managed-by".to_owned(), "prescale".to_owned())];
        let metadata = ObjectMeta {
            name: Some(self.name.clone()),
            // With the version that was read, a write on top of another's is refused.
            resource_version: kept.and_then(ResourceExt::resource_version),
            labels: Some(kept.map_or_else(|| labels.into(), |kept| kept.labels().clone())),
            annotations: kept.map(|kept| kept.annotations().clone()),
            owner_references: kept.map(|kept| kept.owner_references().to_vec()),
            ..ObjectMeta::default()
        };
        Secret {
            metadata,
            data: Some(data(succession)),
            type_: Some("Opaque".to_owned()),
            ..Secret::default()
        }
    }

    fn place(&self) -> String {
        format!("Secret `{}` with the certificate authority", self.name)
    }
}

/// Everything that is due, at once; and whether anything was.
fn brought_up(kept: Option<Succession>, now: Timestamp) -> anyhow::Result<(Succession, bool)> {
    let Some(mut succession) = kept else {
        return Ok((Succession::begin(now)?, true));
    };
    let mut is_due = false;
    while let Some(step) = succession.due(now) {
        info!(?step, "certificate authorities change");
        succession = succession.after(step, now)?;
        is_due = true;
    }
    Ok((succession, is_due))
}

fn data(succession: &Succession) -> BTreeMap<String, ByteString> {
    let current = [("ca.crt", &succession.current.certificate), ("ca.key", &succession.current.key)];
    let next =
        succession.next.iter().flat_map(|next| [("next.crt", &next.certificate), ("next.key", &next.key)]);
    let former = succession.former.iter().map(|former| ("former.crt", former));
    let all = current.into_iter().chain(next).chain(former);
    all.map(|(key, pem)| (key.to_owned(), ByteString(pem.clone().into_bytes()))).collect()
}

/// `None` where the Secret holds no authority that can be read: then a new one begins.
fn read(secret: &Secret) -> Option<Succession> {
    let text = |key: &str| String::from_utf8(secret.data.as_ref()?.get(key)?.0.clone()).ok();
    let authority = |certificate, key| Authority::read(text(certificate)?, text(key)?).ok();
    Some(Succession {
        current: authority("ca.crt", "ca.key")?,
        next: authority("next.crt", "next.key"),
        former: text("former.crt"),
    })
}

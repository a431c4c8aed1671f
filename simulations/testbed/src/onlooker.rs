//! What anybody sees of a scaler through kube-apiserver: the `demand` that the HPA controller would read, and what its
//! status says.

use std::time::Duration;

use http::Request;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use kube::Client;
use serde_json::Value;

use crate::{Error, Testbed, testbed::config, until};

/// A tick decides, the next sync of a watch tells: seconds, and a minute on a machine that is busy.
const SAID_WITHIN: Duration = Duration::from_secs(60);

/// Looks at one scaler over a connection that is kept. Bound to the runtime that made it.
#[derive(Clone)]
pub struct Onlooker {
    client: Client,
    namespace: String,
    scaler: String,
}

impl Testbed {
    /// An onlooker with the administrator's rights. It asks once: what fails is not asked again behind the test's back.
    pub async fn onlooker(&self, namespace: &str, scaler: &str) -> Result<Onlooker, Error> {
        let mut config = config(self.kubeconfig()).await?;
        config.default_retry = false;
        let client = Client::try_from(config)?;
        Ok(Onlooker { client, namespace: namespace.to_owned(), scaler: scaler.to_owned() })
    }
}

impl Onlooker {
    /// What the external metrics API answers for `demand`.
    pub async fn demand(&self) -> Result<f64, Error> {
        let list = self.get(&self.demand_path()).await?;
        let value = list["items"][0]["value"].as_str();
        value
            .and_then(number)
            .ok_or_else(|| Error::Answer { asked: self.demand_path(), answer: list.to_string() })
    }

    /// Waits until `demand` is at least so much.
    pub async fn demand_reaches(&self, floor: f64) -> Result<f64, Error> {
        until(&format!("demand to be served as {floor} or more"), SAID_WITHIN, async || {
            self.demand().await.ok().filter(|served| floor <= *served)
        })
        .await
    }

    /// Waits until a condition of the scaler has this reason, and returns what it says.
    pub async fn is_told(&self, condition: &str, reason: &str) -> Result<Condition, Error> {
        until(&format!("condition {condition} to say {reason}"), SAID_WITHIN, async || {
            self.condition(condition).await.ok().flatten().filter(|found| found.reason == reason)
        })
        .await
    }

    /// A condition of the scaler's status; `None` before it has one of this type.
    pub async fn condition(&self, condition: &str) -> Result<Option<Condition>, Error> {
        let (namespace, scaler) = (&self.namespace, &self.scaler);
        let path = format!("/apis/prescale.dev/v1alpha1/namespaces/{namespace}/predictivescalers/{scaler}");
        let status = self.get(&path).await?["status"]["conditions"].take();
        let conditions: Vec<Condition> = serde_json::from_value(status).unwrap_or_default();
        Ok(conditions.into_iter().find(|found| found.type_ == condition))
    }

    fn demand_path(&self) -> String {
        let (namespace, scaler) = (&self.namespace, &self.scaler);
        let api = "/apis/external.metrics.k8s.io/v1beta1/namespaces";
        format!("{api}/{namespace}/demand?labelSelector=prescale.dev%2Fscaler%3D{scaler}")
    }

    /// What kube-apiserver answers at a path of its API.
    pub async fn get(&self, path: &str) -> Result<Value, Error> {
        Ok(self.client.request(request(path)).await?)
    }

    /// Whether kube-apiserver says that it is ready.
    pub(crate) async fn ready(&self) -> Result<(), Error> {
        self.client.request_text(request("/readyz")).await?;
        Ok(())
    }
}

fn request(path: &str) -> Request<Vec<u8>> {
    Request::get(path).body(Vec::new()).expect("a path without spaces")
}

/// A quantity as the metrics API writes it: whole, or in thousandths.
fn number(quantity: &str) -> Option<f64> {
    match quantity.strip_suffix('m') {
        Some(thousandths) => Some(thousandths.parse::<f64>().ok()? / 1_000.0),
        None => quantity.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::number;

    #[test]
    fn a_quantity_is_whole_or_in_thousandths() {
        assert_eq!(number("3000"), Some(3_000.0));
        assert_eq!(number("1500m"), Some(1.5));
        assert_eq!(number("much"), None);
    }
}

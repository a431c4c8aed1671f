//! The connection to Kafka, from the flags.

use kube::Client;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    args,
    sources::{connection::Place, kafka::Kafka},
    telemetry::Metrics,
};

/// The Kafka that topics are read from; `None` where none is named.
///
/// # Errors
///
/// Flags that do not go together.
pub(super) fn kafka(
    args: &args::Sources,
    identity: &args::Identity,
    metrics: &Metrics,
) -> anyhow::Result<Option<Kafka>> {
    let args = &args.kafka;
    let secret = args
        .kafka_secret
        .as_ref()
        .map(|name| Place::Secret { namespace: identity.namespace.clone(), name: name.clone() });
    let settings = args.connection.settings(secret, args.kafka_poll)?;
    Ok(settings.map(|settings| Kafka::counted(settings, metrics.clone())))
}

/// Polls until `shutdown`.
pub(super) fn follow(
    kafka: Option<Kafka>,
    client: &Client,
    (tasks, shutdown): (&TaskTracker, &CancellationToken),
) {
    let Some(kafka) = kafka else { return };
    let (cluster, stop) = (client.clone(), shutdown.clone());
    tasks.spawn(async move { kafka.follow(Some(cluster), stop).await });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::Args;
    use clap::Parser;

    fn check(flags: &str, expected: &str) {
        let line = format!("prescale-controller --prometheus-url=http://here {flags}");
        let args = Args::try_parse_from(line.split(' ')).unwrap().run;
        let made = kafka(&args.sources, &args.identity, &Metrics::default());
        let told = made.map_or_else(|error| error.to_string(), |kafka| format!("{}", kafka.is_some()));
        assert_eq!(told, expected, "{flags}");
    }

    #[test]
    fn flags_that_do_not_go_together_are_refused() {
        check("--tick=15s", "false");
        check("--kafka-bootstrap-servers=a:9092,b:9092", "true");
        check("--kafka-bootstrap-servers=a:9092,b", "--kafka-bootstrap-servers b is not HOST:PORT");
        let servers = "--kafka-bootstrap-servers=a:9092";
        check(
            &format!("{servers} --kafka-security=SASL_SSL"),
            "--kafka-security SASL_SSL takes --kafka-sasl-mechanism",
        );
        check(
            &format!("{servers} --kafka-sasl-mechanism=PLAIN"),
            "--kafka-sasl-mechanism PLAIN takes --kafka-security SASL_SSL or SASL_PLAINTEXT",
        );
        let sasl = format!("{servers} --kafka-security=SASL_SSL --kafka-sasl-mechanism=SCRAM-SHA-512");
        check(&sasl, "--kafka-sasl-mechanism SCRAM-SHA-512 takes --kafka-secret or --kafka-credentials");
        check(&format!("{sasl} --kafka-secret=login"), "true");
    }
}

//! The command line. Each flag can also be given by environment: `--kafka-topic` as `REALTIME_KAFKA_TOPIC`.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use clap::{Args as Flags, Parser, Subcommand};

use crate::{kafka::KafkaSettings, redis::RedisSettings, telemetry::LogSettings, token::Wish};

/// Live rooms by WebSocket, REST and gRPC, with Kafka and Redis behind.
#[derive(Debug, Parser)]
#[command(name = "realtime-svc", version)]
pub struct Args {
    /// What this process is.
    #[command(subcommand)]
    pub role: Role,
}

/// What a process is.
#[derive(Debug, Subcommand)]
pub enum Role {
    /// Takes people's connections: WebSocket and REST at one port, gRPC at another.
    Gateway(GatewaySettings),
    /// Folds what is in Kafka into Redis, and tells the gateways.
    Worker(WorkerSettings),
    /// Makes a token, for trying.
    Token(Wish),
}

/// What a gateway is told.
#[derive(Debug, Clone, Flags)]
pub struct GatewaySettings {
    /// Where WebSocket and REST are served.
    #[arg(long, env = "REALTIME_LISTEN", default_value = "0.0.0.0:8080")]
    pub listen: SocketAddr,
    /// Where gRPC is served.
    #[arg(long, env = "REALTIME_GRPC_LISTEN", default_value = "0.0.0.0:8081")]
    pub grpc_listen: SocketAddr,
    /// Where /metrics, /healthz and /readyz are served.
    #[arg(long, env = "REALTIME_ADMIN_LISTEN", default_value = "0.0.0.0:9090")]
    pub admin_listen: SocketAddr,
    /// The name by which this gateway counts its people; must differ from others'. Missing: a new one at each start.
    #[arg(long, env = "REALTIME_GATEWAY_NAME")]
    pub gateway_name: Option<String>,
    /// The file of the keys that tokens are signed with: secrets of at least 32 bytes, one a line (HS256), or public keys in
    /// PEM (EdDSA). It is read again when it changes.
    #[arg(long, env = "REALTIME_TOKEN_KEY_FILE")]
    pub token_key_file: PathBuf,
    /// Threads that serve people. A gateway is sized for a core, and the second thread is for bursts; more people are for more
    /// gateways. One takes less memory, and acknowledges later while updates are written.
    #[arg(long, env = "REALTIME_THREADS", default_value = "2")]
    pub threads: std::num::NonZeroUsize,
    /// People in rooms at once. Who comes then waits in line.
    #[arg(long, env = "REALTIME_CAPACITY", default_value_t = 20_000)]
    pub capacity: usize,
    /// People in line at once. Who comes then is told to come again.
    #[arg(long, env = "REALTIME_WAITING_ROOM", default_value_t = 20_000)]
    pub waiting_room: usize,
    /// Interactions that are on their way to Kafka at once.
    #[arg(long, env = "REALTIME_KAFKA_IN_FLIGHT", default_value_t = 10_000)]
    pub kafka_in_flight: usize,
    /// Interactions of one user per second, in the long run.
    #[arg(long, env = "REALTIME_USER_RATE", default_value = "5")]
    pub user_rate: std::num::NonZeroU32,
    /// Interactions of one user at once.
    #[arg(long, env = "REALTIME_USER_BURST", default_value = "20")]
    pub user_burst: std::num::NonZeroU32,
    /// How long a client may take to say hello, and a request to come.
    #[arg(long, env = "REALTIME_HELLO_WITHIN_MS", default_value = "10000", value_parser = millis)]
    pub hello_within_ms: Duration,
    /// How long a client may take to read what it is sent, before it is dropped.
    #[arg(long, env = "REALTIME_READ_WITHIN_MS", default_value = "5000", value_parser = millis)]
    pub read_within_ms: Duration,
    /// After SIGTERM: how long /readyz has failed before clients are told to go, so that no new ones are sent here.
    #[arg(long, env = "REALTIME_DRAIN_DELAY_MS", default_value = "5000", value_parser = millis)]
    pub drain_delay_ms: Duration,
    /// After that: over how long goodbyes are spread. Together with the delay and 10 s for what is on its way it must fit
    /// into the pod's terminationGracePeriodSeconds.
    #[arg(long, env = "REALTIME_DRAIN_SPREAD_MS", default_value = "5000", value_parser = millis)]
    pub drain_spread_ms: Duration,
    /// Kafka.
    #[command(flatten)]
    pub kafka: KafkaSettings,
    /// Redis.
    #[command(flatten)]
    pub redis: RedisSettings,
    /// Logs and traces.
    #[command(flatten)]
    pub logs: LogSettings,
}

/// What a worker is told.
#[derive(Debug, Clone, Flags)]
pub struct WorkerSettings {
    /// Where /metrics, /healthz and /readyz are served.
    #[arg(long, env = "REALTIME_ADMIN_LISTEN", default_value = "0.0.0.0:9091")]
    pub admin_listen: SocketAddr,
    /// The consumer group that shares the partitions.
    #[arg(long, env = "REALTIME_GROUP", default_value = "realtime-workers")]
    pub group: String,
    /// A room is told its changes at most once in this time.
    #[arg(long, env = "REALTIME_UPDATE_EVERY_MS", default_value = "1000", value_parser = millis)]
    pub update_every_ms: Duration,
    /// How long an id that was folded is remembered at least, seconds.
    #[arg(long, env = "REALTIME_SEEN_FOR_S", default_value = "600")]
    pub seen_for_s: std::num::NonZeroU32,
    /// Kafka.
    #[command(flatten)]
    pub kafka: KafkaSettings,
    /// Redis.
    #[command(flatten)]
    pub redis: RedisSettings,
    /// Logs and traces.
    #[command(flatten)]
    pub logs: LogSettings,
}

fn millis(text: &str) -> Result<Duration, std::num::ParseIntError> {
    Ok(Duration::from_millis(text.parse()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_sound() {
        Args::command().debug_assert();
    }
}

//! A Prometheus that writes, by bodies as it sends them.

use jiff::Timestamp;
use prost::Message;

use super::world::{FEEDER, OWNER, World};

/// `prometheus.WriteRequest`, as far as a test needs it.
#[derive(Clone, PartialEq, Message)]
struct Written {
    #[prost(message, repeated, tag = "1")]
    timeseries: Vec<Series>,
}

#[derive(Clone, PartialEq, Message)]
struct Series {
    #[prost(message, repeated, tag = "1")]
    labels: Vec<Label>,
    #[prost(message, repeated, tag = "2")]
    samples: Vec<Sample>,
}

#[derive(Clone, PartialEq, Message)]
struct Label {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(string, tag = "2")]
    value: String,
}

#[derive(Clone, PartialEq, Message)]
struct Sample {
    #[prost(double, tag = "1")]
    value: f64,
    #[prost(int64, tag = "2")]
    timestamp: i64,
}

const HEADERS: [(&str, &str); 2] =
    [("content-type", "application/x-protobuf"), ("content-encoding", "snappy")];

fn series(metric: &str, (namespace, scaler, signal): (&str, &str, &str), ago_ms: i64) -> Series {
    let labels = [
        ("__name__", metric),
        ("prescale_namespace", namespace),
        ("prescale_scaler", scaler),
        ("prescale_signal", signal),
    ];
    let labels = labels.map(|(name, value)| Label { name: name.into(), value: value.into() });
    let timestamp = Timestamp::now().as_millisecond() - ago_ms;
    Series { labels: labels.to_vec(), samples: vec![Sample { value: 7.0, timestamp }] }
}

fn body(timeseries: Vec<Series>) -> Vec<u8> {
    snap::raw::Encoder::new().compress_vec(&Written { timeseries }.encode_to_vec()).unwrap()
}

const JOINS: (&str, &str, &str) = ("live", "gateway", "queue-joins");

async fn write(world: &World, timeseries: Vec<Series>) -> super::world::Got {
    world.post("/api/v1/write", &[HEADERS[0], HEADERS[1], FEEDER], body(timeseries)).await
}

#[tokio::test]
async fn series_are_taken_by_their_labels() {
    let world = World::new();
    let got = write(
        &world,
        vec![series("joins:rate1m", JOINS, 0), series("sold:rate1m", ("live", "shop", "demand"), 0)],
    );
    let got = got.await;
    assert_eq!((got.code, got.body.len()), (204, 0));
    assert_eq!(got.headers["x-prometheus-remote-write-samples-written"], "2");
    assert_eq!((world.newest("gateway", "queue-joins"), world.newest("shop", "demand")), (Ok(7.0), Ok(7.0)));
    let nobodys = Series { labels: vec![], samples: vec![] };
    assert_eq!(write(&world, vec![nobodys]).await.code, 204);
}

#[tokio::test]
async fn what_is_wrong_is_said_and_the_rest_is_taken() {
    let check = async |wrong: Vec<Series>, code: u16, words: &str| {
        let world = World::new();
        let all = [wrong, vec![series("sold", ("live", "shop", "demand"), 0)]].concat();
        let problem = write(&world, all).await.problem(code);
        assert!(problem["detail"].as_str().unwrap().contains(words), "{problem}");
        assert_eq!(world.newest("shop", "demand"), Ok(7.0));
        assert!(world.newest("gateway", "queue-joins").is_err());
    };
    let counter = vec![series("joins_total", JOINS, 0)];
    check(counter, 400, "joins_total is a counter: write its rate, by a recording rule").await;
    check(vec![series("joins", JOINS, 3_600_000)], 400, "ago: samples are taken until").await;
    let two = vec![series("joins", JOINS, 0), series("leaves", JOINS, 0)];
    check(two, 400, "is for signal `queue-joins` beside others, such as joins and leaves").await;
    check(vec![series("joins", ("live", "gateway", "joins"), 0)], 404, "is for signal `joins`").await;
    check(vec![series("joins", ("elsewhere", "gateway", "queue-joins"), 0)], 403, "elsewhere").await;
}

#[tokio::test]
async fn what_is_no_remote_write_is_refused() {
    let world = World::new();
    let headers = [HEADERS[0], HEADERS[1], OWNER];
    let problem = world.post("/api/v1/write", &headers, "queue value=1").await.problem(400);
    assert!(problem["detail"].as_str().unwrap().starts_with("the body is not Snappy's"), "{problem}");
    let other = ("content-type", "application/x-protobuf;proto=io.prometheus.write.v3.Request");
    world.post("/api/v1/write", &[other, HEADERS[1], OWNER], body(vec![])).await.problem(415);
    let second = ("content-type", "application/x-protobuf;proto=io.prometheus.write.v2.Request");
    assert_eq!(world.post("/api/v1/write", &[second, HEADERS[1], OWNER], body(vec![])).await.code, 204);
}

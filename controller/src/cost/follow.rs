//! Follows the price table in its file, and OpenCost in Prometheus. What cannot be read is told, and what was known
//! before stands.

use std::{collections::HashMap, path::Path, sync::Arc, time::Duration};

use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::{PriceBook, read_prices};
use crate::{args::CostArgs, sources::reader::Reader, telemetry::Metrics};

/// A ConfigMap reaches its pods within a minute or so; its file is small.
const FILE_EVERY: Duration = Duration::from_secs(5);
/// OpenCost asks its cloud for prices once in a while, and is scraped each minute.
const OPENCOST_EVERY: Duration = Duration::from_secs(60);
/// A larger file is none that people write: a cloud has a thousand types, of 60 bytes each.
const MOST_BYTES: u64 = 1 << 20;

/// The price of each node an hour, as OpenCost exports it. It is asked for here, and not at OpenCost's own API: `/assets`
/// gives the cost of a past window, which is this number times the hours, after the window has been aggregated; this one
/// is what counts now, and comes by the Prometheus that is asked anyway, with its credentials.
/// (<https://opencost.io/docs/integrations/metrics>)
const OPENCOST_QUERY: &str = "max by (node) (node_total_hourly_cost)";

/// Follows both, as far as the flags name them, until `shutdown`.
pub(crate) async fn follow(
    args: CostArgs,
    (book, reader, metrics): (Arc<PriceBook>, Arc<Reader>, Metrics),
    shutdown: CancellationToken,
) {
    let table = async {
        if let Some(path) = &args.prices {
            follow_table(path, &book, &metrics).await;
        }
    };
    let opencost = async {
        if args.opencost {
            follow_opencost(&reader, &book).await;
        }
    };
    shutdown.run_until_cancelled(async { tokio::join!(table, opencost) }).await;
}

async fn follow_table(path: &Path, book: &PriceBook, metrics: &Metrics) {
    let mut before = None;
    loop {
        let read = read(path).await;
        if before.as_ref() != Some(&read) {
            let table = read.clone().and_then(|text| read_prices(&text).map_err(|error| error.to_string()));
            metrics.price_table(table.is_ok());
            match table {
                Ok(table) => {
                    info!(path = %path.display(), types = table.len(), "prices read");
                    book.put_table(table);
                }
                Err(problem) => {
                    warn!(path = %path.display(), problem, "prices refused: those before them count");
                    book.refuse_table(format!("{}: {problem}", path.display()));
                }
            }
            before = Some(read);
        }
        sleep(FILE_EVERY).await;
    }
}

async fn read(path: &Path) -> Result<String, String> {
    let size = tokio::fs::metadata(path).await.map_err(|error| error.to_string())?.len();
    if MOST_BYTES < size {
        return Err(format!("{size} bytes are more than the {MOST_BYTES} that a table may have"));
    }
    tokio::fs::read_to_string(path).await.map_err(|error| error.to_string())
}

async fn follow_opencost(reader: &Reader, book: &PriceBook) {
    let mut told = None;
    loop {
        match reader.newest_by("node", OPENCOST_QUERY).await {
            Ok(nodes) => {
                let nodes: HashMap<_, _> = nodes.into_iter().collect();
                if told != Some(Ok(())) {
                    info!(nodes = nodes.len(), "prices read from OpenCost's metrics");
                    told = Some(Ok(()));
                }
                book.put_nodes(nodes);
            }
            Err(error) => {
                let error = error.to_string();
                if told.as_ref() != Some(&Err(error.clone())) {
                    warn!(error, "OpenCost's prices are not known now: those before count");
                    told = Some(Err(error));
                }
            }
        }
        sleep(OPENCOST_EVERY).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cost::Capacity;

    #[tokio::test]
    async fn a_table_is_taken_up_when_it_changes_and_a_bad_one_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("prices.toml");
        let (book, metrics) = (PriceBook::default(), Metrics::default());
        let price = || book.price("any", Some("large"), Capacity::OnDemand);
        let write =
            |price: &str| std::fs::write(&path, format!("[prices]\nlarge = {{ on_demand = {price} }}\n"));
        let good = |page: String| page.contains("\nprescale_price_table_good 1\n");
        let changes = async {
            until(|| book.problem().is_some()).await;
            assert!(!good(metrics.render()), "there is no file yet");
            write("0.2").unwrap();
            until(|| price() == Some(0.2)).await;
            assert!(good(metrics.render()));
            write("-1").unwrap();
            until(|| book.problem().is_some()).await;
            let problem = book.problem().unwrap();
            assert!(problem.ends_with("prices.large.on_demand -1 is no price: write 0 or more"), "{problem}");
            assert_eq!(price(), Some(0.2), "the last good one stays");
            write("0.3").unwrap();
            until(|| price() == Some(0.3)).await;
            assert_eq!(book.problem(), None);
        };
        tokio::select! {
            () = follow_table(&path, &book, &metrics) => unreachable!("it follows for ever"),
            () = changes => {}
        }
    }

    #[tokio::test]
    async fn nodes_have_the_prices_that_opencost_exports() {
        let answer = r#"{"status":"success","data":{"resultType":"vector","result":[
            {"metric":{"node":"a"},"value":[1,"0.25"]},{"metric":{"node":"b"},"value":[1,"NaN"]},
            {"metric":{},"value":[1,"9"]}]}}"#;
        let answer = async move || ([("content-type", "application/json")], answer);
        let router = axum::Router::new().route("/api/v1/query", axum::routing::post(answer));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await });
        let (reader, book) = (Reader::new(url.parse().unwrap()), PriceBook::default());
        let price = |node: &str| book.price(node, Some("large"), Capacity::Spot);
        tokio::select! {
            () = follow_opencost(&reader, &book) => unreachable!("it follows for ever"),
            () = until(|| price("a") == Some(0.25)) => {}
        }
        assert_eq!([price("b"), price("c")], [None, None]);
    }

    async fn until(is_so: impl Fn() -> bool) {
        let polled = async {
            while !is_so() {
                sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(60), polled).await.unwrap();
    }
}

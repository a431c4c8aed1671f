//! Bad manifests on the real control plane: whatever is wrong with a scaler or an event, the schema refuses it and names
//! the field, or the object's status says it in the words of the command line. The rows are those of the controller's
//! own tests of `check`.
#![expect(clippy::unwrap_used, reason = "a test may stop at what cannot be")]

#[path = "manifests/fields.rs"]
mod fields;
#[path = "../../../controller/tests/refusals/table.rs"]
mod table;

use std::collections::BTreeSet;
use std::time::Duration;

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use kube::api::{DynamicObject, Patch, PatchParams};
use kube::{Api, Client, discovery::ApiResource};
use prescale_controller::api::{DemandEvent, Manifest, PredictiveScaler, read_manifests};
use prescale_testbed::{Prescale, Settings, Testbed, until};
use serde_json::{Value, json};
use tokio::sync::OnceCell;

use fields::{Spoilt, fields, known, spoilt, without_places};
use table::Row;

/// From an object's being written until its status is.
const TOLD_WITHIN: Duration = Duration::from_secs(60);
/// Each with every field that goes with the others.
const EVERY_FIELD: &str = include_str!("manifests/every_field.json");

static BED: OnceCell<Testbed> = OnceCell::const_new();

/// With a controller whose Prometheus is away: what is written is checked all the same.
async fn bed() -> &'static Testbed {
    BED.get_or_init(async || {
        // The Service has endpoints once the pods of the chart have a node.
        let bed = Testbed::start(Settings { nodes: 1, ..Settings::default() }).await.unwrap();
        let prometheus_url = format!("http://127.0.0.1:{}", bed.port().unwrap());
        let flags = vec!["--tick=1s".to_owned()];
        let prescale = Prescale { prometheus_url, replicas: 1, flags, ..Prescale::default() };
        bed.install(&prescale).await.unwrap();
        bed
    })
    .await
}

#[tokio::test]
async fn what_is_wrong_is_refused_by_the_schema_or_said_in_status() {
    let bed = bed().await;
    let client = bed.client().await.unwrap();
    let (mut accepted, mut refused) = (Vec::new(), 0);
    for (number, row) in rows().into_iter().enumerate() {
        // A namespace each, since all are of one name.
        let namespace = format!("row-{number}");
        make_namespace(bed, &namespace).await;
        match bed.apply(&in_namespace(&namespace, &row.text)).await {
            Ok(()) => accepted.push((namespace, row)),
            Err(error) => {
                assert_names_the_first(&row, &error.to_string());
                refused += 1;
            }
        }
    }
    let mut told = 0;
    for (namespace, row) in &accepted {
        told += usize::from(!row.problems.is_empty());
        assert_is_told(&client, namespace, row).await;
    }
    println!("{refused} refused by the schema, {told} told in status");
    assert!(0 < refused && 0 < told);
}

#[tokio::test]
async fn a_spec_that_was_spoilt_is_told_while_the_one_before_it_goes_on() {
    let bed = bed().await;
    let client = bed.client().await.unwrap();
    make_namespace(bed, "spoilt").await;
    let text = in_namespace("spoilt", table::SCALER);
    bed.apply(&text).await.unwrap();
    let manifest = read(&text);
    ready(&client, "spoilt", &manifest, |condition| condition.reason != "InvalidSpec").await;
    bed.apply(&text.replace("hold: 2m", "hold: 25h")).await.unwrap();
    let told = ready(&client, "spoilt", &manifest, |condition| condition.reason == "InvalidSpec").await;
    assert_eq!(told.message, "spec.hold 25h is longer than 24h\nThe spec before this one goes on.");
}

/// A duration of the right shape that no clock counts: the types refuse it before there is anything to check.
#[tokio::test]
async fn what_the_schema_takes_and_the_types_do_not_is_told_in_the_same_words() {
    let bed = bed().await;
    let client = bed.client().await.unwrap();
    make_namespace(bed, "unreadable").await;
    for (object, from, to) in [
        (table::SCALER, "hold: 2m", "hold: 9999999999999999h"),
        (table::EVENT, "rampUp: 10m", "rampUp: 9999999999999999h"),
    ] {
        let text = object.replace(from, to);
        bed.apply(&in_namespace("unreadable", &text)).await.unwrap();
        let told = ready(&client, "unreadable", &read(object), |_| true).await;
        let said = said_on_the_command_line(&text);
        assert!(said.contains("is not a duration"), "{said}");
        assert_eq!((told.reason.as_str(), told.message), ("InvalidSpec", said));
    }
}

#[tokio::test]
async fn every_bound_of_the_schema_is_kept_by_the_command_line_too() {
    let client = bed().await.client().await.unwrap();
    let objects: Vec<Value> = serde_json::from_str(EVERY_FIELD).unwrap();
    let mut written = BTreeSet::new();
    let mut existing = BTreeSet::new();
    for object in &objects {
        let kind = object["kind"].as_str().unwrap();
        let schema = schema(&client, kind).await;
        assert_eq!(try_apply(&client, object).await, Ok(()), "{object}");
        assert_eq!(said_on_the_command_line(&object.to_string()), "", "{object}");
        for spoilt in spoilt(object, &schema) {
            let refused = try_apply(&client, &spoilt.object).await.err();
            assert_names_the_field(&spoilt, &refused.unwrap_or_default());
            assert_names_the_field(&spoilt, &said_on_the_command_line(&spoilt.object.to_string()));
        }
        written.extend(fields(object, &schema).into_iter().map(|field| (kind, field)));
        existing.extend(known(&schema).into_iter().map(|field| (kind, field)));
    }
    assert_eq!(written, existing, "a field is missing in every_field.json");
}

/// All rows of the table.
fn rows() -> Vec<Row> {
    let groups = [
        table::well_written(),
        table::limits(),
        table::names(),
        table::sources(),
        table::signals(),
        table::selectors(),
        table::capacities(),
        table::learned_capacities(),
        table::risks(),
        table::times(),
        table::hpas(),
        table::periods(),
        table::sizes(),
        table::several_problems(),
    ];
    groups.into_iter().flatten().collect()
}

async fn make_namespace(bed: &Testbed, name: &str) {
    let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}});
    bed.apply(&namespace.to_string()).await.unwrap();
}

fn in_namespace(namespace: &str, text: &str) -> String {
    text.replacen("metadata: {", &format!("metadata: {{namespace: {namespace}, "), 1)
}

/// The complaint names the field of the row's first problem. Where a rule looks at two fields, it stands on the object
/// that has both, so that it is the field's own name that counts.
fn assert_names_the_first(row: &Row, complaint: &str) {
    let field = row.problems.split(' ').next().unwrap();
    let name = field.rsplit('.').next().unwrap();
    assert!(!name.is_empty() && complaint.contains(name), "{field} is not named: {complaint}\n{}", row.text);
}

/// `Ready` says what the row does, or nothing is wrong.
async fn assert_is_told(client: &Client, namespace: &str, row: &Row) {
    let manifest = read(&row.text);
    assert_eq!(said_on_the_command_line(&row.text), row.problems);
    let told = ready(client, namespace, &manifest, |_| true).await;
    if row.problems.is_empty() {
        assert_ne!(told.reason, "InvalidSpec", "{}: {}", row.text, told.message);
    } else {
        let expected = ("False", "InvalidSpec", row.problems.as_str());
        assert_eq!((told.status.as_str(), told.reason.as_str(), told.message.as_str()), expected);
    }
}

fn read(text: &str) -> Manifest {
    read_manifests(text, "f.yaml").unwrap().remove(0)
}

/// What the command line says of a document, after the place in the file; empty where nothing is wrong.
fn said_on_the_command_line(text: &str) -> String {
    let manifests = match read_manifests(text, "f.yaml") {
        Ok(manifests) => manifests,
        Err(error) => return format!("{}: {}", error.field.unwrap_or_default(), error.message),
    };
    let problems = match &manifests[0] {
        Manifest::PredictiveScaler(scaler) => scaler.check().err(),
        Manifest::DemandEvent(event) => event.check().err(),
    };
    problems.map_or(String::new(), |problems| problems.to_string())
}

/// The condition `Ready` of an object, once it is `so`.
async fn ready(
    client: &Client,
    namespace: &str,
    manifest: &Manifest,
    so: impl Fn(&Condition) -> bool,
) -> Condition {
    until(&format!("status of {manifest} in {namespace}"), TOLD_WITHIN, async || {
        let conditions = conditions(client.clone(), namespace, manifest).await?;
        conditions.into_iter().find(|condition| condition.type_ == "Ready" && so(condition))
    })
    .await
    .unwrap()
}

/// Read without our types, which need not be able to read the object.
async fn conditions(client: Client, namespace: &str, manifest: &Manifest) -> Option<Vec<Condition>> {
    let (kind, metadata) = match manifest {
        Manifest::PredictiveScaler(scaler) => ("PredictiveScaler", &scaler.metadata),
        Manifest::DemandEvent(event) => ("DemandEvent", &event.metadata),
    };
    let objects: Api<DynamicObject> = Api::namespaced_with(client, namespace, &resource(kind));
    let mut object = objects.get(metadata.name.as_deref()?).await.ok()?;
    serde_json::from_value(object.data["status"]["conditions"].take()).ok()
}

/// The schema of a kind's `spec`, as the cluster has it.
async fn schema(client: &Client, kind: &str) -> Value {
    let definitions: Api<CustomResourceDefinition> = Api::all(client.clone());
    let name = format!("{}.prescale.dev", resource(kind).plural);
    let definition = serde_json::to_value(definitions.get(&name).await.unwrap()).unwrap();
    definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"].clone()
}

/// What the API server says to an object that `kubectl apply` would send, without keeping it.
async fn try_apply(client: &Client, object: &Value) -> Result<(), String> {
    let resource = resource(object["kind"].as_str().unwrap());
    let objects: Api<DynamicObject> = Api::default_namespaced_with(client.clone(), &resource);
    let params = PatchParams::apply("kubectl").validation_strict().dry_run();
    let name = object["metadata"]["name"].as_str().unwrap();
    objects.patch(name, &params, &Patch::Apply(object)).await.map(drop).map_err(|error| {
        let kube::Error::Api(status) = error else { panic!("{object}: {error}") };
        status.message
    })
}

fn resource(kind: &str) -> ApiResource {
    match kind {
        "PredictiveScaler" => ApiResource::erase::<PredictiveScaler>(&()),
        "DemandEvent" => ApiResource::erase::<DemandEvent>(&()),
        other => panic!("no kind of ours: {other}"),
    }
}

fn assert_names_the_field(spoilt: &Spoilt, complaint: &str) {
    let is_named = without_places(complaint).contains(&spoilt.field);
    assert!(is_named, "{} is not named: {complaint}\n{}", spoilt.field, spoilt.object);
}

//! What a schema says of each field that an object has, and what that field must not be.

use std::collections::BTreeSet;

use serde_json::{Value, json};

/// A field written badly.
pub(crate) struct Spoilt {
    /// The whole object.
    pub(crate) object: Value,
    /// The field, without places in lists: `spec.signals.name`.
    pub(crate) field: String,
}

/// `object` once for each thing that its `spec` must not be by `schema`.
pub(crate) fn spoilt(object: &Value, schema: &Value) -> Vec<Spoilt> {
    let mut all = Vec::new();
    visit(&object["spec"], schema, "/spec", &mut |place, schema| {
        for value in unfit(schema) {
            all.push(with(object, place, value));
        }
        if schema.get("properties").is_some() {
            all.push(with(object, &format!("{place}/misspelt"), json!(1)));
        }
    });
    all
}

/// The fields of an object's `spec`.
pub(crate) fn fields(object: &Value, schema: &Value) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    visit(&object["spec"], schema, "/spec", &mut |place, _| _ = all.insert(field(place)));
    all
}

/// The fields that `schema` knows.
pub(crate) fn known(schema: &Value) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    know(schema, "/spec", &mut all);
    all
}

/// `text` without the brackets behind a name: where in a list something is, `signals[0]`, or which of it.
pub(crate) fn without_places(text: &str) -> String {
    let (mut kept, mut is_within) = (String::new(), false);
    for letter in text.chars() {
        is_within |= letter == '[' && kept.ends_with(char::is_alphanumeric);
        if !is_within {
            kept.push(letter);
        }
        is_within &= letter != ']';
    }
    kept
}

/// Tells `each` of a value and all that is in it: by its place, a JSON pointer, and its schema.
fn visit(value: &Value, schema: &Value, place: &str, each: &mut dyn FnMut(&str, &Value)) {
    each(place, schema);
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                if let Some(schema) = schema["properties"].get(name) {
                    visit(value, schema, &format!("{place}/{name}"), each);
                }
            }
        }
        Value::Array(items) => {
            for (index, value) in items.iter().enumerate() {
                visit(value, &schema["items"], &format!("{place}/{index}"), each);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn know(schema: &Value, place: &str, all: &mut BTreeSet<String>) {
    all.insert(field(place));
    for (name, schema) in schema["properties"].as_object().into_iter().flatten() {
        know(schema, &format!("{place}/{name}"), all);
    }
    if let Some(items) = schema.get("items") {
        know(items, &format!("{place}/0"), all);
    }
}

/// The name of a place: `/spec/signals/0/name` is `spec.signals.name`.
fn field(place: &str) -> String {
    let names = place.split('/').filter(|name| !name.is_empty() && name.parse::<usize>().is_err());
    names.collect::<Vec<_>>().join(".")
}

fn with(object: &Value, place: &str, value: Value) -> Spoilt {
    let mut object = object.clone();
    if let Some(there) = object.pointer_mut(place) {
        *there = value;
    } else {
        let (parent, name) = place.rsplit_once('/').unwrap();
        object.pointer_mut(parent).unwrap()[name] = value;
    }
    Spoilt { object, field: field(place) }
}

/// Values that a schema refuses: of another type, and beyond each of its bounds.
fn unfit(schema: &Value) -> Vec<Value> {
    match schema["type"].as_str().unwrap() {
        "object" | "array" => vec![json!("text")],
        "string" => unfit_strings(schema),
        "integer" => [vec![json!("text"), json!(1.5)], beyond(schema, |bound| json!(bound as i64))].concat(),
        "number" => [vec![json!("text")], beyond(schema, |bound| json!(bound))].concat(),
        "boolean" => vec![json!("text")],
        other => panic!("no field is of type {other}"),
    }
}

fn unfit_strings(schema: &Value) -> Vec<Value> {
    let mut unfit = vec![json!({})];
    if schema.get("enum").is_some() || schema.get("pattern").is_some() {
        unfit.push(json!("Not this!"));
    }
    if schema.get("minLength").is_some() {
        unfit.push(json!(""));
    }
    if let Some(most) = schema["maxLength"].as_u64() {
        unfit.push(json!("a".repeat(usize::try_from(most).unwrap() + 1)));
    }
    unfit
}

/// The first whole number beyond each bound, or the bound itself where it is not within.
fn beyond(schema: &Value, number: impl Fn(f64) -> Value) -> Vec<Value> {
    let bound = |bound: &str, exclusive: &str, step: f64| {
        let is_within = schema[exclusive] != true;
        schema[bound].as_f64().map(|bound| if is_within { bound + step } else { bound })
    };
    let beyond = [bound("minimum", "exclusiveMinimum", -1.0), bound("maximum", "exclusiveMaximum", 1.0)];
    beyond.into_iter().flatten().map(number).collect()
}

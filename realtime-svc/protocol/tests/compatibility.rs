//! The schemas of today beside those that were published as version 1 (`proto/v1.binpb`): whoever has data or a client of
//! then must be understood. `PROTOCOL.md` says how to publish what was added.
#![expect(clippy::unwrap_used, reason = "a test may stop at what cannot be")]

use std::collections::BTreeMap;

use prost::Message as _;
use prost_types::{
    DescriptorProto, EnumDescriptorProto, FieldDescriptorProto, FileDescriptorSet, ServiceDescriptorProto,
};
use realtime_protocol::v1::DESCRIPTORS;

/// Where the published schemas lie.
const PUBLISHED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/proto/v1.binpb");
/// Set to publish the schemas of today.
const PUBLISH: &str = "PUBLISH_SCHEMAS";

#[test]
fn what_was_published_still_holds() {
    if std::env::var_os(PUBLISH).is_some() {
        std::fs::write(PUBLISHED, DESCRIPTORS).unwrap();
    }
    let published = FileDescriptorSet::decode(&*std::fs::read(PUBLISHED).unwrap()).unwrap();
    let today = FileDescriptorSet::decode(DESCRIPTORS).unwrap();
    assert_eq!(breaks(&published, &today), Vec::<String>::new());
}

#[test]
fn what_breaks_readers_is_found() {
    check(
        "a field has gone",
        |schemas| _ = envelope(schemas).field.remove(3),
        &["Envelope.user (4) has gone, and its number and name are not reserved"],
    );
    check(
        "a field has gone, reserved",
        |schemas| {
            envelope(schemas).field.remove(3);
            let range = prost_types::descriptor_proto::ReservedRange { start: Some(4), end: Some(5) };
            envelope(schemas).reserved_range.push(range);
            envelope(schemas).reserved_name.push("user".to_owned());
        },
        &[],
    );
    check(
        "another type",
        |schemas| envelope(schemas).field[3].set_type(prost_types::field_descriptor_proto::Type::Int32),
        &["Envelope.user (4) has changed its type"],
    );
    check(
        "another name",
        |schemas| envelope(schemas).field[3].name = Some("who".to_owned()),
        &["Envelope.user (4) is now called who"],
    );
    check(
        "a new field",
        |schemas| {
            let field =
                FieldDescriptorProto { number: Some(30), name: Some("new".to_owned()), ..Default::default() };
            envelope(schemas).field.push(field);
        },
        &[],
    );
    check(
        "a message has gone",
        |schemas| {
            let file = schemas.file.iter_mut().find(|file| file.name().ends_with("envelope.proto")).unwrap();
            file.message_type.retain(|message| message.name() != "Vote");
        },
        &["message Vote has gone"],
    );
    check(
        "a value has gone",
        |schemas| {
            let file = schemas.file.iter_mut().find(|file| file.name().ends_with("envelope.proto")).unwrap();
            file.enum_type[0].value.remove(1);
        },
        &["Reaction.REACTION_CLAP (1) has gone or changed"],
    );
    check(
        "a call has gone",
        |schemas| {
            let file = schemas.file.iter_mut().find(|file| file.name().ends_with("rooms.proto")).unwrap();
            file.service[0].method.remove(0);
        },
        &["Rooms.PostQuestion has gone or changed"],
    );
}

#[track_caller]
fn check(what: &str, change: impl FnOnce(&mut FileDescriptorSet), expected: &[&str]) {
    let published = FileDescriptorSet::decode(DESCRIPTORS).unwrap();
    let mut today = published.clone();
    change(&mut today);
    assert_eq!(breaks(&published, &today), expected, "{what}");
}

fn envelope(schemas: &mut FileDescriptorSet) -> &mut DescriptorProto {
    let messages = schemas.file.iter_mut().flat_map(|file| &mut file.message_type);
    messages.into_iter().find(|message| message.name() == "Envelope").unwrap()
}

/// What somebody would notice who knows the schemas of then.
fn breaks(then: &FileDescriptorSet, now: &FileDescriptorSet) -> Vec<String> {
    let mut found = Vec::new();
    let messages = by_name(now.file.iter().flat_map(|file| &file.message_type), DescriptorProto::name);
    for old in then.file.iter().flat_map(|file| &file.message_type) {
        match messages.get(old.name()) {
            Some(new) => compare_message(old, new, &mut found),
            None => found.push(format!("message {} has gone", old.name())),
        }
    }
    let enums = by_name(now.file.iter().flat_map(|file| &file.enum_type), EnumDescriptorProto::name);
    for old in then.file.iter().flat_map(|file| &file.enum_type) {
        match enums.get(old.name()) {
            Some(new) => compare_enum(old, new, &mut found),
            None => found.push(format!("enum {} has gone", old.name())),
        }
    }
    let services = by_name(now.file.iter().flat_map(|file| &file.service), ServiceDescriptorProto::name);
    for old in then.file.iter().flat_map(|file| &file.service) {
        match services.get(old.name()) {
            Some(new) => compare_service(old, new, &mut found),
            None => found.push(format!("service {} has gone", old.name())),
        }
    }
    found
}

fn by_name<'a, T>(all: impl Iterator<Item = &'a T>, name: impl Fn(&T) -> &str) -> BTreeMap<String, &'a T> {
    all.map(|one| (name(one).to_owned(), one)).collect()
}

fn compare_message(old: &DescriptorProto, new: &DescriptorProto, found: &mut Vec<String>) {
    for field in &old.field {
        let label = format!("{}.{} ({})", old.name(), field.name(), field.number());
        match new.field.iter().find(|one| one.number() == field.number()) {
            Some(now) if now.name() != field.name() => {
                found.push(format!("{label} is now called {}", now.name()));
            }
            Some(now) if shape(now) != shape(field) => found.push(format!("{label} has changed its type")),
            Some(_) => {}
            None if is_reserved(new, field) => {}
            None => found.push(format!("{label} has gone, and its number and name are not reserved")),
        }
    }
    for range in old.reserved_range.iter().filter(|range| !new.reserved_range.contains(range)) {
        found.push(format!("{} no longer reserves {} to {}", old.name(), range.start(), range.end() - 1));
    }
    for name in old.reserved_name.iter().filter(|name| !new.reserved_name.contains(name)) {
        found.push(format!("{} no longer reserves {name}", old.name()));
    }
}

/// What decides how a field is written.
fn shape(field: &FieldDescriptorProto) -> (i32, i32, &str, Option<i32>, bool) {
    let FieldDescriptorProto { r#type, label, oneof_index, .. } = field;
    (r#type.unwrap_or(0), label.unwrap_or(0), field.type_name(), *oneof_index, field.proto3_optional())
}

fn is_reserved(message: &DescriptorProto, field: &FieldDescriptorProto) -> bool {
    let number = field.number();
    message.reserved_range.iter().any(|range| (range.start()..range.end()).contains(&number))
        && message.reserved_name.iter().any(|name| name == field.name())
}

fn compare_enum(old: &EnumDescriptorProto, new: &EnumDescriptorProto, found: &mut Vec<String>) {
    for value in &old.value {
        if !new.value.iter().any(|one| one.number() == value.number() && one.name() == value.name()) {
            found.push(format!("{}.{} ({}) has gone or changed", old.name(), value.name(), value.number()));
        }
    }
}

fn compare_service(old: &ServiceDescriptorProto, new: &ServiceDescriptorProto, found: &mut Vec<String>) {
    for call in &old.method {
        if !new.method.iter().any(|one| one == call) {
            found.push(format!("{}.{} has gone or changed", old.name(), call.name()));
        }
    }
}

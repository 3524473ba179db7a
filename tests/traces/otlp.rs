//! The messages of OTLP, as much of them as the stories look at; the numbers are those of
//! `opentelemetry/proto/trace/v1/trace.proto`.

use std::collections::BTreeMap;

use prost::{Message, Oneof};

/// A span, with the name of the program that it comes from.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Span {
    pub(super) program: String,
    pub(super) name: String,
    pub(super) trace: String,
    pub(super) id: String,
    pub(super) parent: String,
    /// 1 is internal, 2 a server's.
    pub(super) kind: i32,
    pub(super) time: (u64, u64),
    pub(super) attributes: BTreeMap<String, String>,
    /// 2 is an error.
    pub(super) status: i32,
}

/// The spans of one request to a collector.
pub(super) fn spans(body: &[u8]) -> Vec<Span> {
    let message = Export::decode(body).expect("it is OTLP");
    let mut spans = Vec::new();
    for resource in message.resources {
        let of_program = texts(&resource.resource.expect("it is named").attributes);
        assert!(!of_program["service.version"].is_empty(), "{of_program:?}");
        let raw = resource.scopes.into_iter().flat_map(|scope| scope.spans);
        spans.extend(raw.map(|span| Span {
            program: of_program["service.name"].clone(),
            name: span.name,
            trace: hex(&span.trace_id),
            id: hex(&span.id),
            parent: hex(&span.parent_id),
            kind: span.kind,
            time: (span.start, span.end),
            attributes: texts(&span.attributes),
            status: span.status.unwrap_or_default().code,
        }));
    }
    spans
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat()
}

fn texts(attributes: &[Attribute]) -> BTreeMap<String, String> {
    let text = |attribute: &Attribute| match attribute.value.clone().and_then(|any| any.value) {
        Some(Value::Text(text)) => text,
        Some(Value::Number(number)) => number.to_string(),
        None => panic!("{}: another type", attribute.key),
    };
    attributes.iter().map(|attribute| (attribute.key.clone(), text(attribute))).collect()
}

#[derive(Clone, PartialEq, Message)]
struct Export {
    #[prost(message, repeated, tag = "1")]
    resources: Vec<ResourceSpans>,
}

#[derive(Clone, PartialEq, Message)]
struct ResourceSpans {
    #[prost(message, optional, tag = "1")]
    resource: Option<Resource>,
    #[prost(message, repeated, tag = "2")]
    scopes: Vec<ScopeSpans>,
}

#[derive(Clone, PartialEq, Message)]
struct Resource {
    #[prost(message, repeated, tag = "1")]
    attributes: Vec<Attribute>,
}

#[derive(Clone, PartialEq, Message)]
struct ScopeSpans {
    #[prost(message, repeated, tag = "2")]
    spans: Vec<RawSpan>,
}

#[derive(Clone, PartialEq, Message)]
struct RawSpan {
    #[prost(bytes = "vec", tag = "1")]
    trace_id: Vec<u8>,
    #[prost(bytes = "vec", tag = "2")]
    id: Vec<u8>,
    #[prost(bytes = "vec", tag = "4")]
    parent_id: Vec<u8>,
    #[prost(string, tag = "5")]
    name: String,
    #[prost(int32, tag = "6")]
    kind: i32,
    #[prost(fixed64, tag = "7")]
    start: u64,
    #[prost(fixed64, tag = "8")]
    end: u64,
    #[prost(message, repeated, tag = "9")]
    attributes: Vec<Attribute>,
    #[prost(message, optional, tag = "15")]
    status: Option<Status>,
}

#[derive(Clone, PartialEq, Message)]
struct Attribute {
    #[prost(string, tag = "1")]
    key: String,
    #[prost(message, optional, tag = "2")]
    value: Option<Any>,
}

#[derive(Clone, PartialEq, Message)]
struct Any {
    #[prost(oneof = "Value", tags = "1, 3")]
    value: Option<Value>,
}

#[derive(Clone, PartialEq, Oneof)]
enum Value {
    #[prost(string, tag = "1")]
    Text(String),
    #[prost(int64, tag = "3")]
    Number(i64),
}

#[derive(Clone, PartialEq, Message)]
struct Status {
    #[prost(int32, tag = "3")]
    code: i32,
}

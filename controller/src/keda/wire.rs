//! KEDA's protocol, as `proto/externalscaler.proto` has it.
#![allow(
    missing_docs,
    unreachable_pub,
    unused_qualifications,
    clippy::all,
    clippy::too_many_lines,
    reason = "written by tonic's code generator"
)]

tonic::include_proto!("externalscaler");

//! Compiles the schemas to Rust, without a `protoc` that would have to be installed, and keeps their description, which
//! gRPC reflection serves and the test of compatibility reads.

use std::{env, fs, path::PathBuf};

use prost::Message as _;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo::rerun-if-changed=proto");
    let files = ["realtime/v1/envelope.proto", "realtime/v1/rooms.proto"];
    let descriptors = protox::compile(files, ["proto"])?;
    let folder = PathBuf::from(env::var("OUT_DIR")?);
    fs::write(folder.join("descriptors.binpb"), descriptors.encode_to_vec())?;
    let speaks_grpc = env::var_os("CARGO_FEATURE_GRPC").is_some();
    tonic_prost_build::configure()
        .build_client(speaks_grpc)
        .build_server(speaks_grpc)
        .compile_fds(descriptors)?;
    Ok(())
}

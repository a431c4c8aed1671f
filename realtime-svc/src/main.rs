//! The service's one binary: `realtime-svc gateway`, `realtime-svc worker`, `realtime-svc token`.

use clap::Parser as _;
use realtime_svc::{
    args::{Args, Role},
    gateway, token, worker,
};

/// Sockets are many and small; the system's allocator keeps what a burst of handshakes took.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    // One of them is built in; where others came with a library, rustls does not choose by itself.
    _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let threads = match &args.role {
        Role::Gateway(settings) => settings.threads.get(),
        Role::Worker(_) | Role::Token(_) => 1,
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(threads).enable_all().build()?;
    runtime.block_on(async {
        match args.role {
            Role::Gateway(settings) => gateway::run(settings).await,
            Role::Worker(settings) => worker::run(settings).await,
            Role::Token(wish) => {
                println!("{}", token::make(&wish)?);
                Ok(())
            }
        }
    })
}

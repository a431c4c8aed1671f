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
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
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

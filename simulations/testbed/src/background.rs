//! A runtime of its own for servers that outlive the test that started them: a testbed is shared by tests, and each
//! test has a runtime that ends with it.

use tokio::runtime::{Builder, Handle, Runtime};

use crate::Error;

/// A runtime on one thread of its own.
#[derive(Debug)]
pub(crate) struct Background(Option<Runtime>);

impl Background {
    pub(crate) fn start() -> Result<Self, Error> {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build();
        Ok(Self(Some(runtime.map_err(Error::io("start a runtime"))?)))
    }

    pub(crate) fn handle(&self) -> &Handle {
        self.0.as_ref().expect("the runtime is there until this value is dropped").handle()
    }
}

impl Drop for Background {
    /// Does not wait: to wait for a runtime inside another one would panic.
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

//! Where articles are worked on: a pool of threads of its own, one article a call, panics caught.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot;

/// The computing threads, shared by all stages that compute.
#[derive(Clone, Debug)]
pub struct Cpu {
    pool: Arc<rayon::ThreadPool>,
}

/// A panic in an article's work, in its own words.
#[derive(Debug, PartialEq, Eq)]
pub struct Panicked(pub String);

/// What a call computed and the processor time it took.
#[derive(Debug)]
pub struct Computed<T> {
    /// The result, or the panic.
    pub result: Result<T, Panicked>,
    /// Processor time of the computing thread.
    pub busy: Duration,
}

impl Cpu {
    /// A pool of so many threads.
    ///
    /// # Errors
    /// Where the system gives no threads.
    pub fn new(workers: usize) -> Result<Self, rayon::ThreadPoolBuildError> {
        let pool =
            rayon::ThreadPoolBuilder::new().num_threads(workers).thread_name(|n| format!("compute-{n}")).build()?;
        Ok(Self { pool: Arc::new(pool) })
    }

    /// Runs a call on the pool and waits for it. A panic is caught and told.
    pub async fn run<T: Send + 'static>(&self, call: impl FnOnce() -> T + Send + 'static) -> Computed<T> {
        let (sender, receiver) = oneshot::channel();
        self.pool.spawn(move || {
            let start = thread_time();
            let result = catch_unwind(AssertUnwindSafe(call)).map_err(|panic| Panicked(words(panic.as_ref())));
            let busy = thread_time().saturating_sub(start);
            // Nobody waits any more only when the pipeline was given up.
            sender.send(Computed { result, busy }).ok();
        });
        let gone = |_| Computed { result: Err(Panicked("the pool is gone".to_owned())), busy: Duration::ZERO };
        receiver.await.unwrap_or_else(gone)
    }
}

/// What a panic said.
pub fn words(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
    text.unwrap_or("a panic without words").to_owned()
}

fn thread_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.try_into().unwrap_or(0), time.tv_nsec.try_into().unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_hurts_only_its_own_call() {
        let cpu = Cpu::new(1).expect("threads");
        let broken = cpu.run(|| -> u32 { panic!("bad article") }).await;
        assert_eq!(broken.result, Err(Panicked("bad article".to_owned())));
        assert_eq!(cpu.run(|| 7).await.result, Ok(7));
    }
}

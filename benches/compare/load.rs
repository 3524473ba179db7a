//! A closed loop: each connection sends, waits for its answer, checks it, and sends again.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use rustix::thread::{CpuSet, sched_setaffinity};
use tokio::{runtime, sync::oneshot, time};

use crate::{
    connection::{Answer, Connection},
    failure::{Doing, Failure},
    sample::Sample,
    script::Script,
    usage,
};

/// How long an answer may take before the run is given up.
const PATIENCE: Duration = Duration::from_mins(1);

/// One connection.
pub(crate) struct Worker {
    /// To whom.
    pub(crate) address: SocketAddr,
    /// What it says.
    pub(crate) script: Script,
    /// How long it rests after an answer.
    pub(crate) pause: Duration,
    /// Whether its answers count; others are there to keep the server busy.
    pub(crate) counted: bool,
}

/// A load.
pub(crate) struct Load {
    /// The connections.
    pub(crate) workers: Vec<Worker>,
    /// How long it runs before anything counts.
    pub(crate) warm_up: Duration,
    /// How long answers count.
    pub(crate) window: Duration,
    /// The core that it keeps to.
    pub(crate) core: Option<usize>,
    /// The processes whose CPU time counts.
    pub(crate) watch: Vec<u32>,
}

/// What one connection, or all of them, saw.
#[derive(Default)]
struct Counted {
    /// Answers that came while answers counted.
    answers: usize,
    /// Of these answers, and of those whose requests were sent meanwhile: where an answer takes longer
    /// than the whole time, there are no others.
    latencies: Vec<Duration>,
}

/// Where a load stands.
const WARMING: u8 = 0;
const COUNTING: u8 = 1;
const STOPPED: u8 = 2;

impl Load {
    /// Runs on a thread of its own until every request is answered, and gives the workers back.
    pub(crate) async fn run(self) -> Result<(Sample, Vec<Worker>), Failure> {
        let (reply, result) = oneshot::channel();
        thread::spawn(move || {
            // Whoever asked may have gone.
            let _ = reply.send(self.run_here());
        });
        result.await.doing(|| "the load".to_owned())?
    }

    fn run_here(self) -> Result<(Sample, Vec<Worker>), Failure> {
        if let Some(core) = self.core {
            let mut cores = CpuSet::new();
            cores.set(core);
            sched_setaffinity(None, &cores).doing(|| format!("cannot keep to core {core}"))?;
        }
        let runtime = runtime::Builder::new_current_thread().enable_all().build();
        runtime.doing(|| "cannot start a runtime".to_owned())?.block_on(self.drive())
    }

    async fn drive(self) -> Result<(Sample, Vec<Worker>), Failure> {
        let phase = Arc::new(AtomicU8::new(WARMING));
        let running: Vec<_> = self
            .workers
            .into_iter()
            .map(|worker| tokio::spawn(worker.run(Arc::clone(&phase))))
            .collect();
        time::sleep(self.warm_up).await;
        let (cpu, began) = (usage::cpu(&self.watch), Instant::now());
        phase.store(COUNTING, Ordering::Relaxed);
        time::sleep(self.window).await;
        phase.store(STOPPED, Ordering::Relaxed);
        let (elapsed, cpu) = (began.elapsed(), usage::cpu(&self.watch).saturating_sub(cpu));
        let mut workers = Vec::with_capacity(running.len());
        let mut all = Counted::default();
        for worker in running {
            let ended = time::timeout(PATIENCE, worker).await;
            let ended = ended.map_err(|_| Failure::new("an answer took more than a minute"))?;
            let (worker, own) = ended.doing(|| "a connection".to_owned())??;
            workers.push(worker);
            all.answers += own.answers;
            all.latencies.extend(own.latencies);
        }
        Ok((Sample::new(all.answers, all.latencies, elapsed, cpu), workers))
    }
}

impl Worker {
    /// Runs until the load is stopped; gives itself back, and what it saw.
    async fn run(mut self, phase: Arc<AtomicU8>) -> Result<(Self, Counted), Failure> {
        let mut connection = Connection::new(self.address);
        let mut answer = Answer::default();
        let mut seen = Counted::default();
        loop {
            let sent_in = phase.load(Ordering::Relaxed);
            if sent_in == STOPPED {
                return Ok((self, seen));
            }
            let began = Instant::now();
            connection.exchange(self.script.request(), &mut answer).await?;
            let took = began.elapsed();
            self.script.check(&answer)?;
            let counts = phase.load(Ordering::Relaxed) == COUNTING;
            if self.counted && counts {
                seen.answers += 1;
            }
            if self.counted && (counts || sent_in == COUNTING) {
                seen.latencies.push(took);
            }
            if !self.pause.is_zero() {
                time::sleep(self.pause).await;
            }
        }
    }
}

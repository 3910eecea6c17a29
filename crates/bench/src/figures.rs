//! What a load measured.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

use crate::percentile::percentile;
use crate::process::CpuSeconds;

/// The figures of one load. Its JSON form is one line for scripts.
#[derive(Debug, Serialize)]
pub struct Figures {
    /// Articles dropped.
    pub articles: u64,
    /// Files they were in.
    pub files: u64,
    /// Bytes of those files.
    pub input_bytes: u64,
    /// From the first drop until every file had left the inbox with both sinks level.
    pub wall_seconds: f64,
    /// Articles dropped by `wall_seconds`.
    pub articles_per_second: f64,
    /// Input bytes by `wall_seconds`.
    pub bytes_per_second: f64,
    /// Processor time of the daemon in that time, over all threads.
    pub cpu_seconds: CpuSeconds,
    /// `copydesk_stage_busy_seconds_total`: processor time where a stage computes, else time at work.
    pub stage_busy_seconds: BTreeMap<String, f64>,
    /// Most memory held at once (resident set), start included.
    pub peak_memory_bytes: u64,
    /// From the drop of an article's file until its record stood in the JSON Lines output.
    pub drop_to_delivered_ms: Latency,
    /// Verdicts by kind.
    pub verdicts: BTreeMap<String, f64>,
    /// Records delivered, by sink.
    pub delivered: BTreeMap<String, f64>,
    /// What was not as it must be; empty after a good run.
    pub problems: Vec<String>,
}

/// Milliseconds, over all delivered articles; null where there is none.
#[derive(Debug, Serialize)]
pub struct Latency {
    /// Half of the articles took no longer.
    pub p50: Option<f64>,
    /// 99 of 100 took no longer.
    pub p99: Option<f64>,
    /// The slowest.
    pub max: Option<f64>,
}

impl Latency {
    /// Of so many milliseconds each.
    pub fn of(mut milliseconds: Vec<f64>) -> Self {
        milliseconds.sort_by(f64::total_cmp);
        let at = |percent| percentile(&milliseconds, percent);
        Self { p50: at(50.0), p99: at(99.0), max: at(100.0) }
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mebibytes = |bytes: f64| bytes / f64::from(1 << 20);
        let list = |values: &BTreeMap<String, f64>, digits: usize| {
            let values: Vec<String> = values.iter().map(|(name, value)| format!("{name} {value:.digits$}")).collect();
            values.join(", ")
        };
        let ms = |value: Option<f64>| value.map_or_else(|| "none".to_owned(), |value| format!("{value:.0} ms"));
        writeln!(f, "articles           {} in {} files", self.articles, self.files)?;
        writeln!(f, "input              {:.1} MiB", mebibytes(self.input_bytes as f64))?;
        writeln!(f, "wall               {:.2} s", self.wall_seconds)?;
        writeln!(
            f,
            "throughput         {:.0} articles/s, {:.2} MiB/s",
            self.articles_per_second,
            mebibytes(self.bytes_per_second)
        )?;
        let CpuSeconds { user, system } = self.cpu_seconds;
        writeln!(f, "processor          {:.2} s ({user:.2} user, {system:.2} system)", self.cpu_seconds.total())?;
        writeln!(f, "busy by stage      {} (s)", list(&self.stage_busy_seconds, 2))?;
        writeln!(f, "peak memory        {:.0} MiB", mebibytes(self.peak_memory_bytes as f64))?;
        let Latency { p50, p99, max } = self.drop_to_delivered_ms;
        writeln!(f, "drop to delivered  p50 {}, p99 {}, max {}", ms(p50), ms(p99), ms(max))?;
        writeln!(f, "verdicts           {}", list(&self.verdicts, 0))?;
        write!(f, "delivered          {}", list(&self.delivered, 0))?;
        self.problems.iter().try_for_each(|problem| write!(f, "\nPROBLEM            {problem}"))
    }
}

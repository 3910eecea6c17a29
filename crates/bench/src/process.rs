//! What the system knows about a process, from `/proc`.

use std::fs::read_to_string;

use anyhow::{Context, ensure};
use serde::Serialize;

/// Processor time of a process since it began, all threads, children aside.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct CpuSeconds {
    /// In its own code.
    pub user: f64,
    /// In the kernel on its behalf.
    pub system: f64,
}

impl CpuSeconds {
    /// Both together.
    pub fn total(self) -> f64 {
        self.user + self.system
    }

    /// The time since an earlier reading.
    pub fn since(self, earlier: Self) -> Self {
        Self { user: self.user - earlier.user, system: self.system - earlier.system }
    }
}

/// Processor time of the calling thread since it began, in seconds.
pub fn thread_cpu_seconds() -> f64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

/// Processor time of a process (`self`, or its number). The clock ticks a hundred times a second.
///
/// # Errors
/// Where the process is gone.
pub fn cpu_seconds(process: &str) -> anyhow::Result<CpuSeconds> {
    let path = format!("/proc/{process}/stat");
    let stat = read_to_string(&path).with_context(|| format!("can't read {path}: the process is gone"))?;
    parse_stat(&stat).with_context(|| format!("{path} has another form than expected"))
}

fn parse_stat(stat: &str) -> Option<CpuSeconds> {
    // The second field is the name in brackets, which may hold spaces and brackets itself.
    let mut fields = stat.get(stat.rfind(')')? + 1..)?.split_ascii_whitespace().skip(11);
    let tick = rustix::param::clock_ticks_per_second() as f64;
    let mut seconds = || Some(fields.next()?.parse::<f64>().ok()? / tick);
    Some(CpuSeconds { user: seconds()?, system: seconds()? })
}

/// Most memory a process has held at once, in bytes (its resident set).
///
/// # Errors
/// Where the process is gone.
pub fn peak_memory_bytes(process: &str) -> anyhow::Result<u64> {
    let path = format!("/proc/{process}/status");
    let status = read_to_string(&path).with_context(|| format!("can't read {path}: the process is gone"))?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).map(str::trim);
    let kibibytes = peak.and_then(|peak| peak.strip_suffix(" kB")).and_then(|number| number.parse::<u64>().ok());
    ensure!(kibibytes.is_some(), "{path} does not tell the peak of memory (VmHWM): has the process ended?");
    Ok(kibibytes.unwrap_or_default() * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_spaces_and_brackets_does_not_shift_the_fields() {
        let stat = "12 (a ) b) S 1 2 3 4 5 6 7 8 9 10 250 50 0 0 20 0 1";
        let tick = rustix::param::clock_ticks_per_second() as f64;
        assert_eq!(parse_stat(stat), Some(CpuSeconds { user: 250.0 / tick, system: 50.0 / tick }));
        assert_eq!(parse_stat("12 (a) S 1"), None);
    }

    #[test]
    fn this_process_can_be_looked_at() {
        assert!(cpu_seconds("self").is_ok());
        assert!(peak_memory_bytes("self").is_ok_and(|bytes| bytes > 100_000));
        assert!(cpu_seconds("0").is_err());
    }
}

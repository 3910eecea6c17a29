//! Instructions of a command of this very program, counted by valgrind's callgrind: the same number on every machine with
//! the same compiler, however busy it is.

use std::process::{Command, Stdio};

use anyhow::{Context, ensure};

/// Runs this program with arguments under callgrind, and counts its instructions.
///
/// # Errors
/// Where valgrind is not there, or the program fails under it.
pub fn count(arguments: &[&str]) -> anyhow::Result<u64> {
    let program = std::env::current_exe().context("this program's own file is not known")?;
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(program)
        .args(arguments)
        .stdout(Stdio::null())
        .output()
        .context("valgrind can't be run; install it (Debian: valgrind)")?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "the program failed under valgrind:\n{said}");
    collected(&said).with_context(|| format!("valgrind did not say how many instructions it counted:\n{said}"))
}

/// The number of a line such as `==7== Collected : 123456`.
fn collected(said: &str) -> Option<u64> {
    said.lines().find_map(|line| line.split_once("Collected :"))?.1.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_count_is_read() {
        assert_eq!(collected("==7== Events    : Ir\n==7== Collected : 123456\n==7==\n"), Some(123_456));
        assert_eq!(collected("==7== Command: x\n"), None);
    }
}

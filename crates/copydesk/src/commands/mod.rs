//! One file a command.

pub mod check;
pub mod duplicates;
mod files;
pub mod ingest;
pub mod init;
pub mod log_level;
pub mod manual;
pub mod preview;
pub mod quarantine;
pub mod run;
pub mod status;
pub mod trace;

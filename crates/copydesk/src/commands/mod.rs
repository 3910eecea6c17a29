//! One file a command.

pub mod check;
pub mod duplicates;
pub mod ingest;
pub mod init;
pub mod run;

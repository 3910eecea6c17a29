//! `make-load` and `load` together, on the real binary where one is built.

use std::fs::write;
use std::path::Path;
use std::process::Command;

#[test]
fn a_small_load_goes_through_the_real_binary_without_loss() {
    let bench = Path::new(env!("CARGO_BIN_EXE_copydesk-bench"));
    if !bench.with_file_name("copydesk").exists() {
        eprintln!("SKIPPED: there is no copydesk binary beside {}: build the workspace first", bench.display());
        return;
    }
    let folder = tempfile::tempdir().expect("folder");
    let (corpus, made) = (folder.path().join("corpus"), folder.path().join("made"));
    std::fs::create_dir(&corpus).expect("folder");
    let story = |n: usize| format!("The harbour of town {n} opens again on Monday, its master said. ").repeat(8);
    let lines: String = (0..60)
        .map(|n| format!("{{\"source\":\"daily\",\"title\":\"Harbour {n} opens\",\"text\":\"{}\"}}\n", story(n)))
        .collect();
    write(corpus.join("stories.jsonl"), lines).expect("write");

    let run = |arguments: &[&str], paths: [(&str, &Path); 2]| {
        let mut command = Command::new(bench);
        command.args(arguments);
        paths.iter().for_each(|(name, path)| {
            command.arg(name).arg(path);
        });
        let output = command.output().expect("bench");
        let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "{text}");
        String::from_utf8(output.stdout).expect("UTF-8")
    };
    run(&["make-load", "--articles", "50"], [("--from", &corpus), ("--output", &made)]);
    let printed = run(&["load", "--json", "--rate", "500"], [("--input", &made), ("--work", folder.path())]);
    let figures: serde_json::Value = serde_json::from_str(&printed).expect("one line of JSON");
    assert_eq!(figures["articles"], 50, "{figures}");
    assert_eq!(figures["delivered"]["articles"], 50.0, "{figures}");
    assert!(figures["verdicts"]["duplicate"].as_f64().is_some_and(|copies| copies >= 1.0), "{figures}");
    assert!(figures["drop_to_delivered_ms"]["p99"].as_f64().is_some_and(|p99| p99 > 0.0), "{figures}");
    assert!(figures["stage_busy_seconds"]["clean"].as_f64().is_some(), "{figures}");
}

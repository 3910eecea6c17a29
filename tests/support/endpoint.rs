//! An HTTP endpoint that takes what is sent to it, or does not.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, PoisonError};

use serde_json::Value;

/// What the endpoint has taken, and how it behaves.
#[derive(Default)]
struct State {
    /// Whether requests are left without an answer.
    hangs: bool,
    /// A word that makes a body unacceptable.
    refuses: Option<String>,
    records: Vec<Value>,
}

/// The endpoint. It lives as long as the test.
pub struct Endpoint {
    pub address: SocketAddr,
    shared: Arc<(Mutex<State>, Condvar)>,
}

impl Endpoint {
    /// One that takes everything but bodies with a word.
    pub fn start(refuses: Option<&str>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("listen");
        let address = listener.local_addr().expect("an address");
        let state = State { refuses: refuses.map(str::to_owned), ..State::default() };
        let shared = Arc::new((Mutex::new(state), Condvar::new()));
        let serving = Arc::clone(&shared);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let shared = Arc::clone(&serving);
                // Whoever asked may have gone by the time there is an answer.
                std::thread::spawn(move || serve(&stream, &shared).ok());
            }
        });
        Self { address, shared }
    }

    /// Leaves requests without an answer, or answers them, those that wait too.
    pub fn hang(&self, hangs: bool) {
        self.shared.0.lock().unwrap_or_else(PoisonError::into_inner).hangs = hangs;
        self.shared.1.notify_all();
    }

    /// Refuses bodies with another word from now on, or none.
    pub fn refuse(&self, word: Option<&str>) {
        self.shared.0.lock().unwrap_or_else(PoisonError::into_inner).refuses = word.map(str::to_owned);
    }

    /// What it has taken.
    pub fn records(&self) -> Vec<Value> {
        self.shared.0.lock().unwrap_or_else(PoisonError::into_inner).records.clone()
    }
}

fn serve(stream: &TcpStream, shared: &(Mutex<State>, Condvar)) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream);
    let mut bytes = 0;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 || line == "\r\n" {
            break;
        }
        if let Some(count) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            bytes = count.trim().parse().expect("a number");
        }
    }
    if bytes == 0 {
        // Somebody only looked whether it is there.
        return Ok(());
    }
    let mut body = vec![0; bytes];
    reader.read_exact(&mut body)?;
    let state = shared.0.lock().unwrap_or_else(PoisonError::into_inner);
    let mut state = shared.1.wait_while(state, |state| state.hangs).unwrap_or_else(PoisonError::into_inner);
    let text = String::from_utf8(body).expect("UTF-8");
    let status = if state.refuses.as_ref().is_some_and(|word| text.contains(word)) {
        "422 Unprocessable Content\r\nContent-Length: 19\r\nConnection: close\r\n\r\nthat word, not here"
    } else {
        match serde_json::from_str(&text).expect("JSON") {
            Value::Array(records) => state.records.extend(records),
            record => state.records.push(record),
        }
        "204 No Content\r\nConnection: close\r\n\r\n"
    };
    drop(state);
    let mut stream = stream;
    write!(stream, "HTTP/1.1 {status}")
}

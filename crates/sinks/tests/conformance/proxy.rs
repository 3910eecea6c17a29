//! A proxy in front of a server, that breaks what passes through it.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// What the proxy does to connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Nothing.
    None,
    /// Ends every connection that is or comes.
    Reset,
    /// Hands on what is asked and swallows the answers.
    Silence,
    /// Lets so many pieces of answers pass; swallows the next one and ends its connection.
    Cut(usize),
}

/// The proxy. It ends with the runtime of its test.
pub struct Proxy {
    pub address: SocketAddr,
    fault: watch::Sender<Fault>,
    /// Pieces of answers that may still pass.
    left: Arc<Mutex<usize>>,
}

impl Proxy {
    /// `instead`: whether the server's address in its answers becomes the proxy's.
    pub async fn before(server: SocketAddr, instead: bool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("listen");
        let address = listener.local_addr().expect("an address");
        let (fault, seen) = watch::channel(Fault::None);
        let left = Arc::new(Mutex::new(0));
        let pieces = Arc::clone(&left);
        let names = instead.then(|| (wire_name(server), wire_name(address)));
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                if *seen.borrow() == Fault::Reset {
                    continue;
                }
                tokio::spawn(connect(client, server, names.clone(), seen.clone(), Arc::clone(&pieces)));
            }
        });
        Self { address, fault, left }
    }

    pub fn set(&self, fault: Fault) {
        if let Fault::Cut(pieces) = fault {
            *self.left.lock().unwrap_or_else(PoisonError::into_inner) = pieces;
        }
        self.fault.send_replace(fault);
    }
}

/// A name in an answer, and what stands there instead.
type Names = Option<(Vec<u8>, Vec<u8>)>;

/// An address as Kafka's brokers name it: the host, and the port in four bytes.
fn wire_name(address: SocketAddr) -> Vec<u8> {
    let port = u32::from(address.port()).to_be_bytes();
    [address.ip().to_string().as_bytes(), &port].concat()
}

async fn connect(
    client: TcpStream,
    server: SocketAddr,
    names: Names,
    fault: watch::Receiver<Fault>,
    left: Arc<Mutex<usize>>,
) {
    let Ok(upstream) = TcpStream::connect(server).await else { return };
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = upstream.into_split();
    let mut ending = fault.clone();
    tokio::select! {
        () = ask(from_client, to_server) => {}
        () = answer(from_server, to_client, &names, fault, left) => {}
        _ = ending.wait_for(|fault| *fault == Fault::Reset) => {}
    }
}

async fn ask(mut from: OwnedReadHalf, mut to: OwnedWriteHalf) {
    let mut buffer = vec![0; 64 << 10];
    while let Ok(count @ 1..) = from.read(&mut buffer).await {
        if to.write_all(&buffer[..count]).await.is_err() {
            break;
        }
    }
}

async fn answer(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    names: &Names,
    fault: watch::Receiver<Fault>,
    left: Arc<Mutex<usize>>,
) {
    let mut buffer = vec![0; 64 << 10];
    while let Ok(count @ 1..) = from.read(&mut buffer).await {
        let now = *fault.borrow();
        match now {
            Fault::Silence => continue,
            Fault::Cut(_) => {
                let mut left = left.lock().unwrap_or_else(PoisonError::into_inner);
                match left.checked_sub(1) {
                    Some(rest) => *left = rest,
                    None => return,
                }
            }
            Fault::None | Fault::Reset => {}
        }
        if let Some((name, ours)) = names {
            // Of the same length. An answer that is torn in its midst names the server, and the sink goes past us.
            let places = (0..count.saturating_sub(name.len() - 1)).filter(|at| buffer[*at..].starts_with(name));
            for at in places.collect::<Vec<_>>() {
                buffer[at..at + name.len()].copy_from_slice(ours);
            }
        }
        if to.write_all(&buffer[..count]).await.is_err() {
            break;
        }
    }
}

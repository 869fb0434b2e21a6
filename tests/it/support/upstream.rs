//! An upstream that records exactly what it received and does what a test tells it to.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// One request as it arrived.
#[derive(Clone, Debug, Default)]
pub struct Received {
    pub line: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    /// Whether the request arrived to its end.
    pub complete: bool,
}

impl Received {
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }
}

/// What the upstream does with a request that has arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// 200 and a small JSON body.
    Answer,
    /// Nothing, for a minute.
    Stall,
    /// Closes the connection without a word.
    HangUp,
    /// Bytes that are no HTTP.
    Babble,
    /// Answers as soon as the head is there, before the body.
    AnswerEarly,
    /// The same, and says that it wants no more of the body.
    AnswerAndClose,
    /// Closes the connection when the body has begun.
    HangUpInBody,
}

#[derive(Clone, Debug)]
pub struct Upstream {
    pub address: SocketAddr,
    received: Arc<Mutex<Vec<Received>>>,
    manner: Arc<Mutex<Manner>>,
}

impl Upstream {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let upstream = Self {
            address: listener.local_addr().unwrap(),
            received: Arc::default(),
            manner: Arc::new(Mutex::new(Manner::Answer)),
        };
        let serving = upstream.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let serving = serving.clone();
                std::thread::spawn(move || serving.connection(&stream));
            }
        });
        upstream
    }

    pub fn received(&self) -> Vec<Received> {
        self.received.lock().unwrap().clone()
    }

    pub fn forget(&self) {
        self.received.lock().unwrap().clear();
    }

    pub fn behave(&self, manner: Manner) {
        *self.manner.lock().unwrap() = manner;
    }

    fn connection(&self, stream: &TcpStream) {
        stream.set_nodelay(true).unwrap();
        let mut reader = BufReader::new(stream);
        while let Some((mut received, length)) = read_head(&mut reader) {
            let manner = *self.manner.lock().unwrap();
            let position = {
                let mut all = self.received.lock().unwrap();
                all.push(received.clone());
                all.len() - 1
            };
            match manner {
                Manner::AnswerEarly => answer(stream, ""),
                Manner::AnswerAndClose => {
                    answer(stream, "Connection: close\r\n");
                    let _gone = stream.shutdown(Shutdown::Write);
                }
                Manner::HangUpInBody => {
                    let _begun = reader.fill_buf();
                    return;
                }
                Manner::Answer | Manner::Stall | Manner::HangUp | Manner::Babble => {}
            }
            received.complete = read_body(&mut reader, length, &mut received.body);
            let complete = received.complete;
            if let Some(slot) = self.received.lock().unwrap().get_mut(position) {
                *slot = received;
            }
            if !complete {
                return;
            }
            match manner {
                Manner::Answer => answer(stream, ""),
                Manner::AnswerEarly | Manner::AnswerAndClose | Manner::HangUpInBody => {}
                Manner::Stall => std::thread::sleep(Duration::from_secs(60)),
                Manner::HangUp => return,
                Manner::Babble => {
                    let mut stream = stream;
                    let _gone = stream.write_all(b"220 ready for nothing\r\n\r\n");
                    return;
                }
            }
        }
    }
}

#[derive(Clone, Copy)]
enum Length {
    Known(usize),
    Chunked,
}

fn read_head(reader: &mut impl BufRead) -> Option<(Received, Length)> {
    let mut received = Received::default();
    let mut line = String::new();
    if reader.read_line(&mut line).ok()? == 0 {
        return None;
    }
    received.line = line.trim_end().to_owned();
    let mut length = Length::Known(0);
    loop {
        line.clear();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        let value = value.trim();
        if name.eq_ignore_ascii_case("content-length") {
            length = Length::Known(value.parse().ok()?);
        }
        if name.eq_ignore_ascii_case("transfer-encoding") {
            length = Length::Chunked;
        }
        received.headers.push((name.to_owned(), value.to_owned()));
    }
    Some((received, length))
}

fn read_body(reader: &mut impl BufRead, length: Length, body: &mut Vec<u8>) -> bool {
    match length {
        Length::Known(bytes) => {
            reader.take(bytes as u64).read_to_end(body).is_ok() && body.len() == bytes
        }
        Length::Chunked => read_chunks(reader, body).is_some(),
    }
}

fn read_chunks(reader: &mut impl BufRead, body: &mut Vec<u8>) -> Option<()> {
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let size = usize::from_str_radix(line.trim_end(), 16).ok()?;
        let mut chunk = vec![0; size + 2];
        reader.read_exact(&mut chunk).ok()?;
        if size == 0 {
            return Some(());
        }
        body.extend_from_slice(&chunk[..size]);
    }
}

fn answer(mut stream: &TcpStream, more: &str) {
    let body = b"{\"RequestId\":\"UPSTREAM\"}";
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n{more}x-ramgate-principal: forged\r\n\r\n",
        body.len()
    );
    let _gone = stream.write_all(&[head.as_bytes(), body].concat());
}

//! A caller that signs a request as an SDK does and sends exactly those bytes.

use std::fmt::Write as _;
use std::io::{self, Read, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use serde::Deserialize;

const TIMEOUT: Duration = Duration::from_secs(10);
const ANSWER_BYTES_MAX: u64 = 1024 * 1024;

/// A signed request, ready to be sent, and sent again.
#[derive(Clone, Debug)]
pub(super) struct Signed {
    pub(super) method: &'static str,
    pub(super) target: String,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
}

/// What came back.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    /// The id that the answer carries, also found in the audit record and at the upstream.
    pub(super) request_id: String,
    /// The error code of a refusal.
    pub(super) code: Option<String>,
}

impl Signed {
    pub(super) fn send(&self, address: SocketAddr) -> io::Result<Answer> {
        let mut stream = TcpStream::connect_timeout(&address, TIMEOUT)?;
        stream.set_read_timeout(Some(TIMEOUT))?;
        stream.set_write_timeout(Some(TIMEOUT))?;
        stream.write_all(&self.bytes())?;
        let mut bytes = Vec::new();
        stream.take(ANSWER_BYTES_MAX).read_to_end(&mut bytes)?;
        read_answer(&String::from_utf8_lossy(&bytes))
            .ok_or_else(|| io::Error::other("the gate sent no HTTP answer"))
    }

    fn bytes(&self) -> Vec<u8> {
        let mut head = format!("{} {} HTTP/1.1\r\n", self.method, self.target);
        for (name, value) in &self.headers {
            let _infallible = write!(head, "{name}: {value}\r\n");
        }
        let _infallible =
            write!(head, "content-length: {}\r\nconnection: close\r\n\r\n", self.body.len());
        [head.as_bytes(), &self.body].concat()
    }

    /// The same request as a `curl` command.
    pub(super) fn as_curl(&self, address: SocketAddr) -> String {
        let mut command = format!("curl -i -X {} 'http://{address}{}'", self.method, self.target);
        for (name, value) in &self.headers {
            let _infallible = write!(command, " \\\n  -H '{name}: {value}'");
        }
        if !self.body.is_empty() {
            let _infallible =
                write!(command, " \\\n  -d '{}'", String::from_utf8_lossy(&self.body));
        }
        command
    }
}

/// The body of a refusal.
#[derive(Deserialize)]
struct Refused {
    #[serde(rename = "Code")]
    code: String,
}

fn read_answer(text: &str) -> Option<Answer> {
    let (head, body) = text.split_once("\r\n\r\n")?;
    let status = head.split(' ').nth(1)?.parse().ok()?;
    let header = |wanted: &str| {
        head.lines().filter_map(|line| line.split_once(':')).find_map(|(name, value)| {
            name.eq_ignore_ascii_case(wanted).then(|| value.trim().to_owned())
        })
    };
    let request_id = header("x-ramgate-request-id").or_else(|| header("x-acs-request-id"))?;
    let refusal: Option<Refused> = serde_json::from_str(body).ok();
    Some(Answer { status, request_id, code: refusal.map(|refusal| refusal.code) })
}

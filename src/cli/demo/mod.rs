//! `ramgate demo`: the gate on a copy of the example bundle, and a table of what it permits and refuses.
//!
//! There is no path of the demo's own: it starts what `serve` starts, sends signed requests over a socket, and fills
//! each row from what the stand-in upstream received and from the audit record.

mod bundle;
mod client;
mod table;
mod upstream;

use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use serde::Deserialize;

use crate::clock;
use crate::ident::{SecretKey, UnixSeconds};
use crate::signature::sign::{self, Body, Credentials, Terms};
use crate::signature::{Family, Scheme, Site};

use super::serve;
use bundle::{Bundle, Key};
use client::{Answer, Signed};
use table::{Row, Table};
use upstream::Upstream;

const STAND_IN: &str = "127.0.0.1:8790";
const ECS_HOST: &str = "ecs.cn-hangzhou.aliyuncs.com";
const ECS_VERSION: &str = "2014-05-26";
const NOTES_HOST: &str = "notes.example.test";
const NOTES_VERSION: &str = "1";
const PATIENCE: Duration = Duration::from_secs(5);

/// Runs the demo.
pub(super) fn run(source: &Path, once: bool) -> Result<ExitCode, String> {
    let bundle =
        Bundle::copy(source).map_err(|error| format!("cannot copy the bundle: {error}"))?;
    let stand_in = STAND_IN.parse().map_err(|_constant| "no address")?;
    let upstream = Upstream::start(stand_in).map_err(|error| {
        format!("cannot listen on {STAND_IN} for the stand-in upstream: {error}")
    })?;
    let gate = serve::start(&bundle.config())?;
    let demo = Demo { bundle, upstream, gate: gate.data_address() };
    say(&format!("\nThe bundle of this run, yours to edit: {}\n", demo.bundle.folder.display()));
    let table = demo.table().map_err(|error| format!("the demo broke off: {error}"))?;
    say(&table.to_string());
    if once {
        gate.stop();
        let removed = std::fs::remove_dir_all(&demo.bundle.folder);
        if let Err(error) = removed {
            say(&format!("cannot remove {}: {error}", demo.bundle.folder.display()));
        }
        return Ok(if table.as_expected() { ExitCode::SUCCESS } else { ExitCode::FAILURE });
    }
    let call = Demo::describe(&demo.bundle.alice, "ready-made");
    say(&format!(
        "Still serving. A call of alice, signed now, valid once within 15 minutes:\n\n{}\n",
        call.as_curl(demo.gate)
    ));
    say("Edit the files of the bundle and send more; Ctrl-C stops.");
    gate.wait();
    Ok(ExitCode::SUCCESS)
}

fn say(text: &str) {
    #[expect(clippy::print_stdout, reason = "the demo speaks to a person")]
    {
        println!("{text}");
    }
}

struct Demo {
    bundle: Bundle,
    upstream: Upstream,
    gate: SocketAddr,
}

impl Demo {
    fn table(&self) -> io::Result<Table> {
        let (alice, bob) = (&self.bundle.alice, &self.bundle.bob);
        let first = Self::describe(alice, "first");
        let mut rows = vec![
            self.row("alice: DescribeInstances (ACS3)", "permitted", 200, None, &first)?,
            self.row(
                "alice: StopInstance i-web-1 (RPC V1)",
                "permitted",
                200,
                None,
                &Self::stop(alice, "i-web-1", clock::now()),
            )?,
            self.row(
                "bob: PUT /notes/team/plan (own service)",
                "permitted",
                200,
                None,
                &Self::note(bob, "PUT", "/notes/team/plan", b"{\"text\":\"ship it\"}"),
            )?,
            self.row(
                "bob: DescribeInstances",
                "refused: nothing allows it",
                403,
                Some("NoPermission"),
                &Self::describe(bob, "bob"),
            )?,
            self.row(
                "alice: StopInstance i-prod-db",
                "refused: explicit Deny",
                403,
                Some("NoPermission"),
                &Self::stop(alice, "i-prod-db", clock::now()),
            )?,
        ];
        let wrong = Key { id: alice.id.clone(), secret: "not-the-secret".into() };
        rows.push(self.row(
            "alice's key, wrong secret",
            "refused: wrong signature",
            400,
            Some("SignatureDoesNotMatch"),
            &Self::describe(&wrong, "wrong"),
        )?);
        rows.push(self.row(
            "the first call's bytes again",
            "refused: replayed nonce",
            400,
            Some("SignatureNonceUsed"),
            &first,
        )?);
        let old = UnixSeconds(clock::now().0.saturating_sub(20 * 60));
        rows.push(self.row(
            "alice: signed 20 minutes ago",
            "refused: expired timestamp",
            400,
            Some("InvalidTimeStamp.Expired"),
            &Self::stop(alice, "i-web-1", old),
        )?);
        rows.extend(self.edit_takes_effect()?);
        Ok(Table { rows })
    }

    /// Refused, then permitted because a policy file was replaced meanwhile.
    fn edit_takes_effect(&self) -> io::Result<Vec<Row>> {
        let bob = &self.bundle.bob;
        let read = || Self::note(bob, "GET", "/notes/board/minutes", b"");
        let before = self.row(
            "bob: GET /notes/board/minutes",
            "refused: nothing allows it",
            403,
            Some("NoPermission"),
            &read(),
        )?;
        let name = "policies/notes-writers.json";
        self.bundle.replace(name, |text| text.replace("note/team/*", "note/*"))?;
        let edited = clock::monotonic();
        while read().send(self.gate)?.status != 200 && edited.elapsed() < PATIENCE {
            std::thread::sleep(Duration::from_millis(10));
        }
        let took = edited.elapsed().as_millis();
        let what = format!("the same, {took} ms after editing {name}");
        let mut after = self.row(&what, "permitted", 200, None, &read())?;
        after.came_out &= took <= 1000;
        Ok(vec![before, after])
    }

    /// Sends one request and reads what became of it from both sides.
    fn row(
        &self,
        what: &str,
        expected: &'static str,
        status: u16,
        code: Option<&str>,
        request: &Signed,
    ) -> io::Result<Row> {
        let seen_before = self.upstream.received().len();
        let answer = request.send(self.gate)?;
        let line = self.audit_line(&answer)?;
        let received: Vec<_> = self.upstream.received().into_iter().skip(seen_before).collect();
        let arrived = received.iter().find(|received| received.request_id == answer.request_id);
        let permitted = status == 200;
        let came_out = answer.status == status
            && answer.code.as_deref() == code
            && received.len() == usize::from(permitted)
            && arrived.is_some() == permitted
            && (line.verdict == "allow") == permitted
            && arrived.is_none_or(|arrived| {
                !arrived.carries_credentials && Some(&arrived.principal) == line.principal.as_ref()
            });
        Ok(Row {
            what: what.to_owned(),
            expected,
            answer: format!("{} {}", answer.status, answer.code.unwrap_or_else(|| "OK".into())),
            upstream: arrived.map_or_else(|| "nothing".into(), |arrived| arrived.line.clone()),
            decided_by: line.decided_by(),
            came_out,
        })
    }

    /// The line of the audit record with the answer's request id. It is written behind the answer's back.
    fn audit_line(&self, answer: &Answer) -> io::Result<AuditSeen> {
        let asked = clock::monotonic();
        loop {
            let record = self.bundle.audit()?;
            let mut lines = record.lines().filter_map(|line| serde_json::from_str(line).ok());
            if let Some(line) = lines.find(|line: &AuditSeen| line.request_id == answer.request_id)
            {
                return Ok(line);
            }
            if asked.elapsed() > PATIENCE {
                return Err(io::Error::other("a request left no line in the audit record"));
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    fn describe(key: &Key, mark: &str) -> Signed {
        let target = format!("/?RegionId=cn-hangzhou&InstanceName={mark}");
        let headers = [
            ("host", ECS_HOST),
            ("x-acs-action", "DescribeInstances"),
            ("x-acs-version", ECS_VERSION),
        ];
        acs3(key, "POST", target, &headers, b"")
    }

    fn note(key: &Key, method: &'static str, path: &str, body: &[u8]) -> Signed {
        let mut headers = vec![("host", NOTES_HOST), ("x-acs-version", NOTES_VERSION)];
        if !body.is_empty() {
            headers.push(("content-type", "application/json"));
        }
        acs3(key, method, path.to_owned(), &headers, body)
    }

    fn stop(key: &Key, instance: &str, now: UnixSeconds) -> Signed {
        let call = format!("Action=StopInstance&Version={ECS_VERSION}&Format=JSON");
        let target = format!("/?{call}&InstanceId={instance}");
        let request = request("GET", target, &[("host", ECS_HOST)], b"");
        signed(Scheme::RpcHmacSha1, key, "GET", request, now)
    }
}

fn acs3(
    key: &Key,
    method: &'static str,
    target: String,
    headers: &[(&str, &str)],
    body: &[u8],
) -> Signed {
    let request = request(method, target, headers, body);
    signed(Scheme::Acs3HmacSha256, key, method, request, clock::now())
}

fn request<'b>(
    method: &str,
    target: String,
    headers: &[(&str, &str)],
    body: &'b [u8],
) -> sign::Request<'b> {
    let headers =
        headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    sign::Request { method: method.to_owned(), target, headers, body: Body::Bytes(body.into()) }
}

fn signed(
    scheme: Scheme,
    key: &Key,
    method: &'static str,
    request: sign::Request<'_>,
    now: UnixSeconds,
) -> Signed {
    let secret = SecretKey::from(key.secret.as_str());
    let credentials = Credentials { access_key_id: &key.id, secret: &secret, security_token: None };
    let nonce = nonce();
    let terms = Terms { nonce: Some(&nonce), ..Terms::new(scheme, now) };
    // A request that cannot be signed goes out as it is; the table then shows that it was refused.
    let request = sign::sign(request.clone(), &credentials, &terms, &Site::new(Family::OpenApi))
        .unwrap_or(request);
    let body = request.bytes().unwrap_or_default().to_vec();
    Signed { method, target: request.target, headers: request.headers, body }
}

fn nonce() -> String {
    let mut bytes = [0_u8; 16];
    // A nonce that is not fresh is refused, which the table would show.
    let _entropy = getrandom::fill(&mut bytes);
    format!("{:032x}", u128::from_be_bytes(bytes))
}

/// What the demo reads of an audit line.
#[derive(Debug, Deserialize)]
struct AuditSeen {
    request_id: String,
    verdict: String,
    principal: Option<String>,
    reason: Option<String>,
    checks: Vec<CheckSeen>,
}

#[derive(Debug, Deserialize)]
struct CheckSeen {
    statement: Option<String>,
}

impl AuditSeen {
    /// The statement that decided, or what is missing.
    fn decided_by(&self) -> String {
        let statement = self.checks.last().and_then(|check| check.statement.as_ref());
        self.reason.as_ref().or(statement).cloned().unwrap_or_else(|| "-".into())
    }
}

//! `ramgate doctor`: recorded requests of real SDKs, damaged in one way each; it must name exactly that.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ramgate::cases::{Expect, Recorded, SignatureCase};
use ramgate::doctor::{Finding, Grade, Question, Report, Verdict, examine};
use ramgate::ident::{SecretKey, UnixSeconds};
use ramgate::signature::PublicKey;

const FILE: &str = include_str!("../vectors/signatures.jsonl");

/// A recorded request, and what the tool is told about it.
#[derive(Clone)]
struct Patient {
    case: SignatureCase,
    request: Recorded,
    secret: Vec<u8>,
    offset_seconds: i64,
    client_text: Option<String>,
    knows_key: bool,
}

impl Patient {
    fn new(case: SignatureCase) -> Self {
        let request = case.recorded().unwrap();
        let secret = case.access_key_secret.clone().into_bytes();
        Self { case, request, secret, offset_seconds: 0, client_text: None, knows_key: true }
    }

    fn examine(&self) -> Report {
        let secret = SecretKey::new(self.secret.clone().into_boxed_slice().into());
        let public = self.case.context.public_key_pem.as_deref().and_then(PublicKey::from_pem);
        let cname: Vec<_> = self.case.context.cname.clone().into_iter().collect();
        let signed_at = UnixSeconds::parse_iso8601(&self.case.signed_at).unwrap();
        examine(&Question {
            request: &self.request,
            family: self.case.family().ok(),
            cname: &cname,
            now: UnixSeconds(signed_at.0 + self.offset_seconds),
            secret: self.knows_key.then_some(&secret),
            public: public.as_ref().filter(|_| self.knows_key),
            access_key_id: Some(&self.case.access_key_id),
            security_token: self.case.security_token.as_deref(),
            client_text: self.client_text.as_deref(),
            hosts: &[],
        })
    }

    fn is(&self, families: &[&str]) -> bool {
        families.iter().any(|family| self.case.scheme.starts_with(family))
    }

    fn header(&self, name: &str) -> Option<String> {
        let found = self.request.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| String::from_utf8_lossy(value).into_owned())
    }

    fn set(&mut self, name: &str, value: &str) -> bool {
        let old = self.header(name);
        self.request.headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
        self.request.headers.push((name.into(), value.into()));
        old.as_deref() != Some(value)
    }

    fn drop(&mut self, name: &str) -> bool {
        let before = self.request.headers.len();
        self.request.headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
        self.request.headers.len() < before
    }

    fn change(&mut self, name: &str, change: impl Fn(&str) -> String) -> bool {
        let Some(old) = self.header(name) else { return false };
        let new = change(&old);
        self.set(name, &new)
    }

    fn path(&mut self, change: impl Fn(&str) -> String) -> bool {
        let target = self.request.target.clone();
        let (path, query) = match target.split_once('?') {
            Some((path, query)) => (path, format!("?{query}")),
            None => (target.as_str(), String::new()),
        };
        self.request.target = format!("{}{query}", change(path));
        self.request.target != target
    }

    fn query(&mut self, change: impl Fn(&str) -> String) -> bool {
        let target = self.request.target.clone();
        let Some((path, query)) = target.split_once('?') else { return false };
        let query = change(query);
        self.request.target = if query.is_empty() { path.into() } else { format!("{path}?{query}") };
        self.request.target != target
    }

    fn body(&mut self, change: impl Fn(Vec<u8>) -> Vec<u8>) -> bool {
        let body = change(self.request.body.to_vec());
        let changed = body != self.request.body;
        self.request.body = body.into();
        changed
    }

    /// The signature in `Authorization`, query, header or form, spelled otherwise.
    fn signature(&mut self, change: fn(&str) -> String) -> bool {
        for name in ["x-ots-signature", "x-ots-signaturev4"] {
            if self.change(name, change) {
                return true;
            }
        }
        let in_header = self.change("authorization", |value| {
            let mark = ["Signature=", "Signature:"].into_iter().find(|mark| value.contains(mark));
            let at = mark.map_or_else(|| value.rfind(':').unwrap() + 1, |m| value.find(m).unwrap() + m.len());
            let end = value[at..].find(',').map_or(value.len(), |length| at + length);
            format!("{}{}{}", &value[..at], change(&value[at..end]), &value[end..])
        });
        in_header || self.in_parameters(&["Signature", "x-oss-signature"], change)
    }

    fn in_parameters(&mut self, names: &[&str], change: fn(&str) -> String) -> bool {
        let changed = |text: &str| -> String {
            let pair = |pair: &str| match pair.split_once('=') {
                Some((name, value)) if names.contains(&name) => format!("{name}={}", change(value)),
                _ => pair.to_owned(),
            };
            text.split('&').map(pair).collect::<Vec<_>>().join("&")
        };
        self.query(changed) || {
            let form = self.header("content-type").is_some_and(|kind| kind.contains("urlencoded"));
            form && self.body(|body| changed(&String::from_utf8_lossy(&body)).into_bytes())
        }
    }
}

fn valid() -> impl Iterator<Item = Patient> {
    let all = FILE.lines().map(|line| SignatureCase::parse(line).unwrap());
    all.filter(|case| case.expect == Expect::Valid).map(Patient::new)
}

fn proven(report: &Report) -> Vec<&'static str> {
    let proven = report.findings.iter().filter(|finding| finding.grade == Grade::Proven);
    proven.map(|finding| finding.id).collect()
}

#[test]
fn what_fits_is_said_to_fit() {
    for patient in valid() {
        let report = patient.examine();
        assert_eq!(report.verdict, Verdict::Fits, "{}: {:#?}", patient.case.id, report.findings);
        assert_eq!(report.scheme, Some(&*patient.case.scheme), "{}", patient.case.id);
        let missing = report.elements.iter().find(|element| element.value.is_none());
        assert_eq!(missing, None, "{}", patient.case.id);
    }
}

/// What a damage does; `false`: it does not apply.
type Damage = fn(&mut Patient) -> bool;

fn escaped(path: &str, escapes: &[&str]) -> bool {
    escapes.iter().any(|escape| path.contains(escape))
}

/// The id of the cause, what is done, and at least how many recorded requests it must have broken.
const DAMAGES: &[(&str, Damage, usize)] = &[
    ("signature-spelling", |p| p.signature(|s| if s.len() == 64 { s.to_uppercase() } else { s.trim_end_matches('=').into() }), 100),
    ("signature-spelling", |p| p.signature(|s| match s.len() {
        64 => STANDARD.encode((0..32).map(|i| u8::from_str_radix(&s[2 * i..2 * i + 2], 16).unwrap()).collect::<Vec<u8>>()),
        _ => STANDARD.decode(s).map_or(s.into(), |bytes| bytes.iter().map(|b| format!("{b:02x}")).collect()),
    }), 100),
    ("secret-whitespace", |p| { p.secret.push(b'\n'); p.case.context.public_key_pem.is_none() }, 200),
    ("secret-whitespace", |p| { p.secret = [b" \"", &*p.secret, b"\""].concat(); p.case.context.public_key_pem.is_none() }, 200),
    ("secret-encoded", |p| {
        p.secret = String::from_utf8_lossy(&p.secret).replace('+', "%2B").replace('/', "%2F").into();
        p.case.context.public_key_pem.is_none()
    }, 200),
    ("secret-ampersand", |p| {
        p.secret.truncate(p.secret.len().saturating_sub(0));
        p.is(&["RPC"]) && p.secret.pop().is_some() && false
    }, 0),
    ("port-changed", |p| !p.is(&["OSS", "OTS"]) && p.change("host", |host| format!("{host}:8080")), 30),
    ("host-rewritten", |p| {
        let host = p.header("host").unwrap();
        p.set("host", "gateway.internal") && p.set("x-forwarded-host", &host)
    }, 100),
    ("host-rewritten", |p| {
        p.is(&["ACS3-HMAC"]) && p.header("host").is_some_and(|h| h.starts_with("ecs.cn-hangzhou")) && p.set("host", "10.0.0.7:8443")
    }, 10),
    ("bucket-style", |p| {
        let host = p.header("host").unwrap();
        p.is(&["OSS"]) && p.case.context.cname.is_empty() && host.split('.').count() == 4
            && !p.is(&["OSS-POST"])
            && p.path(|path| format!("/{}{path}", host.split('.').next().unwrap()))
    }, 50),
    ("method-changed", |p| {
        p.request.method = if p.request.method == "GET" { "HEAD" } else { "PATCH" }.into();
        !p.is(&["OSS-POST", "OTS"])
    }, 150),
    ("header-repeated", |p| {
        p.request.headers.push(("x-acs-date".into(), b"2026-11-22T00:00:00Z".into()));
        p.is(&["ACS3"])
    }, 30),
    ("token-encoded", |p| p.change("x-acs-security-token", |t| t.replace('+', "%2B").replace('=', "%3D")), 8),
    ("token-encoded", |p| p.in_parameters(&["SecurityToken"], |t| t.replace("%2B", "+")), 1),
    ("token-extra", |p| p.is(&["RPC"]) && p.case.security_token.is_none() && p.query(|q| format!("{q}&SecurityToken=abc")), 3),
    ("token-missing", |p| p.drop("x-acs-security-token"), 8),
    ("content-type-added", |p| p.header("content-type").is_none() && !p.is(&["RPC", "OTS", "OSS-POST"]) && p.set("content-type", "application/octet-stream"), 50),
    ("content-type-changed", |p| !p.is(&["RPC", "OTS", "OSS-POST"]) && p.change("content-type", |kind| {
        if kind.contains(';') { kind.split(';').next().unwrap().into() } else { format!("{kind}; charset=latin1") }
    }), 30),
    ("content-type-dropped", |p| {
        let known = p.header("content-type").is_some_and(|kind| ["application/json", "application/octet-stream", "application/x-protobuf"].contains(&kind.as_str()));
        known && !p.is(&["RPC", "OTS"]) && p.drop("content-type")
    }, 10),
    ("content-md5-dropped", |p| !p.is(&["RPC", "ACS3"]) && p.drop("content-md5"), 20),
    ("accept-rewritten", |p| p.header("accept").is_some_and(|a| a == "application/json") && p.set("accept", "text/html"), 20),
    ("user-agent-rewritten", |p| p.is(&["ACS3"]) && p.change("user-agent", |agent| format!("{agent} gateway/1.0")), 10),
    ("header-added", |p| {
        let name = match p.case.scheme.split('-').next().unwrap() {
            "OSS" => "x-oss-traced",
            "SLS" => "x-log-traced",
            "OTS" => "x-ots-traced",
            "FC2" => "x-fc-traced",
            "MNS" => "x-mns-traced",
            "RPC" => return false,
            _ => "x-acs-traced",
        };
        !p.is(&["OSS-POST"]) && p.set(name, "1")
    }, 150),
    ("header-dropped", |p| p.is(&["ACS3", "ROA"]) && p.drop("x-acs-credentials-provider"), 10),
    ("header-blanks", |p| {
        let name = p.request.headers.iter().find(|(n, v)| n.starts_with("x-oss-meta") && v.windows(2).any(|w| w == b"  "));
        let Some((name, value)) = name.cloned() else { return false };
        p.set(&name, &String::from_utf8_lossy(&value).replace("  ", " "))
    }, 1),
    ("path-decoded", |p| !p.is(&["FC2", "RPC", "OSS-V1", "OSS-V2", "OSS-V4"]) && p.path(|path| path.replace("%2F", "/").replace("%2f", "/")), 2),
    ("path-encoded", |p| p.is(&["MNS", "OTS", "ACS3"]) && p.path(|path| path.replace('!', "%21").replace('(', "%28")), 1),
    ("path-double-encoded", |p| p.path(|path| path.replace('%', "%25")), 20),
    ("path-decoded-twice", |p| escaped(&p.request.target, &["%25"]) && p.path(|path| path.replace("%25", "%")), 1),
    ("path-slashes-merged", |p| p.path(|path| path.replace("//", "/")), 1),
    ("path-trailing-slash", |p| p.request.target.split('?').next().unwrap().len() > 12 && p.path(|path| format!("{path}/")), 50),
    ("query-in-path", |p| {
        let target = p.request.target.replacen('?', "%3F", 1);
        let changed = target != p.request.target && p.is(&["ACS3", "MNS", "SLS-V4"]);
        p.request.target = target;
        changed
    }, 8),
    ("query-plus", |p| !p.is(&["OSS-V1", "FC2-HMAC"]) && p.query(|query| {
        let (values, signature) = query.split_once("ignature=").unwrap_or((query, ""));
        let values = values.replace("%2B", "+");
        if signature.is_empty() { values } else { format!("{values}ignature={signature}") }
    }), 5),
    ("query-double-encoded", |p| p.is(&["ACS3", "OSS-V4", "SLS"]) && !p.is(&["OSS-V4-PRESIGN"]) && p.query(|query| query.replace('%', "%25")), 5),
    ("query-order", |p| p.is(&["MNS"]) && p.query(|query| query.split('&').rev().collect::<Vec<_>>().join("&")), 1),
    ("parameter-added", |p| p.is(&["ACS3", "OSS-V4", "OSS-V2", "SLS", "ROA"]) && p.query(|query| format!("{query}&traced=1")), 30),
    ("parameter-added", |p| p.is(&["RPC"]) && {
        if p.request.target.contains('?') { p.query(|q| format!("{q}&traced=1")) } else { p.body(|b| [&b, &b"&traced=1"[..]].concat()) }
    }, 10),
    ("parameter-dropped", |p| p.is(&["OSS-V1", "OSS-V4"]) && p.query(|query| {
        let kept: Vec<&str> = query.split('&').filter(|pair| !["acl", "uploads", "cors", "lifecycle", "tagging"].contains(pair)).collect();
        kept.join("&")
    }), 3),
    ("scope", |p| p.is(&["OSS-V4", "SLS-V4"]) && {
        p.change("authorization", |value| value.replace("/cn-hangzhou/", "/cn-shanghai/")) || p.query(|q| q.replace("%2Fcn-hangzhou%2F", "%2Fcn-shanghai%2F"))
    }, 30),
    ("date-rewritten", |p| {
        let Some(date) = p.header("date") else { return false };
        if p.header("x-oss-date").is_some() || p.header("x-log-date").is_some() { return false; }
        let at = UnixSeconds::parse_http_date(&date).unwrap();
        p.set("date", &UnixSeconds(at.0 + 7).http_date())
    }, 20),
];

#[test]
fn each_damage_is_named() {
    let mut wrong = Vec::new();
    for (number, (id, damage, at_least)) in (1..).zip(DAMAGES) {
        let mut schemes: BTreeMap<String, usize> = BTreeMap::new();
        for mut patient in valid() {
            if !damage(&mut patient) || patient.examine().signature == Some(true) {
                continue;
            }
            *schemes.entry(patient.case.scheme.clone()).or_default() += 1;
            let report = patient.examine();
            if proven(&report) != [*id] {
                let found: Vec<&str> = report.findings.iter().map(|f| f.id).collect();
                wrong.push(format!("{number} {id} on {}: {found:?}", patient.case.id));
            }
            if report.verdict != Verdict::Refused {
                wrong.push(format!("{number} {id} on {}: {:?}", patient.case.id, report.verdict));
            }
        }
        let count: usize = schemes.values().sum();
        println!("{number} {id}: {count} {schemes:?}");
        if count < *at_least {
            wrong.push(format!("{number} {id} applies to {count} only: {schemes:?}"));
        }
    }
    assert!(wrong.is_empty(), "{} wrong\n{}", wrong.len(), wrong.join("\n"));
}

#[expect(dead_code, reason = "for the next tests")]
fn find<'r>(report: &'r Report, id: &str) -> Option<&'r Finding> {
    report.findings.iter().find(|finding| finding.id == id)
}

//! `ramgate doctor`: recorded requests of real SDKs, damaged in one way each; it must name exactly that.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac as _};
use proptest::prelude::{ProptestConfig, any, prop, proptest};
use ramgate::cases::{Expect, Recorded, SignatureCase};
use ramgate::doctor::{Capture, Grade, Question, Report, Verdict, examine};
use ramgate::ident::{SecretKey, UnixSeconds};
use ramgate::signature::{self, Key, Presented, PublicKey, Scheme, Site, sign};
use sha1::Sha1;
use sha2::Sha256;

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

    /// Whether the signature fits, without looking for a cause.
    fn fits(&self) -> bool {
        let secret = SecretKey::new(self.secret.clone().into_boxed_slice().into());
        let public = self.case.context.public_key_pem.as_deref().and_then(PublicKey::from_pem);
        let key = public.as_ref().map_or(Key::Secret(&secret), Key::Public);
        let cname: Vec<_> = self.case.context.cname.clone().into_iter().collect();
        let site =
            Site { cname: &cname, path_style: true, ..Site::new(self.case.family().unwrap()) };
        let Ok(head) = self.request.head() else { return false };
        let judged = self.request.with_form(&head, &site, |form, _body| {
            let Presented::Signed(claim) = signature::identify(&head, form, &site)? else {
                return Ok(false);
            };
            Ok(signature::verify(&claim, &head, form, &site, key).is_ok())
        });
        judged.unwrap_or(false)
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
        self.request.target =
            if query.is_empty() { path.into() } else { format!("{path}?{query}") };
        self.request.target != target
    }

    fn body(&mut self, change: impl Fn(Vec<u8>) -> Vec<u8>) -> bool {
        let body = change(self.request.body.to_vec());
        let changed = body != self.request.body;
        self.request.body = body.into();
        changed
    }

    /// The signature in `Authorization`, query, header or form, spelled otherwise.
    fn signature(&mut self, change: impl Fn(&str) -> String) -> bool {
        for name in ["x-ots-signature", "x-ots-signaturev4"] {
            if self.change(name, &change) {
                return true;
            }
        }
        let in_header = self.change("authorization", |value| {
            let mark = ["Signature=", "Signature:"].into_iter().find(|mark| value.contains(mark));
            let at = mark.map_or_else(
                || value.rfind(':').unwrap() + 1,
                |m| value.find(m).unwrap() + m.len(),
            );
            let end = value[at..].find(',').map_or(value.len(), |length| at + length);
            format!("{}{}{}", &value[..at], change(&value[at..end]), &value[end..])
        });
        in_header || self.in_parameters(&["Signature", "x-oss-signature"], &change)
    }

    fn in_parameters(&mut self, names: &[&str], change: impl Fn(&str) -> String) -> bool {
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

/// The id of the cause, what is done, and at least how many schemes it must have broken.
const DAMAGES: &[(&str, Damage, usize)] = &[
    (
        "signature-spelling",
        |p| {
            p.signature(|s| {
                if s.len() == 64 { s.to_uppercase() } else { s.trim_end_matches('=').into() }
            })
        },
        3,
    ),
    (
        "signature-spelling",
        |p| {
            p.signature(|s| match s.len() {
                64 => STANDARD.encode(
                    (0..32)
                        .map(|i| u8::from_str_radix(&s[2 * i..2 * i + 2], 16).unwrap())
                        .collect::<Vec<u8>>(),
                ),
                _ => STANDARD.decode(s).map_or(s.into(), |bytes| signature::hex(&bytes)),
            })
        },
        3,
    ),
    (
        "secret-whitespace",
        |p| {
            p.secret.push(b'\n');
            p.case.context.public_key_pem.is_none()
        },
        3,
    ),
    (
        "secret-whitespace",
        |p| {
            p.secret = [b" \"", &*p.secret, b"\""].concat();
            p.case.context.public_key_pem.is_none()
        },
        3,
    ),
    (
        "secret-encoded",
        |p| {
            p.secret =
                String::from_utf8_lossy(&p.secret).replace('+', "%2B").replace('/', "%2F").into();
            p.case.context.public_key_pem.is_none()
        },
        3,
    ),
    (
        "port-changed",
        |p| !p.is(&["OSS", "OTS"]) && p.change("host", |host| format!("{host}:8080")),
        3,
    ),
    (
        "host-rewritten",
        |p| {
            let host = p.header("host").unwrap();
            p.set("host", "gateway.internal") && p.set("x-forwarded-host", &host)
        },
        3,
    ),
    (
        "host-rewritten",
        |p| {
            p.is(&["ACS3-HMAC"])
                && p.header("host").is_some_and(|h| h.starts_with("ecs.cn-hangzhou"))
                && p.set("host", "10.0.0.7:8443")
        },
        2,
    ),
    (
        "bucket-style",
        |p| {
            let host = p.header("host").unwrap();
            p.is(&["OSS"])
                && p.case.context.cname.is_empty()
                && host.split('.').count() == 4
                && !p.is(&["OSS-POST"])
                && p.path(|path| format!("/{}{path}", host.split('.').next().unwrap()))
        },
        3,
    ),
    (
        "method-changed",
        |p| {
            p.request.method = if p.request.method == "GET" { "HEAD" } else { "PATCH" }.into();
            !p.is(&["OSS-POST", "OTS"])
        },
        3,
    ),
    (
        "header-repeated",
        |p| {
            p.request.headers.push(("x-acs-date".into(), b"2026-11-22T00:00:00Z".into()));
            p.is(&["ACS3"])
        },
        3,
    ),
    (
        "token-encoded",
        |p| p.change("x-acs-security-token", |t| t.replace('+', "%2B").replace('=', "%3D")),
        2,
    ),
    ("token-encoded", |p| p.in_parameters(&["SecurityToken"], |t| t.replace("%2B", "+")), 1),
    (
        "token-extra",
        |p| {
            p.is(&["RPC"])
                && p.case.security_token.is_none()
                && p.query(|q| format!("{q}&SecurityToken=abc"))
        },
        1,
    ),
    ("token-missing", |p| p.drop("x-acs-security-token"), 2),
    (
        "content-type-added",
        |p| {
            p.header("content-type").is_none()
                && !p.is(&["RPC", "OTS", "OSS-POST"])
                && p.set("content-type", "application/octet-stream")
        },
        3,
    ),
    (
        "content-type-changed",
        |p| {
            !p.is(&["RPC", "OTS", "OSS-POST"])
                && p.change("content-type", |kind| {
                    if kind.contains(';') {
                        kind.split(';').next().unwrap().into()
                    } else {
                        format!("{kind}; charset=latin1")
                    }
                })
        },
        3,
    ),
    (
        "content-type-dropped",
        |p| {
            let known = p.header("content-type").is_some_and(|kind| {
                ["application/json", "application/octet-stream", "application/x-protobuf"]
                    .contains(&kind.as_str())
            });
            known && !p.is(&["RPC", "OTS"]) && p.drop("content-type")
        },
        2,
    ),
    ("content-md5-dropped", |p| !p.is(&["RPC", "ACS3"]) && p.drop("content-md5"), 3),
    (
        "accept-rewritten",
        |p| {
            p.header("accept").is_some_and(|a| a == "application/json")
                && p.set("accept", "text/html")
        },
        3,
    ),
    (
        "user-agent-rewritten",
        |p| p.is(&["ACS3"]) && p.change("user-agent", |agent| format!("{agent} gateway/1.0")),
        2,
    ),
    (
        "header-added",
        |p| {
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
        },
        3,
    ),
    ("header-dropped", |p| p.is(&["ACS3", "ROA"]) && p.drop("x-acs-credentials-provider"), 2),
    (
        "header-blanks",
        |p| {
            let name = p
                .request
                .headers
                .iter()
                .find(|(n, v)| n.starts_with("x-oss-meta") && v.windows(2).any(|w| w == b"  "));
            let Some((name, value)) = name.cloned() else { return false };
            p.set(&name, &String::from_utf8_lossy(&value).replace("  ", " "))
        },
        1,
    ),
    (
        "path-decoded",
        |p| {
            !p.is(&["FC2", "RPC", "OSS-V1", "OSS-V2", "OSS-V4"])
                && p.path(|path| path.replace("%2F", "/").replace("%2f", "/"))
        },
        1,
    ),
    (
        "path-encoded",
        |p| {
            p.is(&["MNS", "OTS", "ACS3"])
                && p.path(|path| path.replace('!', "%21").replace('(', "%28"))
        },
        1,
    ),
    ("path-double-encoded", |p| p.path(|path| path.replace('%', "%25")), 3),
    (
        "path-decoded-twice",
        |p| escaped(&p.request.target, &["%25"]) && p.path(|path| path.replace("%25", "%")),
        1,
    ),
    ("path-slashes-merged", |p| p.path(|path| path.replace("//", "/")), 1),
    (
        "path-trailing-slash",
        |p| {
            p.request.target.split('?').next().unwrap().len() > 12
                && p.path(|path| format!("{path}/"))
        },
        3,
    ),
    (
        "query-in-path",
        |p| {
            let target = p.request.target.replacen('?', "%3F", 1);
            let changed = target != p.request.target && p.is(&["ACS3", "MNS", "SLS-V4"]);
            p.request.target = target;
            changed
        },
        2,
    ),
    (
        "query-plus",
        |p| {
            !p.is(&["OSS-V1", "FC2-HMAC"])
                && p.case.security_token.is_none()
                && p.query(|query| {
                    let (values, signature) = query.split_once("ignature=").unwrap_or((query, ""));
                    let values = values.replace("%2B", "+");
                    if signature.is_empty() {
                        values
                    } else {
                        format!("{values}ignature={signature}")
                    }
                })
        },
        1,
    ),
    (
        "query-double-encoded",
        |p| {
            p.is(&["ACS3", "OSS-V4", "SLS"])
                && !p.is(&["OSS-V4-PRESIGN"])
                && p.query(|query| query.replace('%', "%25"))
        },
        1,
    ),
    (
        "query-order",
        |p| p.is(&["ROA"]) && p.query(|query| query.split('&').rev().collect::<Vec<_>>().join("&")),
        1,
    ),
    (
        "query-decoded",
        |p| {
            p.is(&["ACS3", "OSS-V4", "SLS-V4"])
                && !p.is(&["OSS-V4-PRESIGN"])
                && p.query(|query| query.replacen("%26", "&", 1))
        },
        1,
    ),
    (
        "target-rewritten",
        |p| {
            let target = p.request.target.clone();
            p.is(&["ACS3", "MNS", "ROA", "SLS"])
                && p.set("x-original-uri", &target)
                && p.path(|_| "/internal/route".into())
        },
        5,
    ),
    (
        "path-prefix",
        |p| p.is(&["ACS3", "MNS", "ROA", "SLS"]) && p.path(|path| format!("/edge{path}")),
        5,
    ),
    (
        "path-plus",
        |p| p.is(&["OSS-V4", "ACS3", "SLS-V4"]) && p.path(|path| path.replace("%20", "+")),
        1,
    ),
    (
        "parameter-added",
        |p| {
            p.is(&["ACS3", "OSS-V4", "OSS-V2", "SLS", "ROA"])
                && p.query(|query| format!("{query}&traced=1"))
        },
        3,
    ),
    (
        "parameter-added",
        |p| {
            p.is(&["RPC"]) && {
                if p.request.target.contains('?') {
                    p.query(|q| format!("{q}&traced=1"))
                } else {
                    p.body(|b| [&b, &b"&traced=1"[..]].concat())
                }
            }
        },
        2,
    ),
    (
        "parameter-dropped",
        |p| {
            p.is(&["OSS-V1", "OSS-V4"])
                && p.query(|query| {
                    let kept: Vec<&str> = query
                        .split('&')
                        .filter(|pair| {
                            !["acl", "uploads", "cors", "lifecycle", "tagging"]
                                .contains(&pair.trim_end_matches('='))
                        })
                        .collect();
                    kept.join("&")
                })
        },
        1,
    ),
    (
        "scope",
        |p| {
            p.is(&["OSS-V4", "SLS-V4"]) && {
                p.change("authorization", |value| value.replace("/cn-hangzhou/", "/cn-shanghai/"))
                    || p.query(|q| q.replace("%2Fcn-hangzhou%2F", "%2Fcn-shanghai%2F"))
            }
        },
        3,
    ),
    (
        "date-rewritten",
        |p| {
            let Some(date) = p.header("date") else { return false };
            if p.header("x-oss-date").is_some() || p.header("x-log-date").is_some() {
                return false;
            }
            let at = UnixSeconds::parse_http_date(&date).unwrap();
            p.set("date", &UnixSeconds(at.0 + 7).http_date())
        },
        3,
    ),
];

/// So many recorded requests of a scheme are damaged in one way.
const PATIENTS_MAX: usize = 2;

#[test]
fn each_damage_is_named() {
    let mut wrong = Vec::new();
    for (number, (id, damage, schemes_min)) in (1..).zip(DAMAGES) {
        let mut schemes: BTreeMap<String, usize> = BTreeMap::new();
        for mut patient in valid() {
            let known = schemes.get(&patient.case.scheme).copied().unwrap_or(0);
            if known >= PATIENTS_MAX || !damage(&mut patient) || patient.fits() {
                continue;
            }
            *schemes.entry(patient.case.scheme.clone()).or_default() += 1;
            let report = patient.examine();
            let found: Vec<&str> = report.findings.iter().map(|finding| finding.id).collect();
            if proven(&report) != [*id] || report.verdict != Verdict::Refused {
                wrong.push(format!("{number} {id} on {}: {found:?}", patient.case.id));
            }
        }
        if schemes.len() < *schemes_min {
            wrong.push(format!("{number} {id} breaks too few: {schemes:?}"));
        }
    }
    assert!(wrong.is_empty(), "{} wrong\n{}", wrong.len(), wrong.join("\n"));
}

fn patient(id: &str) -> Patient {
    valid().find(|patient| patient.case.id == id).unwrap()
}

#[track_caller]
fn check(patient: &Patient, id: &str, grade: Grade, parts: &[&str]) {
    let report = patient.examine();
    let found = report.findings.iter().find(|finding| finding.id == id);
    let Some(found) = found else { panic!("no {id}: {:#?}", report.findings) };
    assert_eq!(found.grade, grade);
    for part in parts {
        assert!(found.what.contains(part), "{part} is not in {found:?}");
    }
    assert_eq!(report.verdict == Verdict::Fits, grade > Grade::Certain && patient.knows_key);
}

const ACS3: &str = "acs3-py-ecs-describe-instances-sts";

#[test]
fn clocks() {
    for (offset_seconds, id, parts) in [
        (901, "clock-behind", &["901 seconds behind"][..]),
        (-901, "clock-ahead", &["901 seconds ahead"]),
        (-8 * 3600 - 3, "clock-ahead", &["about 8 hours are a time zone"]),
        (5400 + 1800, "clock-behind", &["about 2 hours"]),
    ] {
        check(&Patient { offset_seconds, ..patient(ACS3) }, id, Grade::Certain, parts);
    }
    let fits = Patient { offset_seconds: 900, ..patient(ACS3) };
    assert_eq!(fits.examine().verdict, Verdict::Fits);
    let url = valid().find(|patient| patient.is(&["OSS-V4-PRESIGN"])).unwrap();
    let late = Patient { offset_seconds: 8 * 86_400, ..url.clone() };
    check(&late, "expired", Grade::Certain, &["ended at"]);
    let early = Patient { offset_seconds: -3600, ..url };
    check(&early, "not-yet-valid", Grade::Certain, &["begins at"]);
}

#[test]
fn bodies() {
    let json = br#"{"b":[1,2.50,{}],"a":"caf\u00e9 \"x\"","n":null}"#;
    for (id, change) in [
        ("body-newline", (|b: &[u8]| [b, b"\n"].concat()) as fn(&[u8]) -> Vec<u8>),
        ("body-line-ends", |b| String::from_utf8_lossy(b).replace('\n', "\r\n").into()),
        ("body-json", |_| br#"{ "b": [1, 2.50, {}], "a": "caf\u00e9 \"x\"", "n": null }"#.to_vec()),
        ("body-empty", |b| b.to_vec()),
        ("body-changed", |_| b"something else".to_vec()),
        ("body-compressed", |_| b"\x1f\x8bxxxx".to_vec()),
    ] {
        let signed = match id {
            "body-line-ends" => b"a\nb\n".to_vec(),
            "body-empty" => Vec::new(),
            // As a client writes it that keeps what it can.
            "body-json" => String::from_utf8_lossy(json).replace("\\u00e9", "é").into_bytes(),
            _ => json.to_vec(),
        };
        let mut patient = resigned(&signed);
        assert_eq!(patient.examine().verdict, Verdict::Fits, "{id}");
        let sent = if id == "body-empty" { b"x".to_vec() } else { change(&signed) };
        patient.request.body = sent.into();
        let report = patient.examine();
        assert_eq!(report.signature, Some(true), "{id}");
        assert_eq!(report.body, Some(false), "{id}");
        assert!(
            report.findings.iter().any(|finding| finding.id == id),
            "{id}: {:?}",
            report.findings
        );
        assert_eq!(report.verdict, Verdict::Refused, "{id}");
    }
}

/// A request that the library's own client signs.
fn resigned(body: &[u8]) -> Patient {
    let headers = [
        ("host", "ecs.cn-hangzhou.aliyuncs.com"),
        ("x-acs-action", "RunInstances"),
        ("x-acs-version", "2014-05-26"),
    ];
    signed(Scheme::Acs3HmacSha256, "/?RegionId=cn-hangzhou", &headers, body)
}

fn signed(scheme: Scheme, target: &str, headers: &[(&str, &str)], body: &[u8]) -> Patient {
    let mut patient = patient(ACS3);
    patient.case.access_key_id = "LTAI5tDoctor".into();
    patient.case.security_token = None;
    patient.case.scheme = scheme.as_str().into();
    let now = UnixSeconds::parse_iso8601(&patient.case.signed_at).unwrap();
    let secret = SecretKey::from(patient.case.access_key_secret.as_str());
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    let request = sign::Request {
        method: "POST".into(),
        target: target.into(),
        headers: headers.iter().map(owned).collect(),
        body: sign::Body::Bytes(body.into()),
    };
    let id = patient.case.access_key_id.parse().unwrap();
    let credentials =
        sign::Credentials { access_key_id: &id, secret: &secret, security_token: None };
    let terms = sign::Terms { nonce: Some("n-1"), ..sign::Terms::new(scheme, now) };
    let signed = sign::sign(request, &credentials, &terms, &Site::new(scheme.family())).unwrap();
    let bytes = |(name, value): (String, String)| (name, value.into_bytes());
    patient.request = Recorded {
        method: signed.method,
        target: signed.target,
        headers: signed.headers.into_iter().map(bytes).collect(),
        body: body.to_vec().into(),
    };
    patient
}

/// No recorded request has a name without `=` where that is signed.
#[test]
fn bare_names() {
    let headers = [("host", "fn.cn-hangzhou.fcapp.run")];
    let mut patient = signed(Scheme::Fc2HttpTrigger, "/fn?a=1&flag", &headers, b"");
    assert_eq!(patient.examine().verdict, Verdict::Fits);
    patient.query(|query| format!("{query}="));
    check(&patient, "query-equals", Grade::Proven, &["flag="]);
}

#[test]
fn keys_and_texts() {
    // The id of another key.
    let mut other = patient(ACS3);
    other.case.access_key_id = "STS.NOther".into();
    check(&other, "key-other", Grade::Certain, &["STS.NVectorKeyBeta00000002"]);
    // Another secret, and a client that logged what it signed.
    let mut wrong = Patient { secret: b"another secret".to_vec(), ..resigned(b"") };
    let logged: Vec<String> = wrong
        .examine()
        .comparison
        .unwrap()
        .rows
        .into_iter()
        .map(|row| row.server.unwrap())
        .collect();
    wrong.client_text = Some(format!("{}\r\n", logged.join("\r\n")));
    let report = wrong.examine();
    assert_eq!(report.findings[0].id, "key-wrong", "{:?}", report.findings);
    // No key, but the client's text: the cause is proven all the same.
    let mut blind = Patient { knows_key: false, ..resigned(b"") };
    blind.client_text = Some(logged.join("\n"));
    blind.set("host", "ecs.cn-hangzhou.aliyuncs.com:8080");
    check(&blind, "port-changed", Grade::Proven, &["8080"]);
    // Neither: what can be seen.
    let mut seen = Patient { knows_key: false, ..resigned(b"") };
    assert_eq!(seen.examine().verdict, Verdict::Unknown);
    seen.drop("x-acs-action");
    check(&seen, "signed-header-absent", Grade::Certain, &["x-acs-action"]);
    // The id is the secret and the reverse.
    let mut swapped = patient("rpc-node-pop-sts-post");
    swapped.secret = b"LTAI5tSwapped".to_vec();
    swapped.body(|body| {
        String::from_utf8_lossy(&body).replace("STS.NVectorKeyBeta00000002", "LTAI5tSwapped").into()
    });
    let report = swapped.examine();
    assert!(
        report.findings.iter().any(|f| f.id == "id-and-secret-swapped"),
        "{:?}",
        report.findings
    );
    let told = serde_json::to_string(&report).unwrap();
    assert!(!told.contains("LTAI5tSwapped"), "{told}");
}

/// How a client makes a key of its credentials.
type Keying = fn(&SignatureCase) -> String;
/// The signature of a text, written.
type Mac = fn(&[u8], &str) -> String;

/// Signs the text of `text` with another MAC, and writes it so.
fn signed_otherwise(scheme: &str, text: Scheme, key: Keying, mac: Mac) -> Patient {
    let site = |p: &Patient| Site { path_style: true, ..Site::new(p.case.family().unwrap()) };
    let texts = |p: &Patient| {
        let (site, head) = (site(p), p.request.head()?);
        p.request.with_form(&head, &site, |form, _body| {
            let Presented::Signed(claim) = signature::identify(&head, form, &site)? else {
                return Ok(Vec::new());
            };
            Ok(signature::texts(&claim.mixed_up(text, &[]), &head, form, &site)?)
        })
    };
    let of_scheme = |p: &Patient| p.case.scheme == scheme && !p.request.target.contains('+');
    let mut able = valid().filter(of_scheme).filter_map(|p| texts(&p).ok().map(|texts| (p, texts)));
    let (mut patient, texts) = able.next().unwrap();
    let made = mac(key(&patient.case).as_bytes(), &texts[0]);
    let in_url = scheme.starts_with("RPC");
    let write = |_: &str| if in_url { signature::encode(&made) } else { made.clone() };
    assert!(patient.signature(write));
    patient
}

fn sha1_base64(key: &[u8], text: &str) -> String {
    STANDARD.encode(
        Hmac::<Sha1>::new_from_slice(key).unwrap().chain_update(text).finalize().into_bytes(),
    )
}

fn sha256(key: &[u8], text: &str) -> Vec<u8> {
    Hmac::<Sha256>::new_from_slice(key).unwrap().chain_update(text).finalize().into_bytes().to_vec()
}

fn sha256_base64(key: &[u8], text: &str) -> String {
    STANDARD.encode(sha256(key, text))
}

fn sha256_hex(key: &[u8], text: &str) -> String {
    signature::hex(&sha256(key, text))
}

#[test]
fn keys_and_algorithms_of_another_scheme() {
    let raw: Keying = |case| case.access_key_secret.clone();
    let ampersand: Keying = |case| format!("{}&", case.access_key_secret);
    let rows: [(&str, &str, Scheme, Keying, Mac); 9] = [
        ("secret-ampersand", "RPC-HMAC-SHA1", Scheme::RpcHmacSha1, raw, sha1_base64),
        ("secret-ampersand", "ROA-HMAC-SHA1", Scheme::RoaHmacSha1, ampersand, sha1_base64),
        ("secret-ampersand", "ACS3-HMAC-SHA256", Scheme::Acs3HmacSha256, ampersand, sha256_hex),
        ("algorithm", "RPC-HMAC-SHA1", Scheme::RpcHmacSha1, ampersand, sha256_base64),
        ("algorithm", "ROA-HMAC-SHA1", Scheme::RoaHmacSha1, raw, sha256_base64),
        ("algorithm", "OSS-V1", Scheme::OssV1, raw, sha256_base64),
        ("algorithm", "OSS-V4", Scheme::OssV4, raw, sha256_hex),
        ("scheme-mixed-up", "OSS-V4", Scheme::OssV1, raw, sha1_base64),
        ("scheme-mixed-up", "OSS-V4", Scheme::OssV2, raw, sha256_base64),
    ];
    for (id, scheme, text, key, mac) in rows {
        let report = signed_otherwise(scheme, text, key, mac).examine();
        assert_eq!(proven(&report), [id], "{scheme} {text:?}: {:?}", report.findings);
    }
    let id: Keying = |case| format!("{}&", case.access_key_id);
    let patient = signed_otherwise("RPC-HMAC-SHA1", Scheme::RpcHmacSha1, id, sha1_base64);
    let report = patient.examine();
    assert_eq!(proven(&report), ["id-as-secret"], "{:?}", report.findings);
}

#[test]
fn two_changes_at_once() {
    let mut patient = resigned(b"");
    patient.set("host", "gateway.internal");
    patient.set("x-forwarded-host", "ecs.cn-hangzhou.aliyuncs.com");
    patient.set("content-type", "application/octet-stream");
    let report = patient.examine();
    assert_eq!(proven(&report), ["host-rewritten", "content-type-added"], "{:?}", report.findings);
}

/// Nothing that a report says has the secret or a whole token, whatever is wrong.
#[test]
fn reports_keep_secrets() {
    for patient in valid().filter(|patient| patient.case.security_token.is_some()) {
        let mut damaged = patient.clone();
        damaged.request.method = "PATCH".into();
        let mut missing = patient.clone();
        missing.drop("x-acs-security-token");
        for patient in [patient, damaged, missing] {
            let told = serde_json::to_string(&patient.examine()).unwrap();
            assert!(!told.contains(&patient.case.access_key_secret), "{told}");
            let token = patient.case.security_token.as_deref().unwrap();
            let spellings = [token.to_owned(), signature::encode(token)];
            assert!(
                !spellings.iter().any(|token| told.contains(token)),
                "{}: {told}",
                patient.case.id
            );
        }
    }
}

#[test]
fn ids_are_unique() {
    let mut ids: Vec<&str> = ramgate::doctor::ids().collect();
    let count = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), count);
    let docs = include_str!("../../docs/doctor.md");
    let missing: Vec<_> = ids.iter().filter(|id| !docs.contains(&format!("`{id}`"))).collect();
    assert!(missing.is_empty(), "docs/doctor.md lacks {missing:?}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    /// Whatever is captured: a report or an error, never a panic.
    #[test]
    fn no_capture_panics(bytes in prop::collection::vec(any::<u8>(), 0..300), cut in 0_usize..400, flip in any::<u8>()) {
        let _unreadable = Capture::parse(&bytes, Some(1));
        let line = FILE.lines().nth(usize::from(flip) % 233).unwrap();
        let mut raw = raw_of(line);
        let at = cut % raw.len();
        raw[at] ^= flip;
        let mixed = [&raw[..at], &bytes, &raw[at..]].concat();
        for bytes in [&raw[..], &raw[..at], &mixed] {
            let Ok(capture) = Capture::parse(bytes, None) else { continue };
            let _report = examine(&Question {
                request: &capture.request,
                family: None,
                cname: &[],
                now: UnixSeconds(1_795_345_504),
                secret: None,
                public: None,
                access_key_id: None,
                security_token: None,
                client_text: None,
                hosts: &capture.hosts,
            });
        }
    }
}

/// A recorded case as bytes of HTTP.
fn raw_of(line: &str) -> Vec<u8> {
    let request = SignatureCase::parse(line).unwrap().recorded().unwrap();
    let mut raw = format!("{} {} HTTP/1.1\r\n", request.method, request.target).into_bytes();
    for (name, value) in
        request.headers.iter().filter(|(name, _)| !name.eq_ignore_ascii_case("transfer-encoding"))
    {
        raw.extend([name.as_bytes(), b": ", value, b"\r\n"].concat());
    }
    raw.extend(b"\r\n");
    raw.extend(&*request.body);
    raw
}

/// The program on a file: its exit status and what it prints.
fn run(folder: &Path, capture: &[u8], arguments: &[&str]) -> (i32, String) {
    let file = folder.join("capture");
    fs::write(&file, capture).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_ramgate"));
    command.env_clear().arg("doctor").arg(&file).args(arguments);
    let output = command.output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap() + &String::from_utf8_lossy(&output.stderr);
    (output.status.code().unwrap(), text)
}

#[test]
fn the_program_answers() {
    let folder = tempfile::tempdir().unwrap();
    let secret = folder.path().join("secret");
    fs::write(&secret, "v3ctorSecretBeta+/abcdefghij0123456\n").unwrap();
    let secret = secret.to_str().unwrap();
    let line = FILE.lines().find(|line| line.contains(ACS3)).unwrap();
    let good = raw_of(line);
    let clock = ["--time", "2026-11-22T11:05:05Z", "--secret-file", secret];
    let (status, text) = run(folder.path(), &good, &clock);
    assert_eq!((status, text.starts_with("fits")), (0, true), "{text}");

    let text = String::from_utf8(good).unwrap();
    let bad = text.replace("aliyuncs.com\r\n", "aliyuncs.com:8080\r\n");
    let (status, text) = run(folder.path(), bad.as_bytes(), &clock);
    assert_eq!(status, 1, "{text}");
    golden("rewritten-host.txt", &text);
    let (_, json) = run(folder.path(), bad.as_bytes(), &[&clock[..], &["--json"]].concat());
    assert!(json.contains("\"id\": \"port-changed\""), "{json}");

    let (status, text) = run(folder.path(), line.as_bytes(), &[]);
    assert_eq!(status, 0, "{text}");
    for (capture, arguments) in
        [(&b"hello"[..], &[][..]), (b"{}", &[]), (bad.as_bytes(), &["--client-text", "/none"])]
    {
        let (status, text) = run(folder.path(), capture, arguments);
        assert_eq!(status, 2, "{text}");
    }
}

#[test]
fn a_har_file_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let secret = folder.path().join("secret");
    fs::write(&secret, "v3ctorSecretAlpha/0123456789+abcdEF").unwrap();
    let har = include_bytes!("doctor/decoded-query.har");
    let (status, text) = run(folder.path(), har, &["--secret-file", secret.to_str().unwrap()]);
    assert_eq!(status, 1, "{text}");
    golden("decoded-query.txt", &text);
}

/// The output as it was looked at once. Written anew where `RAMGATE_GOLDEN` is set.
#[track_caller]
fn golden(name: &str, text: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/doctor").join(name);
    if std::env::var("RAMGATE_GOLDEN").is_ok() {
        fs::write(&file, text).unwrap();
    }
    let expected = fs::read_to_string(&file).unwrap_or_default();
    assert_eq!(text, expected, "{}", file.display());
}

//! Every recorded request of a real SDK, in every scheme; and the neighbours of each, which must not verify (section 11
//! of the signatures sheet).

use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ramgate::cases::{Expect, Refused, SignatureCase};
use ramgate::ident::UnixSeconds;
use ramgate::signature::SignatureError;

const FILE: &str = include_str!("../vectors/signatures.jsonl");
/// Names that OSS V1 signs, of those that the recordings use.
const SIGNED: &[&str] = &[
    "acl",
    "append",
    "callback",
    "continuation-token",
    "cors",
    "delete",
    "lifecycle",
    "objectMeta",
    "partNumber",
    "position",
    "response-content-disposition",
    "response-content-type",
    "security-token",
    "symlink",
    "tagging",
    "uploadId",
    "uploads",
    "versionId",
];
/// Headers that begin so are all signed.
const PREFIXES: &[(&str, &str)] = &[
    ("ACS3", "x-acs-"),
    ("ROA", "x-acs-"),
    ("OSS", "x-oss-"),
    ("SLS", "x-log-"),
    ("OTS", "x-ots-"),
    ("FC2", "x-fc-"),
    ("MNS", "x-mns-"),
];

fn valid() -> impl Iterator<Item = SignatureCase> {
    let all = FILE.lines().map(|line| SignatureCase::parse(line).unwrap());
    all.filter(|case| case.expect == Expect::Valid)
}

fn judge(case: &SignatureCase, offset: i64) -> Result<Expect, Refused> {
    case.judge(UnixSeconds(UnixSeconds::parse_iso8601(&case.signed_at).unwrap().0 + offset))
}

fn run(file: &str) -> (Option<i32>, String) {
    let arguments = ["test", "signatures", file];
    let output = Command::new(env!("CARGO_BIN_EXE_ramgate")).args(arguments).output().unwrap();
    (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned())
}

#[test]
fn the_command_verifies_every_recording() {
    let file = format!("{}/tests/vectors/signatures.jsonl", env!("CARGO_MANIFEST_DIR"));
    assert_eq!(run(&file), (Some(0), "233 passed, 0 failed\n".to_owned()));
}

#[test]
fn the_command_says_what_is_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("cases.jsonl");
    let check = |text: &str, code: i32, parts: &[&str]| {
        std::fs::write(&file, text).unwrap();
        let (found, out) = run(file.to_str().unwrap());
        assert_eq!(found, Some(code), "{out}");
        for part in parts {
            assert!(out.contains(part), "{part} is not in {out}");
        }
    };
    let line = FILE.lines().next().unwrap();
    check("", 1, &["0 passed, 0 failed\n"]);
    check(line, 0, &["1 passed, 0 failed\n"]);
    check(&format!("{line}\n{{}}\n{line}"), 1, &["FAILED line 2", "2 passed, 1 failed\n"]);
    let other = line
        .replace("\"access_key_secret\":\"", "\"access_key_secret\":\"x")
        .replace("\"access_key_secret\": \"", "\"access_key_secret\": \"x");
    check(&other, 1, &["fits none of the strings to sign", "ACS3-HMAC-SHA256\\n"]);
    let expected = line.replace("\"valid\"", "\"reject\"");
    check(&expected, 1, &["expected Reject, found Valid"]);
    let scheme = line.replace("ACS3-HMAC-SHA256\"", "AWS4-HMAC-SHA256\"");
    check(&scheme, 1, &["there is no scheme `AWS4-HMAC-SHA256`", "0 passed, 1 failed\n"]);
}

fn is(case: &SignatureCase, families: &[&str]) -> bool {
    families.iter().any(|family| case.scheme.starts_with(family))
}

fn is_presigned(case: &SignatureCase) -> bool {
    case.scheme.ends_with("PRESIGN")
}

fn is_form(case: &SignatureCase) -> bool {
    case.scheme.starts_with("OSS-POST")
}

fn signs_query(case: &SignatureCase) -> bool {
    !is_form(case) && case.scheme != "FC2-HMAC-SHA256"
}

/// Whether decoded text is signed, so that two requests could have the same.
fn signs_decoded(case: &SignatureCase) -> bool {
    is(case, &["OSS-V1", "ROA", "SLS-V1"]) || case.scheme == "FC2-HTTP-TRIGGER"
}

fn header<'c>(case: &'c mut SignatureCase, wanted: &str) -> Option<&'c mut String> {
    let mut headers = case.headers.iter_mut();
    headers.find(|(name, _)| name.eq_ignore_ascii_case(wanted)).map(|(_, value)| value)
}

/// Applies a change to a header; `false` when it is absent or stays the same.
fn change(case: &mut SignatureCase, name: &str, change: impl Fn(&str) -> String) -> bool {
    let Some(value) = header(case, name) else { return false };
    let changed = change(value);
    let differs = *value != changed;
    *value = changed;
    differs
}

fn split(case: &SignatureCase) -> (String, Option<String>) {
    match case.target.split_once('?') {
        Some((path, query)) => (path.to_owned(), Some(query.to_owned())),
        None => (case.target.clone(), None),
    }
}

fn set_path(case: &mut SignatureCase, change: impl Fn(&str) -> String) -> bool {
    let (path, query) = split(case);
    let changed = change(&path);
    case.target = query.map_or_else(|| changed.clone(), |query| format!("{changed}?{query}"));
    changed != path
}

fn add_pair(case: &mut SignatureCase, pair: &str) {
    let mark = if case.target.contains('?') { "&" } else { "?" };
    case.target = format!("{}{mark}{pair}", case.target);
}

/// Replaces a text wherever it stands: target, headers, body.
fn everywhere(case: &mut SignatureCase, from: &str, to: &str) -> bool {
    let body = STANDARD.decode(&case.body_b64).unwrap();
    let latin: String = body.iter().map(|byte| char::from(*byte)).collect();
    let before = (case.target.clone(), case.headers.clone(), latin.clone());
    case.target = case.target.replace(from, to);
    for (_, value) in &mut case.headers {
        *value = value.replace(from, to);
    }
    set_body(case, &latin.replace(from, to));
    before != (case.target.clone(), case.headers.clone(), latin.replace(from, to))
}

fn set_body(case: &mut SignatureCase, latin: &str) {
    let bytes: Vec<u8> = latin.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
    case.body_b64 = STANDARD.encode(bytes);
}

/// Changes the text of the signature, wherever the scheme has it.
fn signature(case: &mut SignatureCase, change: fn(&str) -> String) -> bool {
    let between = |text: &str, from: &str, to: &[char]| {
        let start = text.find(from)? + from.len();
        let end = text[start..].find(to).map_or(text.len(), |length| start + length);
        Some(format!("{}{}{}", &text[..start], change(&text[start..end]), &text[end..]))
    };
    for name in ["authorization", "x-ots-signature", "x-ots-signaturev4"] {
        if let Some(value) = header(case, name) {
            let marks = ["Signature=", "Signature:", ":"];
            let changed = marks.iter().find_map(|mark| between(value, mark, &[',']));
            *value = changed.unwrap_or_else(|| change(value));
            return true;
        }
    }
    let marks = ["?Signature=", "&Signature=", "x-oss-signature="];
    let target = marks.iter().find_map(|mark| between(&case.target, mark, &['&']));
    if let Some(target) = target {
        case.target = target;
        return true;
    }
    let body = STANDARD.decode(&case.body_b64).unwrap();
    let latin: String = body.iter().map(|byte| char::from(*byte)).collect();
    let marks = ["&Signature=", "name=\"Signature\"\r\n\r\n", "name=\"x-oss-signature\"\r\n\r\n"];
    let first = latin.strip_prefix("Signature=").map(|_| "Signature=");
    let changed = first.iter().chain(&marks).find_map(|mark| between(&latin, mark, &['&', '\r']));
    changed.is_some_and(|changed| {
        set_body(case, &changed);
        true
    })
}

/// Name, which cases it applies to, and the change; `false`: nothing to change here.
type Mutation = (&'static str, fn(&SignatureCase) -> bool, fn(&mut SignatureCase) -> bool);

const OTHER_KEY: &str = "-----BEGIN PUBLIC KEY-----\nMIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAwTAz+HqAHlKrqwOtG7wo\n\
    x0RPf+23cfdkSqZieVcDX19kS9n/VdDBkgFa612tCT3hv8ln6KBRDUnXAIGARWkQ\n\
    NfNNvjgqInsg2tAZEEbeO3GCU6NvFN/AW5aZZh1W9JeD06j12u2SNx2xsYWu+R7l\n\
    PpgqKEqkK+eUmHiSzhcrapqYJdQ5u39PH/kRoOvbCO5ugWJxBiM+0yXb34NqS2i7\n\
    +QDvBsJufwsIXj+xn6wTHRuEr/Uc0fSASlFVihoeZ2lDHXiDJDh+pi3MBWq7+Qxk\n\
    0m/qciobvA1e8pF52oLZkohqysZ19oKiyU/btq5bshKxvW3cKZZyjZbnnrdKj/UQ\n\
    jQIDAQAB\n-----END PUBLIC KEY-----\n";

const MUTATIONS: &[Mutation] = &[
    (
        "M1 a character of the signature",
        |_| true,
        |c| {
            signature(c, |old| {
                format!("{}{}", if old.starts_with('0') { "1" } else { "0" }, &old[1..])
            })
        },
    ),
    (
        "M2 another secret",
        |c| c.context.public_key_pem.is_none(),
        |c| {
            c.access_key_secret.push('x');
            true
        },
    ),
    (
        "M2 another public key",
        |c| c.context.public_key_pem.is_some(),
        |c| {
            c.context.public_key_pem = Some(OTHER_KEY.to_owned());
            true
        },
    ),
    (
        "M3 the method",
        |c| !is_form(c),
        |c| {
            c.method = if c.method == "GET" { "POST" } else { "GET" }.into();
            true
        },
    ),
    ("M4 a character of the path", |c| !is_form(c), |c| set_path(c, |path| format!("{path}x"))),
    ("M5 one more parameter", signs_query, |c| {
        let pair = if is(c, &["OSS-V1"]) { "acl" } else { "injected=1" };
        add_pair(c, pair);
        true
    }),
    (
        "M6 a value of the query",
        |c| signs_query(c) && !is(c, &["OSS-V1"]),
        |c| {
            c.target.contains('=') && {
                c.target.push('x');
                true
            }
        },
    ),
    (
        "M6 a value of a sub-resource",
        |c| is(c, &["OSS-V1"]),
        |c| {
            let (path, Some(query)) = split(c) else { return false };
            let mut pairs: Vec<String> = query.split('&').map(str::to_owned).collect();
            let signed = |pair: &&mut String| SIGNED.contains(&pair.split('=').next().unwrap());
            let Some(pair) = pairs.iter_mut().find(signed) else { return false };
            pair.push_str(if pair.contains('=') { "x" } else { "=x" });
            c.target = format!("{path}?{}", pairs.join("&"));
            true
        },
    ),
    ("M7 a parameter again", signs_query, |c| {
        let (_, Some(query)) = split(c) else { return false };
        let name = query.split(['=', '&']).next().unwrap().to_owned();
        add_pair(c, &format!("{name}=other"));
        !name.is_empty()
    }),
    (
        "M8 a byte of the body",
        |c| {
            let mut case = c.clone();
            let hashed = is(c, &["ACS3-HMAC", "ACS3-RSA", "RPC", "SLS-V4", "OTS"]);
            let md5 = header(&mut case, "content-md5").is_some();
            (hashed || md5) && !c.target.contains("/objects/")
        },
        |c| {
            let mut body = STANDARD.decode(&c.body_b64).unwrap();
            body.push(b'x');
            c.body_b64 = STANDARD.encode(body);
            true
        },
    ),
    (
        "M11 an unsigned header of the prefix",
        |c| !is_form(c),
        |c| {
            let Some((_, prefix)) = PREFIXES.iter().find(|(family, _)| is(c, &[family])) else {
                return false;
            };
            c.headers.push((format!("{prefix}injected"), "1".into()));
            true
        },
    ),
    (
        "M12 a signed header again",
        |c| !is_form(c),
        |c| {
            let Some((_, prefix)) = PREFIXES.iter().find(|(family, _)| is(c, &[family])) else {
                return false;
            };
            let signed =
                |(name, _): &&(String, String)| name.to_ascii_lowercase().starts_with(prefix);
            let Some(again) = c.headers.iter().find(signed).cloned() else { return false };
            c.headers.push(again);
            true
        },
    ),
    (
        "M12 the signed headers of the prefix gone",
        |c| !is_form(c),
        |c| {
            let Some((_, prefix)) = PREFIXES.iter().find(|(family, _)| is(c, &[family])) else {
                return false;
            };
            let count = c.headers.len();
            c.headers.retain(|(name, _)| !name.to_ascii_lowercase().starts_with(prefix));
            c.headers.len() != count
        },
    ),
    (
        "M12 another value of a signed header",
        |c| !is_form(c) && !is_presigned(c) && !is(c, &["RPC"]),
        |c| {
            let Some((_, prefix)) = PREFIXES.iter().find(|(family, _)| is(c, &[family])) else {
                return false;
            };
            let token = c.security_token.clone();
            let signed = |(name, value): &&mut (String, String)| {
                let name = name.to_ascii_lowercase();
                let other = ["x-ots-signature", "x-log-meta-"].iter().any(|p| name.starts_with(p));
                name.starts_with(prefix) && !other && Some(value) != token.as_ref()
            };
            let first = c.headers.iter_mut().find(signed);
            first.is_some_and(|(_, value)| {
                value.push('x');
                true
            })
        },
    ),
    (
        "M13 the content type",
        |c| !is_form(c) && !is(c, &["RPC", "OTS", "ACS3-FC"]),
        |c| change(c, "content-type", |value| format!("{value};x=y")),
    ),
    (
        "M13 the content type again",
        |c| !is_form(c) && !is(c, &["RPC", "OTS", "ACS3-FC"]),
        |c| {
            let Some(value) = header(c, "content-type").cloned() else { return false };
            c.headers.push(("content-type".into(), value));
            true
        },
    ),
    (
        "M14 the host, where it is signed",
        |c| {
            let mut case = c.clone();
            let value = header(&mut case, "authorization").cloned().unwrap_or_default();
            is(c, &["SLS-V4"]) || value.contains(";host;") || value.contains("=host;")
        },
        |c| change(c, "host", |host| format!("x{host}")),
    ),
    (
        "M15 the bucket of the host",
        |c| is(c, &["OSS"]),
        |c| change(c, "host", |host| host.replace("vec-bucket.", "xvec-bucket.")),
    ),
    (
        "M16 a second Authorization",
        |_| true,
        |c| {
            let Some(value) = header(c, "authorization").cloned() else { return false };
            c.headers.push(("Authorization".into(), value));
            true
        },
    ),
    ("M16 an empty Authorization", |_| true, |c| change(c, "authorization", |_| String::new())),
    (
        "M16 a cut Authorization",
        |_| true,
        |c| change(c, "authorization", |value| value[..value.len() - 6].to_owned()),
    ),
    (
        "M17 three characters of the token",
        |c| c.security_token.is_some(),
        |c| everywhere(c, "CAIS8", "XXXS8"),
    ),
    (
        "M17 no token",
        |c| c.security_token.is_some(),
        |c| {
            let count = c.headers.len();
            let token = c.security_token.clone().unwrap();
            c.headers.retain(|(_, value)| *value != token);
            let query = everywhere(c, "security-token=", "dropped=");
            let form = everywhere(c, "SecurityToken=", "Dropped=");
            let field = everywhere(c, "name=\"x-oss-security-token\"", "name=\"dropped\"");
            c.headers.len() != count || query || form || field
        },
    ),
    (
        "M18 another x-acs-action beside the parameter",
        |c| is(c, &["RPC"]),
        |c| {
            c.headers.retain(|(name, _)| !name.eq_ignore_ascii_case("x-acs-action"));
            c.headers.push(("x-acs-action".into(), "DeleteEverything".into()));
            true
        },
    ),
    (
        "M18 the action again",
        |c| is(c, &["RPC"]),
        |c| {
            add_pair(c, "Action=DeleteEverything");
            true
        },
    ),
    (
        "M18 the action in lower case too",
        |c| is(c, &["RPC"]),
        |c| {
            add_pair(c, "action=DeleteEverything");
            true
        },
    ),
    (
        "M19 another algorithm of RPC",
        |c| is(c, &["RPC"]),
        |c| {
            let sha1 = everywhere(c, "SignatureMethod=HMAC-SHA1", "SignatureMethod=HMAC-SHA256");
            sha1 || everywhere(c, "SignatureMethod=SHA256withRSA", "SignatureMethod=HMAC-SHA1")
        },
    ),
    (
        "M19 another algorithm of ACS3",
        |c| is(c, &["ACS3"]),
        |c| {
            let (from, to) = match c.scheme.as_str() {
                "ACS3-HMAC-SM3" | "ACS3-RSA-SHA256" => (c.scheme.clone(), "ACS3-HMAC-SHA256"),
                _ => ("ACS3-HMAC-SHA256".into(), "ACS3-HMAC-SM3"),
            };
            c.scheme = to.into();
            change(c, "authorization", |value| value.replacen(&from, to, 1))
        },
    ),
    (
        "M20 a name less in SignedHeaders",
        |c| is(c, &["ACS3"]),
        |c| {
            change(c, "authorization", |value| {
                let less = value.replace("x-acs-date;", "").replace(";x-acs-date,", ",");
                less.replace("=x-acs-date,", "=host,")
            })
        },
    ),
    (
        "M21 the day of the scope",
        |c| is(c, &["OSS-V4", "OSS-POST-V4", "SLS-V4"]),
        |c| {
            let plain = everywhere(c, "/20261122/", "/20261121/");
            everywhere(c, "%2F20261122%2F", "%2F20261121%2F") || plain
        },
    ),
    (
        "M21 the region of the scope",
        |c| is(c, &["OSS-V4", "OSS-POST-V4", "SLS-V4"]),
        |c| {
            let plain = everywhere(c, "0261122/cn-", "0261122/us-");
            let escaped = everywhere(c, "0261122%2Fcn-", "0261122%2Fus-");
            plain || escaped || everywhere(c, "0261122/", "0261122/x")
        },
    ),
    (
        "M23 query credentials beside the header",
        |_| true,
        |c| {
            let has = header(c, "authorization").is_some();
            add_pair(c, "Signature=x");
            has
        },
    ),
    (
        "M23 a header beside query credentials",
        |c| is_presigned(c) || is(c, &["RPC"]),
        |c| {
            let query = c.target.contains("ignature=");
            c.headers.push((
                "Authorization".into(),
                "OSS LTAI5tOther:AAAAAAAAAAAAAAAAAAAAAAAAAAA=".into(),
            ));
            query
        },
    ),
    (
        "M24 a bearer token beside the signature",
        |c| !is_form(c),
        |c| {
            c.headers.push(("x-acs-bearer-token".into(), "t".into()));
            true
        },
    ),
    ("M25 an escaped question mark", signs_decoded, |c| {
        let before = c.target.clone();
        c.target = c.target.replacen('?', "%3F", 1);
        c.target != before
    }),
    ("M26 two parameters in one", signs_decoded, |c| {
        let (path, Some(query)) = split(c) else { return false };
        let pairs: Vec<&str> = query.split('&').collect();
        let signed = |pair: &str| {
            !is(c, &["OSS-V1"]) || SIGNED.contains(&pair.split('=').next().unwrap_or_default())
        };
        let joint = if c.scheme == "FC2-HTTP-TRIGGER" { "%0A" } else { "%26" };
        let Some(at) = pairs.windows(2).position(|two| two.iter().all(|pair| signed(pair))) else {
            return false;
        };
        let merged = format!("{}{joint}{}", pairs[at], pairs[at + 1]);
        let mut all: Vec<&str> = pairs.clone();
        all.splice(at..at + 2, [merged.as_str()]);
        c.target = format!("{path}?{}", all.join("&"));
        true
    }),
    (
        "M27 another spelling of the signature",
        |_| true,
        |c| {
            let before = (c.target.clone(), c.headers.clone(), c.body_b64.clone());
            let done = signature(c, |old| {
                let hex = old.len() >= 64 && old.bytes().all(|byte| byte.is_ascii_hexdigit());
                match old.find(|letter: char| letter.is_ascii_lowercase()) {
                    Some(at) if hex => {
                        format!("{}{}{}", &old[..at], old[at..=at].to_uppercase(), &old[at + 1..])
                    }
                    _ => format!("{old}="),
                }
            });
            done && before != (c.target.clone(), c.headers.clone(), c.body_b64.clone())
        },
    ),
    (
        "M28 a token beside a permanent key",
        |c| c.security_token.is_none() && !is_presigned(c),
        |c| {
            let headers = [
                ("ACS3", "x-acs-security-token"),
                ("ROA", "x-acs-security-token"),
                ("OSS-V1", "security-token"),
                ("OSS-V2", "x-oss-security-token"),
                ("OSS-V4", "x-oss-security-token"),
                ("SLS", "x-acs-security-token"),
                ("OTS", "x-ots-ststoken"),
                ("FC2", "x-fc-security-token"),
                ("MNS", "security-token"),
            ];
            let known = headers.iter().find(|(family, _)| is(c, &[family]));
            known.is_some_and(|(_, name)| {
                c.headers.push(((*name).into(), "t".into()));
                true
            })
        },
    ),
    (
        "M28 the token of another session",
        |c| c.security_token.is_some(),
        |c| {
            let token = c.security_token.replace("CAISOtherSession".into());
            token.is_some()
        },
    ),
    (
        "M29 an escape of the path twice",
        |c| !is_form(c),
        |c| set_path(c, |path| path.replacen('%', "%25", 1)),
    ),
    (
        "M29 every escape of the path twice",
        |c| !is_form(c),
        |c| set_path(c, |path| path.replace('%', "%25")),
    ),
    (
        "M30 a decoded slash",
        |c| is(c, &["ACS3"]),
        |c| set_path(c, |path| path.replacen("%2F", "/", 1)),
    ),
    (
        "M30 an escaped slash",
        |c| is(c, &["ACS3"]) && !c.target.starts_with("/?"),
        |c| set_path(c, |path| format!("/{}", path[1..].replacen('/', "%2F", 1))),
    ),
];

/// What a neighbour may come to: the refusals that say what is wrong with it. `anonymous` is a request that has lost its
/// signature, and `credentials` one whose token is another.
const REFUSALS: &[(&str, &[&str])] = &[
    ("M1", &["mismatch"]),
    ("M2", &["mismatch"]),
    ("M3", &["mismatch", "parameter"]),
    ("M4", &["mismatch", "parameter", "host"]),
    ("M5", &["mismatch", "parameter"]),
    ("M6", &["mismatch", "parameter", "date", "incomplete", "method", "credentials"]),
    ("M7", &["parameter", "mismatch"]),
    ("M8", &["body", "mismatch"]),
    ("M11", &["mismatch", "incomplete"]),
    (
        "M12",
        &["mismatch", "head", "missing", "token", "anonymous", "parameter", "date", "credentials"],
    ),
    ("M13", &["mismatch", "head"]),
    ("M14", &["mismatch"]),
    ("M15", &["mismatch", "parameter"]),
    ("M16", &["head", "incomplete", "mismatch"]),
    ("M17", &["incomplete", "parameter", "credentials", "token"]),
    ("M18", &["parameter"]),
    ("M19", &["mismatch", "method", "missing", "parameter", "incomplete"]),
    ("M20", &["incomplete"]),
    ("M21", &["parameter", "mismatch"]),
    ("M23", &["parameter"]),
    ("M24", &["parameter"]),
    ("M25", &["host", "parameter", "mismatch", "anonymous", "missing"]),
    ("M26", &["parameter", "mismatch"]),
    ("M27", &["incomplete", "mismatch"]),
    ("M28", &["incomplete", "token", "credentials"]),
    ("M29", &["head", "mismatch"]),
    ("M30", &["mismatch"]),
];

/// A word for the outcome.
fn word(found: &Result<Expect, Refused>) -> &'static str {
    match found {
        Ok(Expect::Valid) => "VALID",
        Ok(Expect::Reject) => "rejected",
        Ok(Expect::Bearer) => "bearer",
        Ok(Expect::Anonymous) => "anonymous",
        Err(Refused::Case(_)) => "UNREADABLE",
        Err(Refused::Scheme(_)) => "scheme",
        Err(Refused::Credentials) => "credentials",
        Err(Refused::Mismatch(_)) => "mismatch",
        Err(Refused::Signature(error)) => match error {
            SignatureError::Missing(_) => "missing",
            SignatureError::Incomplete(_) => "incomplete",
            SignatureError::InvalidParameter(_) => "parameter",
            SignatureError::TimestampFormat => "date",
            SignatureError::TimestampExpired | SignatureError::Expired => "time",
            SignatureError::Method | SignatureError::Version | SignatureError::HttpMethod => {
                "method"
            }
            SignatureError::MissingToken | SignatureError::TokenMismatch => "token",
            SignatureError::Host => "host",
            SignatureError::Body => "body",
            SignatureError::Head(_) => "head",
            SignatureError::Mismatch => "mismatch",
        },
    }
}

#[test]
fn every_neighbour_is_refused() {
    for (name, applies, mutate) in MUTATIONS {
        let mut applied = 0;
        for original in valid().filter(applies) {
            let mut case = original.clone();
            if !mutate(&mut case) {
                continue;
            }
            applied += 1;
            let found = judge(&case, 0);
            let word = word(&found);
            let number = name.split(' ').next().unwrap();
            let (_, expected) = REFUSALS.iter().find(|(known, _)| *known == number).unwrap();
            assert!(expected.contains(&word), "{name} of {}: {word}, {found:?}", case.id);
        }
        assert!(applied > 0, "{name} applies to nothing");
    }
}

#[test]
fn m9_m10_another_time() {
    const MINUTE: i64 = 60;
    const YEARS: i64 = 10 * 365 * 24 * 3600;
    for case in valid() {
        let offsets: &[i64] = if is_presigned(&case) || is_form(&case) {
            &[YEARS]
        } else {
            &[16 * MINUTE, -16 * MINUTE]
        };
        for offset in offsets {
            assert!(judge(&case, *offset).is_err(), "{} verifies {offset} s later", case.id);
        }
    }
}

/// The SDK for Node leaves some characters of a path bare and signs it so.
fn signs_wire_path(case: &SignatureCase) -> bool {
    is(case, &["ACS3"]) && case.target.contains(['!', '(', ')'])
}

fn lower_escapes(text: &str) -> String {
    let mut parts = text.split('%');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |all, part| {
        let (hex, rest) = part.split_at(2);
        format!("{all}%{}{rest}", hex.to_ascii_lowercase())
    })
}

/// Another way to write the same request.
type Control = (&'static str, fn(&SignatureCase) -> bool, fn(&mut SignatureCase) -> bool);

const CONTROLS: &[Control] = &[
    (
        "M30 a decoded slash in a key",
        |c| is(c, &["OSS"]) && !is_form(c),
        |c| set_path(c, |path| path.replacen("%2F", "/", 1)),
    ),
    (
        "M30 an escaped slash in a key",
        |c| {
            let mut case = c.clone();
            let host = header(&mut case, "host").cloned().unwrap_or_default();
            is(c, &["OSS"]) && !is_form(c) && host.starts_with("vec-bucket.")
        },
        |c| set_path(c, |path| format!("/{}", path[1..].replacen('/', "%2F", 1))),
    ),
    (
        "M32 escapes in lower case",
        |c| is(c, &["RPC", "OSS", "ACS3"]) && !is_form(c) && !signs_wire_path(c),
        |c| {
            let lower = lower_escapes(&c.target);
            let differs = lower != c.target;
            c.target = lower;
            differs
        },
    ),
    (
        "M32 an escaped letter",
        |c| is(c, &["RPC", "OSS", "ACS3"]) && !is_form(c) && !signs_wire_path(c),
        |c| {
            let letters = c.target.rmatch_indices(|letter: char| letter.is_ascii_lowercase());
            let escaped = |at: &usize| c.target[..*at].chars().rev().take(2).any(|c| c == '%');
            let Some(at) = letters.map(|(at, _)| at).find(|at| !escaped(at)) else { return false };
            let letter = c.target.as_bytes()[at];
            c.target = format!("{}%{letter:02X}{}", &c.target[..at], &c.target[at + 1..]);
            true
        },
    ),
    (
        "M31 parameters in another order",
        |c| !is(c, &["MNS"]) && !is_form(c),
        |c| {
            let (path, Some(query)) = split(c) else { return false };
            let mut pairs: Vec<&str> = query.split('&').collect();
            let mut names: Vec<&str> = pairs.iter().map(|p| p.split('=').next().unwrap()).collect();
            names.sort_unstable();
            let repeats = names.windows(2).any(|two| two[0] == two[1]);
            pairs.reverse();
            c.target = format!("{path}?{}", pairs.join("&"));
            pairs.len() > 1 && !(repeats && is(c, &["ROA"]))
        },
    ),
];

#[test]
fn other_spellings_verify() {
    for (name, applies, mutate) in CONTROLS {
        let mut applied = 0;
        for original in valid().filter(applies) {
            let mut case = original.clone();
            if mutate(&mut case) {
                applied += 1;
                assert_eq!(judge(&case, 0), Ok(Expect::Valid), "{name} of {}", case.id);
            }
        }
        assert!(applied > 0, "{name} applies to nothing");
    }
}

//! Requests of real SDKs, recorded, in the schemes that the gate serves: each verifies at its time, and each has
//! neighbours that do not. `schemes` has all the others.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderName, HeaderValue, Request};
use ramgate::ident::{SecretKey, UnixSeconds};
use ramgate::request::{Head, HeadLimits, Params};
use ramgate::signature::{self, Family, Form, Key, Presented, Scheme, SignatureError, Site};
use serde::Deserialize;

#[derive(Clone, Debug, Deserialize)]
struct Vector {
    id: String,
    scheme: String,
    access_key_secret: String,
    security_token: Option<String>,
    method: String,
    target: String,
    headers: Vec<(String, String)>,
    body_b64: String,
    signed_at: String,
    expect: String,
}

fn vectors() -> Vec<Vector> {
    let text = include_str!("../vectors/signatures.jsonl");
    let all = text.lines().map(|line| serde_json::from_str::<Vector>(line).unwrap());
    let served = |vector: &Vector| SITE.schemes.iter().any(|s| s.as_str() == vector.scheme);
    all.filter(served).collect()
}

const SITE: Site<'static> =
    Site { schemes: &[Scheme::Acs3HmacSha256, Scheme::RpcHmacSha1], ..Site::new(Family::OpenApi) };

/// The way of the gate: head, claim, time, form, signature, body digest.
fn judge(vector: &Vector, body: &[u8], offset: i64) -> Result<Scheme, String> {
    let mut request = Request::builder().method(vector.method.as_str()).uri(vector.target.as_str());
    let headers = request.headers_mut().ok_or("no request")?;
    for (name, value) in &vector.headers {
        let bytes: Vec<u8> = value.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
        let name: HeaderName = name.parse().map_err(|_error| "header name")?;
        headers.append(name, HeaderValue::from_bytes(&bytes).map_err(|_error| "header value")?);
    }
    let (parts, ()) = request.body(()).map_err(|error| error.to_string())?.into_parts();
    let head = Head::parse(parts, &HeadLimits::default()).map_err(|error| error.to_string())?;
    let form = if head.is_form() && !body.is_empty() {
        let text = std::str::from_utf8(body).map_err(|error| error.to_string())?;
        Some(Params::parse(text, 512).map_err(|error| error.to_string())?)
    } else {
        None
    };
    let state = form.as_ref().map_or(Form::None, Form::Read);
    let claim =
        match signature::identify(&head, &state, &SITE).map_err(|error| error.to_string())? {
            Presented::Signed(claim) => claim,
            other => return Err(format!("{other:?}")),
        };
    let now = UnixSeconds::parse_iso8601(&vector.signed_at).unwrap();
    claim.check_time(UnixSeconds(now.0 + offset)).map_err(|error| error.to_string())?;
    if claim.security_token() != vector.security_token.as_deref() {
        return Err("another token".into());
    }
    let key = SecretKey::from(vector.access_key_secret.as_str());
    signature::verify(&claim, &head, &state, &SITE, Key::Secret(&key))
        .map_err(|error| error.to_string())?;
    signature::check_body(&claim, body).map_err(|error| error.to_string())?;
    Ok(claim.scheme())
}

fn body(vector: &Vector) -> Vec<u8> {
    STANDARD.decode(&vector.body_b64).unwrap()
}

fn valid() -> impl Iterator<Item = Vector> {
    vectors().into_iter().filter(|vector| vector.expect == "valid")
}

#[test]
fn recorded_requests_verify_at_their_time() {
    let mut seen = 0;
    for vector in vectors() {
        let result = judge(&vector, &body(&vector), 0);
        assert_eq!(result.is_ok(), vector.expect == "valid", "{}: {result:?}", vector.id);
        seen += 1;
    }
    assert_eq!(seen, 43);
}

/// A change that must be noticed, and its name.
type Mutation = (&'static str, fn(&mut Vector, &mut Vec<u8>) -> bool);

fn header<'v>(vector: &'v mut Vector, wanted: &str) -> Option<&'v mut String> {
    vector
        .headers
        .iter_mut()
        .find(|(name, _)| name.eq_ignore_ascii_case(wanted))
        .map(|(_, value)| value)
}

fn flip(text: &mut String, from_end: usize) -> bool {
    let mut bytes = text.clone().into_bytes();
    let Some(at) = bytes.len().checked_sub(from_end + 1) else { return false };
    bytes[at] = if bytes[at] == b'1' { b'2' } else { b'1' };
    *text = String::from_utf8(bytes).unwrap();
    true
}

fn in_parameters(
    vector: &mut Vector,
    body: &mut Vec<u8>,
    name: &str,
    change: impl Fn(&str) -> String,
) -> bool {
    let marked = format!("{name}=");
    let replace = |text: &str| -> Option<String> {
        let start = text
            .match_indices(&marked)
            .map(|(at, _)| at)
            .find(|at| *at == 0 || matches!(text.as_bytes()[at - 1], b'?' | b'&'))?
            + marked.len();
        let end = text[start..].find('&').map_or(text.len(), |length| start + length);
        Some(format!("{}{}{}", &text[..start], change(&text[start..end]), &text[end..]))
    };
    if let Some(target) = replace(&vector.target) {
        vector.target = target;
        return true;
    }
    if let Some(text) = replace(&String::from_utf8_lossy(body)) {
        *body = text.into_bytes();
        return true;
    }
    false
}

const MUTATIONS: &[Mutation] = &[
    ("M1 a character of the signature", |v, b| match header(v, "authorization") {
        Some(value) if value.contains("Signature=") => {
            let at = value.find("Signature=").unwrap() + 10;
            let old = value.as_bytes()[at];
            value.replace_range(at..=at, if old == b'0' { "1" } else { "0" });
            true
        }
        _ => in_parameters(v, b, "Signature", |old| {
            format!("{}{}", if old.starts_with('A') { "B" } else { "A" }, &old[1..])
        }),
    }),
    ("M2 another secret", |v, _| flip(&mut v.access_key_secret, 0)),
    ("M3 the method", |v, _| {
        v.method = if v.method == "GET" { "POST" } else { "GET" }.into();
        true
    }),
    ("M4 a character of the path", |v, _| {
        let at = v.target.find('?').unwrap_or(v.target.len());
        v.target.insert(at, 'x');
        true
    }),
    ("M5 one more parameter", |v, _| {
        v.target.push_str(if v.target.contains('?') { "&injected=1" } else { "?injected=1" });
        true
    }),
    ("M6 a value of the query", |v, _| {
        let Some((path, query)) =
            v.target.clone().split_once('?').map(|(p, q)| (p.to_owned(), q.to_owned()))
        else {
            return false;
        };
        v.target = format!("{path}?{query}x");
        true
    }),
    ("M7 a parameter again", |v, _| {
        let Some(query) = v.target.split_once('?').map(|(_, q)| q.to_owned()) else { return false };
        let name = query.split(['=', '&']).next().unwrap().to_owned();
        v.target.push_str(&format!("&{name}=other"));
        true
    }),
    ("M8 a byte of the body", |_, b| {
        if b.is_empty() {
            return false;
        }
        b.push(b'x');
        true
    }),
    ("M11 an unsigned x-acs- header", |v, _| {
        v.headers.push(("x-acs-injected".into(), "1".into()));
        v.headers
            .iter()
            .any(|(n, s)| n.eq_ignore_ascii_case("authorization") && s.starts_with("ACS3"))
    }),
    ("M12 a signed header", |v, _| {
        header(v, "x-acs-signature-nonce").is_some_and(|value| flip(value, 0))
    }),
    ("M12 the nonce twice", |v, _| {
        let Some(value) = header(v, "x-acs-signature-nonce").cloned() else { return false };
        v.headers.push(("x-acs-signature-nonce".into(), value));
        true
    }),
    ("M13 the content type", |v, _| {
        let acs3 = v.headers.iter().any(|(_, value)| value.starts_with("ACS3"));
        acs3 && header(v, "content-type").is_some_and(|value| {
            value.push_str(";x=y");
            true
        })
    }),
    ("M14 the host, where it is signed", |v, _| {
        let signed = v
            .headers
            .iter()
            .any(|(_, value)| value.starts_with("ACS3") && value.contains(";host;"));
        signed
            && header(v, "host").is_some_and(|value| {
                value.insert(0, 'x');
                true
            })
    }),
    ("M16 a second Authorization", |v, _| {
        let Some(value) = header(v, "authorization").cloned() else { return false };
        v.headers.push(("Authorization".into(), value));
        true
    }),
    ("M16 an empty Authorization", |v, _| {
        header(v, "authorization").is_some_and(|value| {
            value.clear();
            true
        })
    }),
    ("M16 a cut Authorization", |v, _| {
        header(v, "authorization").is_some_and(|value| {
            value.truncate(value.len() - 6);
            true
        })
    }),
    ("M17 three characters of the token", |v, b| match header(v, "x-acs-security-token") {
        Some(value) => flip(value, 3) && flip(value, 5) && flip(value, 7),
        None => in_parameters(v, b, "SecurityToken", |old| format!("XXX{}", &old[3..])),
    }),
    ("M18 another x-acs-action beside RPC", |v, b| {
        let rpc = in_parameters(v, b, "SignatureVersion", str::to_owned);
        v.headers.retain(|(name, _)| !name.eq_ignore_ascii_case("x-acs-action"));
        v.headers.push(("x-acs-action".into(), "DeleteEverything".into()));
        rpc
    }),
    ("M19 another algorithm", |v, b| match header(v, "authorization") {
        Some(value) => {
            *value = value.replace("ACS3-HMAC-SHA256", "ACS3-HMAC-SM3");
            true
        }
        None => in_parameters(v, b, "SignatureMethod", |_| "HMAC-SHA256".into()),
    }),
    ("M20 a name less in SignedHeaders", |v, _| {
        header(v, "authorization").is_some_and(|value| {
            let before = value.len();
            *value = value.replace("x-acs-version", "x").replace(";x,", ",").replace(";x;", ";");
            value.len() != before
        })
    }),
    ("M23 query credentials beside the header", |v, _| {
        let header = v.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("authorization"));
        v.target.push_str(if v.target.contains('?') { "&Signature=x" } else { "?Signature=x" });
        header
    }),
    ("M24 a bearer token beside the signature", |v, _| {
        v.headers.push(("x-acs-bearer-token".into(), "t".into()));
        true
    }),
    ("M27 upper case in a hex signature", |v, _| {
        header(v, "authorization").is_some_and(|value| {
            let at = value.find("Signature=").unwrap() + 10;
            let upper = value[at..].to_uppercase();
            let differs = upper != value[at..];
            value.replace_range(at.., &upper);
            differs
        })
    }),
    ("M27 padding in a base64 signature", |v, b| {
        let rpc = v.headers.iter().all(|(name, _)| !name.eq_ignore_ascii_case("authorization"));
        rpc && in_parameters(v, b, "Signature", |old| format!("{old}%3D"))
    }),
    ("M28 a token beside a permanent key", |v, _| {
        if v.security_token.is_some()
            || !v.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("authorization"))
        {
            return false;
        }
        v.headers.push(("x-acs-security-token".into(), "t".into()));
        true
    }),
    ("M29 a double-encoded path", |v, _| {
        let (path, rest) = match v.target.find('?') {
            Some(at) => v.target.split_at(at),
            None => (v.target.as_str(), ""),
        };
        let twice = path.replacen('%', "%25", 1);
        let differs = twice != path;
        v.target = format!("{twice}{rest}");
        differs
    }),
    ("M30 a decoded slash", |v, _| {
        let (path, rest) = match v.target.find('?') {
            Some(at) => v.target.split_at(at),
            None => (v.target.as_str(), ""),
        };
        let plain = path.replacen("%2F", "/", 1);
        let differs = plain != path;
        v.target = format!("{plain}{rest}");
        differs
    }),
];

#[test]
fn every_neighbour_is_refused() {
    for (name, mutate) in MUTATIONS {
        let mut applied = 0;
        for original in valid() {
            let mut vector = original.clone();
            let mut bytes = body(&vector);
            if mutate(&mut vector, &mut bytes) {
                let result = judge(&vector, &bytes, 0);
                assert!(result.is_err(), "{name} of {} was accepted", original.id);
                applied += 1;
            }
        }
        assert!(applied > 0, "{name} applies to nothing");
    }
}

#[test]
fn m9_sixteen_minutes_off() {
    for vector in valid() {
        for offset in [-960, 960] {
            let result = judge(&vector, &body(&vector), offset);
            assert_eq!(result, Err(SignatureError::TimestampExpired.to_string()), "{}", vector.id);
        }
    }
}

#[test]
fn m31_m32_other_spellings_of_the_same_query_verify() {
    for vector in valid() {
        let Some((path, query)) = vector.target.split_once('?') else { continue };
        let mut pairs: Vec<&str> = query.split('&').collect();
        pairs.reverse();
        let mut reordered = vector.clone();
        reordered.target = format!("{path}?{}", pairs.join("&"));
        assert!(judge(&reordered, &body(&vector), 0).is_ok(), "M31 of {}", vector.id);
        let mut lower = vector.clone();
        lower.target = format!(
            "{path}?{}",
            query.replace("%E", "%e").replace("%2A", "%2a").replace("%2F", "%2f")
        );
        assert!(judge(&lower, &body(&vector), 0).is_ok(), "M32 of {}", vector.id);
    }
}

#[test]
fn other_schemes_are_named_and_never_tried() {
    for word in [
        "acs",
        "OSS",
        "OSS2",
        "OSS4-HMAC-SHA256",
        "LOG",
        "SLS4-HMAC-SHA256",
        "FC",
        "MNS",
        "ACS3-HMAC-SM3",
        "ACS3-RSA-SHA256",
        "Bearer",
        "Basic",
        "",
    ] {
        let mut vector = valid()
            .find(|vector| vector.headers.iter().any(|(_, value)| value.starts_with("ACS3")))
            .unwrap();
        let value = header(&mut vector, "authorization").unwrap();
        *value = value.replacen("ACS3-HMAC-SHA256", word, 1);
        assert!(judge(&vector, &body(&vector), 0).is_err(), "{word}");
    }
}

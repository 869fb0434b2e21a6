//! Requests with every kind of credentials. An input is a digit for the kind of host, the request line without a
//! version, header lines, an empty line and a body. What must hold: there are few strings to sign and none is long, no signature
//! fits a key that did not make it, and a request that is signed like its neighbour says the same as its neighbour.

use http::{HeaderName, HeaderValue, Request};
use ramgate::ident::SecretKey;
use ramgate::request::{Head, HeadLimits, Multipart, Params, percent_decode};
use ramgate::signature::{Claim, Family, Form, Key, Presented, Site, identify, texts, verify};

const FAMILIES: [Family; 7] = [
    Family::OpenApi,
    Family::FunctionCompute,
    Family::FcTrigger,
    Family::Oss,
    Family::LogService,
    Family::TableStore,
    Family::MessageService,
];
/// Two paths, two lines for an MD5, two lists of headers, two empty queries.
const TEXTS_MAX: usize = 16;
/// RPC V1 escapes twice.
const GROWTH_MAX: usize = 6;
/// Spellings whose exchange makes another request, or the same one.
const SPELLINGS: [(&str, &str); 16] = [
    ("%26", "&"),
    ("&", "%26"),
    ("%3D", "="),
    ("=", "%3D"),
    ("%3F", "?"),
    ("?", "%3F"),
    ("%2F", "/"),
    ("/", "%2F"),
    ("%25", "%"),
    ("%", "%25"),
    ("+", "%20"),
    ("%20", "+"),
    ("%2B", "+"),
    ("+", "%2B"),
    ("&", "%0A"),
    ("%0A", "&"),
];

/// Some names that OSS V1 signs.
const SUB_RESOURCES: [&str; 8] = [
    "acl",
    "callback",
    "delete",
    "partNumber",
    "security-token",
    "uploadId",
    "uploads",
    "versionId",
];
/// Neighbours of one request and one exchange.
const PLACES_MAX: usize = 16;

pub fn check(input: &[u8]) {
    let Some((family, input)) = input.split_first() else { return };
    let family = FAMILIES[usize::from(family.wrapping_sub(b'0')) % FAMILIES.len()];
    let Some(request) = Parsed::read(family, input) else { return };
    let Some(signed) = request.signed() else { return };
    assert!(signed.texts.len() <= TEXTS_MAX, "{} texts", signed.texts.len());
    for text in &signed.texts {
        assert!(text.len() <= GROWTH_MAX * input.len() + 256, "{} bytes of text", text.len());
    }
    for (from, to) in SPELLINGS {
        for (at, _) in request.target.match_indices(from).take(PLACES_MAX) {
            let target = [&request.target[..at], to, &request.target[at + from.len()..]].concat();
            request.with_target(target).check_twin(&request, &signed);
        }
    }
}

/// A request as it is written.
struct Parsed<'i> {
    family: Family,
    method: &'i str,
    target: String,
    headers: Vec<(&'i str, &'i str)>,
    body: &'i [u8],
}

/// What a signed request says.
struct Signed {
    claim: Claim,
    texts: Vec<String>,
    path: Vec<String>,
    pairs: Vec<(String, String)>,
}

impl<'i> Parsed<'i> {
    fn read(family: Family, input: &'i [u8]) -> Option<Self> {
        let at = input.windows(2).position(|two| two == b"\n\n");
        let (head, body) = at.map_or((input, &input[..0]), |at| (&input[..at], &input[at + 2..]));
        let mut lines = std::str::from_utf8(head).ok()?.split('\n');
        let (method, target) = lines.next()?.split_once(' ')?;
        let headers = lines.map(|line| line.split_once(':')).collect::<Option<_>>()?;
        Some(Self { family, method, target: target.to_owned(), headers, body })
    }

    fn with_target(&self, target: String) -> Self {
        Self { target, headers: self.headers.clone(), ..*self }
    }

    fn head(&self) -> Option<Head> {
        let mut request = Request::builder().method(self.method).uri(&*self.target);
        for (name, value) in &self.headers {
            let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
            request = request.header(name, HeaderValue::from_bytes(value.as_bytes()).ok()?);
        }
        let (parts, ()) = request.body(()).ok()?.into_parts();
        Head::parse(parts, &HeadLimits::default()).ok()
    }

    /// Reads it as the gate does; `None` when it is refused or unsigned.
    fn signed(&self) -> Option<Signed> {
        let head = self.head()?;
        let text = std::str::from_utf8(self.body).unwrap_or_default();
        let fields = head.is_form().then(|| Params::parse(text, 512)).transpose().ok()?;
        let kind = head.one("content-type").ok()?.unwrap_or_default();
        let upload = head.is_multipart_post().then(|| Multipart::parse(kind, self.body));
        let upload = upload.transpose().ok()?;
        let form = match (&fields, &upload) {
            (Some(fields), _) => Form::Read(fields),
            (None, Some((upload, _file))) => Form::Multipart(upload),
            (None, None) => Form::None,
        };
        let site = Site { path_style: true, ..Site::new(self.family) };
        let Ok(Presented::Signed(claim)) = identify(&head, &form, &site) else { return None };
        let texts = texts(&claim, &head, &form, &site).ok()?;
        let other = SecretKey::from("the secret of nobody");
        let fits = verify(&claim, &head, &form, &site, Key::Secret(&other));
        assert!(fits.is_err(), "{} fits the secret of nobody", claim.scheme().as_str());
        let pairs = pairs(&claim, &head);
        Some(Signed { path: path(&claim, &head), texts, pairs, claim })
    }

    /// A neighbour that has a text in common with a request says the same.
    fn check_twin(&self, request: &Self, signed: &Signed) {
        let Some(twin) = self.signed() else { return };
        if twin.claim.scheme() != signed.claim.scheme()
            || !twin.texts.iter().any(|text| signed.texts.contains(text))
        {
            return;
        }
        let scheme = signed.claim.scheme().as_str();
        let (one, other) = (&request.target, &self.target);
        assert_eq!(twin.path, signed.path, "{scheme}: {one} is signed like {other}");
        assert_eq!(twin.pairs, signed.pairs, "{scheme}: {one} is signed like {other}");
    }
}

/// The segments, decoded. To OSS a slash is part of the key, and V1 reads a `+` in either way and says in which.
fn path(claim: &Claim, head: &Head) -> Vec<String> {
    let scheme = claim.scheme().as_str();
    let decode = |text: &str| percent_decode(text).unwrap_or_default().into_owned();
    if scheme.starts_with("OSS") {
        let key = decode(head.raw_path());
        return vec![if scheme.starts_with("OSS-V1") { key.replace('+', " ") } else { key }];
    }
    head.raw_path().split('/').map(decode).collect()
}

/// The pairs that are signed, sorted by name. ROA signs repeated names also joined, which is known.
fn pairs(claim: &Claim, head: &Head) -> Vec<(String, String)> {
    let scheme = claim.scheme().as_str();
    let signed = |name: &str| match scheme {
        "FC2-HMAC-SHA256" | "OSS-POST-V1" | "OSS-POST-V4" => false,
        "OSS-V1" | "OSS-V1-PRESIGN" => name.starts_with("x-oss-") || SUB_RESOURCES.contains(&name),
        _ => true,
    };
    let own = head.query().iter().filter(|param| signed(&param.name));
    let mut pairs: Vec<(String, String)> =
        own.map(|param| (param.name.to_string(), param.value.to_string())).collect();
    pairs.sort_by(|(left, _), (right, _)| left.cmp(right));
    if scheme == "ROA-HMAC-SHA1" {
        pairs.dedup_by(|(name, value), (kept, values)| {
            name == kept && {
                values.push(',');
                values.push_str(value);
                true
            }
        });
    } else {
        pairs.sort();
    }
    pairs
}

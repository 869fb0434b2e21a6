//! Recorded requests of real SDKs, read as far as the gate has read them when it verifies: head and form are parsed.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderName, HeaderValue, Request};
use ramgate::cases::{Expect, SignatureCase};
use ramgate::ident::SecretKey;
use ramgate::request::{Head, HeadLimits, Multipart, Params};
use ramgate::signature::{
    self, Claim, Fact, Form, Key, Presented, PublicKey, Scheme, SignatureError, Site, Verified,
};

const FILE: &str = include_str!("../../tests/vectors/signatures.jsonl");

/// A request with the key that signed it.
pub struct Recording {
    pub id: String,
    pub scheme: Scheme,
    pub head: Head,
    pub secret: SecretKey,
    public: Option<PublicKey>,
    form: Option<Params>,
    upload: Option<Multipart>,
}

/// Of every scheme the recording whose head is of middle length.
pub fn one_each() -> Vec<Recording> {
    let all = FILE.lines().map(|line| SignatureCase::parse(line).expect("a case"));
    let valid: Vec<SignatureCase> = all.filter(|case| case.expect == Expect::Valid).collect();
    let middle = |scheme: Scheme| {
        let mut own: Vec<_> = valid.iter().filter(|case| case.scheme == scheme.as_str()).collect();
        own.sort_by_key(|case| head_bytes(case));
        own.get(own.len() / 2).map(|case| Recording::new(scheme, case))
    };
    Scheme::ALL.into_iter().filter_map(middle).collect()
}

fn head_bytes(case: &SignatureCase) -> usize {
    let headers = case.headers.iter().map(|(name, value)| name.len() + value.len() + 4);
    case.method.len() + case.target.len() + headers.sum::<usize>()
}

impl Recording {
    fn new(scheme: Scheme, case: &SignatureCase) -> Self {
        let head = head(case);
        let body = STANDARD.decode(&case.body_b64).expect("base64");
        let text = std::str::from_utf8(&body).unwrap_or_default();
        let form =
            (head.is_form() && !body.is_empty()).then(|| Params::parse(text, 512).expect("a form"));
        let kind = head.one("content-type").expect("one content type").unwrap_or_default();
        let upload = head
            .is_multipart_post()
            .then(|| Multipart::parse(kind, &body).expect("a browser form").0);
        let pem = case.context.public_key_pem.as_deref();
        Self {
            id: case.id.clone(),
            scheme,
            secret: SecretKey::from(case.access_key_secret.as_str()),
            public: pem.map(|pem| PublicKey::from_pem(pem).expect("a public key")),
            head,
            form,
            upload,
        }
    }

    fn site(&self) -> Site<'static> {
        Site { path_style: true, ..Site::new(self.scheme.family()) }
    }

    fn form(&self) -> Form<'_> {
        match (&self.form, &self.upload) {
            (Some(form), _) => Form::Read(form),
            (None, Some(upload)) => Form::Multipart(upload),
            (None, None) => Form::None,
        }
    }

    pub fn identify(&self) -> Claim {
        match signature::identify(&self.head, &self.form(), &self.site()) {
            Ok(Presented::Signed(claim)) => claim,
            other => panic!("{}: {other:?}", self.id),
        }
    }

    pub fn verify(&self, claim: &Claim) -> Result<Verified, SignatureError> {
        let key = self.public.as_ref().map_or(Key::Secret(&self.secret), Key::Public);
        signature::verify(claim, &self.head, &self.form(), &self.site(), key)
    }

    pub fn verify_with(
        &self,
        claim: &Claim,
        secret: &SecretKey,
    ) -> Result<Verified, SignatureError> {
        signature::verify(claim, &self.head, &self.form(), &self.site(), Key::Secret(secret))
    }

    /// How long the canonical request is, to a few bytes, in the schemes that hash one.
    pub fn canonical_bytes(&self, claim: &Claim) -> Option<usize> {
        let prefixes: &[&str] = match self.scheme.as_str() {
            "OSS-V4" | "OSS-V4-PRESIGN" => &["x-oss-", "content-"],
            "SLS-V4" => &["x-log-", "x-acs-", "content-type", "host"],
            name if name.starts_with("ACS3") => &[],
            _ => return None,
        };
        let signed = |name: &str| {
            claim.covers(Fact::Header(name))
                || prefixes.iter().any(|prefix| name.starts_with(prefix))
        };
        let headers = self.head.headers().iter().filter(|(name, _)| signed(name.as_str()));
        // A colon and a line feed, and the name again in the list.
        let headers = headers.map(|(name, value)| 2 * name.as_str().len() + value.len() + 3);
        let target = self.head.raw_path().len() + self.head.raw_query().map_or(0, str::len);
        Some(self.head.method().as_str().len() + target + headers.sum::<usize>() + 64 + 5)
    }

    pub fn texts(&self, claim: &Claim) -> Vec<String> {
        signature::texts(claim, &self.head, &self.form(), &self.site()).expect("texts")
    }
}

fn head(case: &SignatureCase) -> Head {
    let mut request = Request::builder().method(case.method.as_str()).uri(&*case.target);
    for (name, value) in &case.headers {
        let bytes: Vec<u8> =
            value.chars().map(|c| u8::try_from(u32::from(c)).expect("a byte")).collect();
        let name = HeaderName::from_bytes(name.as_bytes()).expect("a name");
        request = request.header(name, HeaderValue::from_bytes(&bytes).expect("a value"));
    }
    let (parts, ()) = request.body(()).expect("a request").into_parts();
    Head::parse(parts, &HeadLimits::default()).expect("a head")
}

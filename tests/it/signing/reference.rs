//! The strings to sign, written a second time, straight from the sheet and from what a client knows: decoded parts, not a
//! request line. Nothing of the crate's own text is used.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha256};
use sm3::Sm3;

pub const ISO: &str = "2026-11-22T11:05:04Z";
pub const BASIC: &str = "20261122T110504Z";
pub const HTTP: &str = "Sun, 22 Nov 2026 11:05:04 GMT";
pub const DAY: &str = "20261122";
pub const SECONDS: i64 = 1_795_345_504;
pub const LIFE: i64 = 600;
pub const NONCE: &str = "5c1f0d2a";
pub const REGION: &str = "cn-hangzhou";

/// A request as its client means it.
#[derive(Clone, Debug)]
pub struct Plain {
    pub scheme: &'static str,
    pub method: String,
    pub host: String,
    /// Decoded, and as sent.
    pub segments: Vec<String>,
    pub raw_path: String,
    /// Decoded, and as sent.
    pub pairs: Vec<(String, String)>,
    pub raw_query: String,
    /// The fields of an urlencoded form, which then is the body.
    pub form: Vec<(String, String)>,
    pub content_type: Option<String>,
    /// Headers of the prefix that the scheme signs, names in lower case.
    pub headers: Vec<(String, String)>,
    /// A header that is signed on demand.
    pub extra: Option<String>,
    pub body: Vec<u8>,
    pub id: String,
    pub secret: String,
    pub token: Option<String>,
}

/// The header that is signed on demand.
pub const EXTRA: &str = "range";

pub fn enc(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                out.push(char::from(byte));
            }
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn b64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

fn mac<M: Mac + KeyInit>(key: &[u8], text: &str) -> Vec<u8> {
    let mut mac = <M as KeyInit>::new_from_slice(key).unwrap();
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

fn sha1(key: &str, text: &str) -> String {
    b64(&mac::<Hmac<Sha1>>(key.as_bytes(), text))
}

fn sha256(key: &str, text: &str) -> String {
    b64(&mac::<Hmac<Sha256>>(key.as_bytes(), text))
}

pub fn k4(secret: &str, product: &str) -> Vec<u8> {
    let mut key = format!("aliyun_v4{secret}").into_bytes();
    for part in [DAY, REGION, product, "aliyun_v4_request"] {
        key = mac::<Hmac<Sha256>>(&key, part);
    }
    key
}

fn scope(product: &str) -> String {
    format!("{DAY}/{REGION}/{product}/aliyun_v4_request")
}

/// `algorithm, time, scope, digest`, with the derived key.
fn v4(algorithm: &str, product: &str, secret: &str, request: &str) -> String {
    let digest = hex(&Sha256::digest(request));
    let text = format!("{algorithm}\n{BASIC}\n{}\n{digest}", scope(product));
    hex(&mac::<Hmac<Sha256>>(&k4(secret, product), &text))
}

fn lines(headers: &BTreeMap<String, String>) -> String {
    headers.iter().map(|(name, value)| format!("{name}:{value}\n")).collect()
}

fn sorted(pairs: &[(String, String)]) -> Vec<(String, String)> {
    let mut pairs: Vec<_> = pairs.iter().map(|(name, value)| (enc(name), enc(value))).collect();
    pairs.sort();
    pairs
}

fn full(pairs: &[(String, String)]) -> String {
    sorted(pairs).iter().map(|(n, v)| format!("{n}={v}")).collect::<Vec<_>>().join("&")
}

fn bare(pairs: &[(String, String)]) -> String {
    let one = |(n, v): &(String, String)| if v.is_empty() { n.clone() } else { format!("{n}={v}") };
    sorted(pairs).iter().map(one).collect::<Vec<_>>().join("&")
}

/// `?name=value&…`, decoded.
fn decoded(pairs: &[(String, String)], equals_for_empty: bool) -> String {
    let mut pairs = pairs.to_vec();
    pairs.sort();
    let one = |(n, v): &(String, String)| {
        if v.is_empty() && !equals_for_empty { n.clone() } else { format!("{n}={v}") }
    };
    let text = pairs.iter().map(one).collect::<Vec<_>>().join("&");
    if text.is_empty() { text } else { format!("?{text}") }
}

impl Plain {
    fn path(&self) -> String {
        format!("/{}", self.segments.join("/"))
    }

    /// The headers of the signed prefix: those of the request, and what the scheme adds.
    fn prefixed(&self, add: &[(&str, &str)], token: &str) -> BTreeMap<String, String> {
        let mut all: BTreeMap<String, String> = self.headers.iter().cloned().collect();
        all.extend(add.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        if let (Some(value), false) = (&self.token, token.is_empty()) {
            all.insert(token.to_owned(), value.clone());
        }
        all
    }

    fn with(&self, parameters: &[(&str, String)], token: &str) -> Vec<(String, String)> {
        let mut all = self.pairs.clone();
        all.extend(parameters.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
        if let Some(value) = &self.token {
            all.push((token.to_owned(), value.clone()));
        }
        all
    }

    /// `METHOD`, MD5, type, date.
    fn start(&self, md5: &str, date: &str) -> String {
        let kind = self.content_type.as_deref().unwrap_or("");
        format!("{}\n{md5}\n{kind}\n{date}\n", self.method)
    }

    /// Bodies that are not empty have a digest.
    fn md5(&self, write: impl Fn(&[u8]) -> String) -> String {
        if self.body.is_empty() { String::new() } else { write(&Md5::digest(&self.body)) }
    }

    fn add_kind(&self, headers: &mut BTreeMap<String, String>) {
        if let Some(kind) = &self.content_type {
            headers.insert("content-type".into(), kind.clone());
        }
    }

    fn add_extra(&self, headers: &mut BTreeMap<String, String>) -> &'static str {
        match &self.extra {
            Some(value) => {
                headers.insert(EXTRA.into(), value.clone());
                EXTRA
            }
            None => "",
        }
    }

    /// The signature as the request carries it.
    pub fn signature(&self) -> String {
        match self.scheme {
            "ACS3-HMAC-SHA256" => self.acs3::<Sha256, Hmac<Sha256>>(),
            "ACS3-HMAC-SM3" => self.acs3::<Sm3, Hmac<Sm3>>(),
            "ACS3-FC-TRIGGER" => self.trigger(),
            "RPC-HMAC-SHA1" => sha1(&format!("{}&", self.secret), &self.rpc("HMAC-SHA1")),
            "RPC-HMAC-SHA256" => sha256(&format!("{}&", self.secret), &self.rpc("HMAC-SHA256")),
            "ROA-HMAC-SHA1" => sha1(&self.secret, &self.roa()),
            "OSS-V1" => sha1(&self.secret, &self.oss_v1()),
            "OSS-V1-PRESIGN" => sha1(&self.secret, &self.oss_v1_url()),
            "OSS-V2" => sha256(&self.secret, &self.oss_v2()),
            "OSS-V2-PRESIGN" => sha256(&self.secret, &self.oss_v2_url()),
            "OSS-V4" => self.oss_v4(),
            "OSS-V4-PRESIGN" => self.oss_v4_url(),
            "SLS-V1" => sha1(&self.secret, &self.sls_v1()),
            "SLS-V4" => self.sls_v4(),
            "OTS-V2" => sha1(&self.secret, &self.ots("")),
            "OTS-V4" => sha256(&b64(&k4(&self.secret, "ots")), &(self.ots_v4() + "ots")),
            "FC2-HMAC-SHA256" => sha256(&self.secret, &self.fc()),
            "FC2-HTTP-TRIGGER" => sha256(&self.secret, &(self.fc() + &self.fc_query())),
            "MNS-HMAC-SHA1" => sha1(&self.secret, &self.mns()),
            other => panic!("{other}"),
        }
    }

    fn acs3<D: Digest, M: Mac + KeyInit>(&self) -> String {
        let payload = hex(&D::digest(&self.body));
        let add = [
            ("x-acs-date", ISO),
            ("x-acs-signature-nonce", NONCE),
            ("x-acs-content-sha256", &payload),
            ("host", &self.host),
        ];
        let mut headers = self.prefixed(&add, "x-acs-security-token");
        self.add_kind(&mut headers);
        self.add_extra(&mut headers);
        self.acs3_text::<D, M>(self.scheme, &headers, &payload)
    }

    fn trigger(&self) -> String {
        let mut headers = self.prefixed(&[("x-acs-date", ISO)], "x-acs-security-token");
        self.add_extra(&mut headers);
        self.acs3_text::<Sha256, Hmac<Sha256>>("ACS3-HMAC-SHA256", &headers, "")
    }

    fn acs3_text<D: Digest, M: Mac + KeyInit>(
        &self,
        algorithm: &str,
        headers: &BTreeMap<String, String>,
        payload: &str,
    ) -> String {
        let path: Vec<String> = self.segments.iter().map(|segment| enc(segment)).collect();
        let names: Vec<&str> = headers.keys().map(String::as_str).collect();
        let request = format!(
            "{}\n/{}\n{}\n{}\n{}\n{payload}",
            self.method,
            path.join("/"),
            full(&self.pairs),
            lines(headers),
            names.join(";")
        );
        let text = format!("{algorithm}\n{}", hex(&D::digest(request)));
        hex(&mac::<M>(self.secret.as_bytes(), &text))
    }

    fn rpc(&self, method: &str) -> String {
        let mut all = self.with(
            &[
                ("AccessKeyId", self.id.clone()),
                ("SignatureMethod", method.into()),
                ("SignatureVersion", "1.0".into()),
                ("SignatureNonce", NONCE.into()),
                ("Timestamp", ISO.into()),
            ],
            "SecurityToken",
        );
        all.extend(self.form.clone());
        all.sort(); // by what the names are, not by how they are written
        let pairs: Vec<String> =
            all.iter().map(|(name, value)| format!("{}={}", enc(name), enc(value))).collect();
        format!("{}&%2F&{}", self.method, enc(&pairs.join("&")))
    }

    fn roa(&self) -> String {
        let add = [
            ("x-acs-signature-method", "HMAC-SHA1"),
            ("x-acs-signature-version", "1.0"),
            ("x-acs-signature-nonce", NONCE),
        ];
        let headers = self.prefixed(&add, "x-acs-security-token");
        let start = self.start(&self.md5(b64), HTTP).replacen('\n', "\n\n", 1);
        format!("{start}{}{}{}", lines(&headers), self.raw_path, decoded(&self.pairs, true))
    }

    fn key(&self) -> String {
        format!("/vec-bucket{}", self.path())
    }

    fn oss_v1(&self) -> String {
        let headers = self.prefixed(&[], "x-oss-security-token");
        let start = self.start(&self.md5(b64), HTTP);
        format!("{start}{}{}{}", lines(&headers), self.key(), decoded(&self.pairs, false))
    }

    fn oss_v1_url(&self) -> String {
        let start = self.start("", &(SECONDS + LIFE).to_string());
        let pairs = self.with(&[], "security-token");
        format!("{start}{}{}{}", lines(&self.prefixed(&[], "")), self.key(), decoded(&pairs, false))
    }

    fn oss_v2_text(
        &self,
        md5: &str,
        date: &str,
        mut headers: BTreeMap<String, String>,
        pairs: &[(String, String)],
    ) -> String {
        let listed = self.add_extra(&mut headers);
        let query = bare(pairs);
        let mark = if query.is_empty() { "" } else { "?" };
        let start = self.start(md5, date);
        format!("{start}{}{listed}\n{}{mark}{query}", lines(&headers), enc(&self.key()))
    }

    fn oss_v2(&self) -> String {
        let headers = self.prefixed(&[], "x-oss-security-token");
        self.oss_v2_text(&self.md5(b64), HTTP, headers, &self.pairs)
    }

    fn oss_v2_url(&self) -> String {
        let end = (SECONDS + LIFE).to_string();
        let mut add = vec![
            ("x-oss-signature-version", "OSS2".to_owned()),
            ("x-oss-expires", end.clone()),
            ("x-oss-access-key-id", self.id.clone()),
        ];
        if self.extra.is_some() {
            add.push(("x-oss-additional-headers", EXTRA.into()));
        }
        let pairs = self.with(&add, "security-token");
        self.oss_v2_text("", &end, self.prefixed(&[], ""), &pairs)
    }

    fn oss_v4_text(
        &self,
        mut headers: BTreeMap<String, String>,
        pairs: &[(String, String)],
    ) -> String {
        self.add_kind(&mut headers);
        let listed = self.add_extra(&mut headers);
        let request = format!(
            "{}\n{}\n{}\n{}\n{listed}\nUNSIGNED-PAYLOAD",
            self.method,
            enc(&self.key()).replace("%2F", "/"),
            bare(pairs),
            lines(&headers)
        );
        v4("OSS4-HMAC-SHA256", "oss", &self.secret, &request)
    }

    fn oss_v4(&self) -> String {
        let add = [("x-oss-date", BASIC), ("x-oss-content-sha256", "UNSIGNED-PAYLOAD")];
        let mut headers = self.prefixed(&add, "x-oss-security-token");
        if !self.body.is_empty() {
            headers.insert("content-md5".into(), self.md5(b64));
        }
        self.oss_v4_text(headers, &self.pairs)
    }

    fn oss_v4_url(&self) -> String {
        let mut add = vec![
            ("x-oss-signature-version", "OSS4-HMAC-SHA256".to_owned()),
            ("x-oss-credential", format!("{}/{}", self.id, scope("oss"))),
            ("x-oss-date", BASIC.into()),
            ("x-oss-expires", LIFE.to_string()),
        ];
        if self.extra.is_some() {
            add.push(("x-oss-additional-headers", EXTRA.into()));
        }
        let pairs = self.with(&add, "x-oss-security-token");
        self.oss_v4_text(self.prefixed(&[], ""), &pairs)
    }

    fn sls_size(&self, headers: &mut BTreeMap<String, String>) {
        if !self.body.is_empty() {
            headers.insert("x-log-bodyrawsize".into(), self.body.len().to_string());
        }
    }

    fn sls_v1(&self) -> String {
        let add = [("x-log-apiversion", "0.6.0"), ("x-log-signaturemethod", "hmac-sha1")];
        let mut headers = self.prefixed(&add, "x-acs-security-token");
        self.sls_size(&mut headers);
        let start = self.start(&self.md5(|digest| hex(digest).to_uppercase()), HTTP);
        format!("{start}{}{}{}", lines(&headers), self.raw_path, decoded(&self.pairs, true))
    }

    fn sls_v4(&self) -> String {
        let payload = hex(&Sha256::digest(&self.body));
        let add = [
            ("x-log-apiversion", "0.6.0"),
            ("x-log-date", BASIC),
            ("x-log-content-sha256", &payload),
            ("host", &self.host),
        ];
        let mut headers = self.prefixed(&add, "x-acs-security-token");
        self.sls_size(&mut headers);
        self.add_kind(&mut headers);
        let names: Vec<&str> = headers.keys().map(String::as_str).collect();
        let request = format!(
            "{}\n{}\n{}\n{}\n{}\n{payload}",
            self.method,
            self.raw_path,
            bare(&self.pairs),
            lines(&headers),
            names.join(";")
        );
        v4("SLS4-HMAC-SHA256", "sls", &self.secret, &request)
    }

    fn ots_v4(&self) -> String {
        self.ots(&format!("x-ots-signdate:{DAY}\nx-ots-signregion:{REGION}\n"))
    }

    /// `scope` holds the lines that V4 has besides; they sort where they are put.
    fn ots(&self, scope: &str) -> String {
        let md5 = b64(&Md5::digest(&self.body));
        let date = ISO.replace('Z', ".000Z");
        let add = [
            ("x-ots-date", date.as_str()),
            ("x-ots-apiversion", "2015-12-31"),
            ("x-ots-accesskeyid", &self.id),
            ("x-ots-instancename", "vec-inst"),
            ("x-ots-contentmd5", &md5),
        ];
        let mut headers = self.prefixed(&add, "x-ots-ststoken");
        let scope = scope.lines().filter_map(|line| line.split_once(':'));
        headers.extend(scope.map(|(name, value)| (name.to_owned(), value.to_owned())));
        format!("{}\nPOST\n{}\n{}", self.raw_path, self.raw_query, lines(&headers))
    }

    fn fc(&self) -> String {
        let headers = self.prefixed(&[], "x-fc-security-token");
        format!("{}{}{}", self.start(&self.md5(b64), HTTP), lines(&headers), self.path())
    }

    fn fc_query(&self) -> String {
        let mut lines: Vec<String> =
            self.pairs.iter().map(|(name, value)| format!("{name}={value}")).collect();
        lines.sort();
        format!("\n{}", lines.join("\n"))
    }

    fn mns(&self) -> String {
        let headers = self.prefixed(&[("x-mns-version", "2015-06-06")], "");
        let md5 = self.md5(|digest| b64(hex(digest).as_bytes()));
        let query = if self.raw_query.is_empty() { "" } else { "?" };
        let start = self.start(&md5, HTTP);
        format!("{start}{}{}{query}{}", lines(&headers), self.raw_path, self.raw_query)
    }
}

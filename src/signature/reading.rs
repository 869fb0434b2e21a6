//! Which reading of a request its signature fits (SIG-12).

use super::Claim;
use super::body::BodyRule;

/// How a request is read. The candidates of a scheme share one reading, but for this (SIG-53, SIG-81).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reading {
    /// Every byte stands for itself.
    Literal,
    /// `+` stands for a space.
    PlusIsSpace,
    /// `Content-MD5` was set after the request was signed, by nobody knows whom, and promises nothing.
    WithoutMd5,
}

/// Says whether the signature fits a string to sign. A scheme asks about one candidate after another until one fits.
pub(super) type Fits<'f> = &'f mut dyn FnMut(&str) -> bool;

/// Proof that a signature matched, and with which reading. Only [`verify`](super::verify) makes one.
#[derive(Debug)]
pub struct Verified(pub(super) Reading);

impl Verified {
    /// Whether `+` in the path stands for a space. What is authorized and what is forwarded must be the key of this
    /// reading, for another one was not signed (SIG-53).
    pub fn plus_is_space(&self) -> bool {
        self.0 == Reading::PlusIsSpace
    }

    /// The claim, less what this reading does not cover.
    pub fn settle(&self, claim: Claim) -> Claim {
        match self.0 {
            Reading::WithoutMd5 => Claim { body: BodyRule::Unsigned, ..claim },
            Reading::Literal | Reading::PlusIsSpace => claim,
        }
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use hmac::{Hmac, KeyInit, Mac};
    use http::Request;
    use sha1::Sha1;

    use crate::ident::SecretKey;
    use crate::request::{Head, HeadLimits};
    use crate::signature::{Family, Form, Key, Presented, Site, identify, verify};

    const SECRET: &str = "an invented secret";
    const SITE: Site<'static> = Site::new(Family::Oss);

    /// Each path with the key that its client signed.
    #[test]
    fn a_plus_is_read_as_it_was_signed() {
        check("/a+b", "a+b", Some(false));
        check("/a+b", "a b", Some(true));
        check("/a%2Bb", "a+b", Some(false));
        check("/a%2Bb", "a b", None);
        check("/a%20b", "a b", Some(false));
        check("/a%20b", "a+b", None);
        check("/a+b%2Bc", "a b+c", Some(true));
        check("/a+b+c", "a b+c", None);
    }

    /// What somebody on the way adds after signing must not make the body a signed one.
    #[test]
    fn an_md5_that_was_not_signed_promises_nothing() {
        const MD5: &str = "5D41402ABC4B2A76B9719D911017C592";
        let path = "/logstores/a/objects/b";
        for (signed, authenticity) in [
            (MD5, crate::signature::BodyAuthenticity::Signed),
            ("", crate::signature::BodyAuthenticity::Unsigned),
        ] {
            let date = "Sun, 22 Nov 2026 11:05:10 GMT";
            let own = "x-log-apiversion:0.6.0\nx-log-signaturemethod:hmac-sha1";
            let text = format!("PUT\n{signed}\n\n{date}\n{own}\n{path}");
            let mac = Hmac::<Sha1>::new_from_slice(SECRET.as_bytes()).unwrap().chain_update(text);
            let signature = STANDARD.encode(mac.finalize().into_bytes());
            let request = Request::put(path)
                .header("host", "p.cn-hangzhou.log.aliyuncs.com")
                .header("date", date)
                .header("x-log-apiversion", "0.6.0")
                .header("x-log-signaturemethod", "hmac-sha1")
                .header("content-md5", MD5)
                .header("authorization", format!("LOG LTAI5tTest:{signature}"));
            let (parts, ()) = request.body(()).unwrap().into_parts();
            let head = Head::parse(parts, &HeadLimits::default()).unwrap();
            let site = Site::new(Family::LogService);
            let Ok(Presented::Signed(claim)) = identify(&head, &Form::None, &site) else {
                panic!("not signed")
            };
            let key = SecretKey::from(SECRET);
            let verified = verify(&claim, &head, &Form::None, &site, Key::Secret(&key)).unwrap();
            assert_eq!(verified.settle(claim).body().authenticity(), authenticity, "{signed}");
        }
    }

    #[track_caller]
    fn check(path: &str, signed: &str, plus_is_space: Option<bool>) {
        let date = "Sun, 22 Nov 2026 11:05:10 GMT";
        let text = format!("GET\n\n\n{date}\n/bucket/{signed}");
        let mac = Hmac::<Sha1>::new_from_slice(SECRET.as_bytes()).unwrap().chain_update(text);
        let signature = STANDARD.encode(mac.finalize().into_bytes());
        let request = Request::get(path)
            .header("host", "bucket.oss-cn-hangzhou.aliyuncs.com")
            .header("date", date)
            .header("authorization", format!("OSS LTAI5tTest:{signature}"));
        let (parts, ()) = request.body(()).unwrap().into_parts();
        let head = Head::parse(parts, &HeadLimits::default()).unwrap();
        let Ok(Presented::Signed(claim)) = identify(&head, &Form::None, &SITE) else {
            panic!("{path} is not signed")
        };
        let key = SecretKey::from(SECRET);
        let verified = verify(&claim, &head, &Form::None, &SITE, Key::Secret(&key));
        let found = verified.ok().map(|verified| verified.plus_is_space());
        assert_eq!(found, plus_is_space, "{path}, signed {signed}");
    }
}

//! Why was this signed request refused: finds what changed between the client that signed it and the place where it was
//! captured.
//!
//! Nothing is guessed that can be tried. A suspect (`suspects`) says how the request may have looked before; each such
//! request goes the way of the gate, and the one whose signature fits is the cause. Without the secret, the text that
//! the client says it signed takes the signature's place; without both, only what the request shows by itself is told.
//!
//! Pure: the capture, the key and the clock are arguments. Reports carry neither the secret nor a whole token.

mod body;
mod capture;
mod compare;
mod elements;
mod judge;
mod mask;
mod report;
mod rewrite;
mod search;
mod shown;
mod signature_text;
mod site;
mod suspects;
mod time;

use crate::cases::{Recorded, Refused};
use crate::ident::{SecretKey, UnixSeconds};
use crate::signature::{Claim, Family, Key, PublicKey, Site};

pub use capture::{CAPTURE_BYTES_MAX, Capture, CaptureError, Source};
pub use compare::Row;
pub use report::{Comparison, Element, Finding, Grade, Report, Verdict};
pub use suspects::ids;

use judge::{Judge, Read};
use mask::Mask;

/// What is known about a request.
#[derive(Clone, Copy, Debug)]
pub struct Question<'q> {
    /// As it arrived.
    pub request: &'q Recorded,
    /// The kind of host; `None`: guessed from the host and the credentials.
    pub family: Option<Family>,
    /// Custom domains, in lower case, with their buckets.
    pub cname: &'q [(String, String)],
    /// The clock to judge with.
    pub now: UnixSeconds,
    /// The secret of the key that the client should have used.
    pub secret: Option<&'q SecretKey>,
    /// The public half, where the key is a pair.
    pub public: Option<&'q PublicKey>,
    /// The id of that key, where it is known.
    pub access_key_id: Option<&'q str>,
    /// The token of that key's session, where it is known.
    pub security_token: Option<&'q str>,
    /// What the client says that it signed.
    pub client_text: Option<&'q str>,
    /// Names by which the client may have called the host.
    pub hosts: &'q [String],
}

impl Question<'_> {
    fn key(&self) -> Option<Key<'_>> {
        self.public.map(Key::Public).or_else(|| self.secret.map(Key::Secret))
    }
}

/// Examines a request.
pub fn examine(question: &Question<'_>) -> Report {
    let family = question.family.unwrap_or_else(|| site::family(question.request));
    let site = Site { cname: question.cname, path_style: true, ..Site::new(family) };
    let judge = Judge::new(question, &site);
    let mask = Mask::of(question);
    let read = judge.read(question.request);
    let mut report = Report::of(question.request, family);
    match &read {
        Ok(Read::Signed(signed)) => {
            report.describe(question.request, &signed.claim);
            report.findings.extend(time::check(&signed.claim, question.now));
            report.findings.extend(shown::key_differs(question, &signed.claim));
        }
        Ok(Read::Bearer) => report.verdict = Verdict::Bearer,
        Ok(Read::Anonymous) => report.verdict = Verdict::Anonymous,
        Err(refused) => report.findings.push(shown::refused(refused)),
    }
    if !matches!(read, Ok(Read::Bearer | Read::Anonymous)) {
        judge_signature(&judge, &read, &mut report);
        report.findings.extend(shown::hints(question, family, &report));
        judge_body(question, &read, &site, &mut report);
        report.conclude();
    }
    report.hide(&mask);
    report
}

/// Does the signature fit, and if not: which suspect makes it fit.
fn judge_signature(judge: &Judge<'_>, read: &Result<Read, Refused>, report: &mut Report) {
    let signed = match read {
        Ok(Read::Signed(signed)) => Some(signed),
        _ => None,
    };
    if let Some(at) = signed.and_then(|signed| judge.fitting(signed)) {
        report.signature = Some(true);
        report.comparison = judge.compare(None, at);
        report.findings.extend(signed.and_then(|signed| shown::replay(&signed.claim)));
        return;
    }
    if !judge.can_prove() {
        report.comparison = judge.compare(None, 0);
        return;
    }
    report.signature = Some(false);
    if let Some(cause) = search::cause(judge) {
        report.comparison = judge.compare(cause.request.as_ref(), cause.at);
        report.findings.extend(cause.findings);
    } else {
        report.comparison = judge.compare(None, 0);
        report.findings.push(shown::nothing_fits(judge, report.comparison.as_ref()));
    }
}

fn judge_body(
    question: &Question<'_>,
    read: &Result<Read, Refused>,
    site: &Site<'_>,
    report: &mut Report,
) {
    let Ok(Read::Signed(signed)) = read else { return };
    let claim: &Claim = &signed.claim;
    match body::check(question.request, claim, site) {
        Ok(()) => report.body = Some(true),
        Err(finding) => {
            report.body = Some(false);
            report.findings.push(finding);
        }
    }
}

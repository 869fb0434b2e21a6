//! What a request shows by itself: no secret is needed, and nothing is tried.

use crate::cases::{Recorded, Refused};
use crate::signature::{Claim, Family, SignatureError};

use super::judge::Judge;
use super::rewrite::{header, parameter};
use super::{Comparison, Finding, Grade, Question, Report};

/// Headers that proxies leave behind.
const TRACES: [&str; 8] = [
    "via",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-proto",
    "x-real-ip",
    "forwarded",
    "x-envoy-external-address",
    "x-request-start",
];
/// What proxies like to rewrite, where it is signed.
const REWRITTEN: [&str; 4] = ["accept", "content-type", "host", "user-agent"];

fn certain(id: &'static str, what: impl Into<String>, help: &str) -> Finding {
    Finding { id, grade: Grade::Certain, what: what.into(), help: help.to_owned() }
}

fn possible(id: &'static str, what: impl Into<String>, help: &str) -> Finding {
    Finding { id, grade: Grade::Possible, what: what.into(), help: help.to_owned() }
}

/// Why the request does not even make a claim that can be held against a key.
pub(super) fn refused(refused: &Refused) -> Finding {
    let Refused::Signature(error) = refused else {
        return certain(
            "request-unreadable",
            refused.to_string(),
            "see what is sent: the gate would refuse this before it looks at credentials",
        );
    };
    let told = error.to_string();
    if *error == SignatureError::ambiguous() {
        return certain("text-ambiguous", told, "sign with ACS3, or with V4 of the service");
    }
    match error {
        SignatureError::Missing(_) => {
            certain("element-missing", told, "send it; if the client sends it, a hop removes it")
        }
        SignatureError::MissingToken => {
            certain("token-absent", told, "send the session's token with its key")
        }
        SignatureError::TokenMismatch => {
            certain("token-unasked", told, "drop the token, or use the session's own id and secret")
        }
        SignatureError::TimestampFormat => {
            certain("time-format", told, "write the time in UTC as the scheme does")
        }
        SignatureError::Host => certain(
            "host-unknown",
            told,
            "pass Host as the client sent it, or name the domain with --bucket-of-domain",
        ),
        SignatureError::Head(_) => certain(
            "request-unreadable",
            told,
            "send each header once, and a target that is a plain path and query",
        ),
        SignatureError::Mismatch => certain(
            "signature-malformed",
            "the signature is not written as the scheme writes it, or has another length",
            "lower-case hex or padded base64, of the length that the algorithm has",
        ),
        SignatureError::Method | SignatureError::Version | SignatureError::HttpMethod => {
            certain("method-unknown", told, "use what the scheme has")
        }
        SignatureError::Incomplete(_)
        | SignatureError::InvalidParameter(_)
        | SignatureError::TimestampExpired
        | SignatureError::Expired
        | SignatureError::Body => {
            certain("element-malformed", told, "compare with what the scheme's own SDK sends")
        }
    }
}

/// The key or the token is another one than was named.
pub(super) fn key_differs(question: &Question<'_>, claim: &Claim) -> Vec<Finding> {
    let mut all = Vec::new();
    let id = claim.access_key_id().as_str();
    if question.secret.is_some_and(|secret| secret.is(id.as_bytes())) {
        all.push(certain("id-and-secret-swapped", "the request sends the secret in place of the AccessKeyId", "swap the two in the client's settings, and issue a new key: this secret was sent in the clear"));
    } else if question.access_key_id.is_some_and(|known| known != id) {
        all.push(certain("key-other", format!("the request is signed for the key `{id}`, and the secret given here belongs to another"), "give the secret of the key that the request names, or change the key in the client"));
    }
    let known = question.security_token.filter(|_| claim.access_key_id().is_session());
    let differs = known.zip(claim.security_token()).is_some_and(|(known, given)| known != given);
    if differs {
        all.push(certain(
            "token-other",
            "the token is not that of the key's session",
            "take id, secret and token from one answer of STS, and renew all three together",
        ));
    }
    all
}

/// A request that fits can be refused all the same when it comes a second time.
pub(super) fn replay(claim: &Claim) -> Option<Finding> {
    claim.nonce()?;
    Some(Finding {
        id: "nonce-once",
        grade: Grade::Note,
        what: "the request has a nonce: the same bytes a second time are refused as SignatureNonceUsed".into(),
        help: "sign each retry anew, also those of HTTP libraries and proxies".into(),
    })
}

/// What can be told when nothing that was tried makes the signature fit.
pub(super) fn nothing_fits(judge: &Judge<'_>, comparison: Option<&Comparison>) -> Finding {
    if judge.has_key() && judge.text_agrees() {
        return possible(
            "key-wrong",
            "both sides build the same text, so the secret is another one",
            "compare the secrets by a fingerprint; look for the id of another account, and for a secret that was replaced",
        );
    }
    if comparison.is_some_and(|comparison| comparison.client_known) {
        return possible(
            "text-differs",
            "the client's text differs from ours where the lines are marked, in a way that no known change explains",
            "see which side differs from what was sent",
        );
    }
    possible(
        "nothing-fits",
        "no known change makes the signature fit: the secret is another one, or more was changed at once",
        "compare the secrets first; then give the client's string to sign with --client-text, and its host with --host",
    )
}

/// What lies open.
pub(super) fn hints(question: &Question<'_>, family: Family, report: &Report) -> Vec<Finding> {
    let request = question.request;
    let mut all = listed_headers(request);
    let swapped = access_key_id(request)
        .is_some_and(|id| question.secret.is_some_and(|secret| secret.is(id.as_bytes())));
    if swapped && !report.findings.iter().any(|finding| finding.id == "id-and-secret-swapped") {
        all.push(certain("id-and-secret-swapped", "the request sends the secret in place of the AccessKeyId", "swap the two in the client's settings, and issue a new key: this secret was sent in the clear"));
    }
    if report.signature == Some(true) {
        return all.into_iter().filter(|finding| finding.grade == Grade::Certain).collect();
    }
    let proven = report.findings.iter().any(|finding| finding.grade == Grade::Proven);
    if proven {
        return all;
    }
    let traces: Vec<&str> =
        TRACES.into_iter().filter(|name| header(request, name).is_some()).collect();
    if !traces.is_empty() {
        all.push(possible(
            "proxy-seen",
            format!("the request passed a proxy: {}", traces.join(", ")),
            "capture before it too, and compare",
        ));
    }
    if family == Family::Oss && parameter(request, "x-oss-credential").is_some() {
        let sent: Vec<&str> = request
            .headers
            .iter()
            .map(|(name, _)| name.as_str())
            .filter(|name| signed_by_url(&name.to_ascii_lowercase()))
            .collect();
        if !sent.is_empty() {
            all.push(possible(
                "url-headers",
                format!("headers came that the signature of a URL covers: {}", sent.join(", ")),
                "send exactly the headers that the URL was signed for",
            ));
        }
    }
    all
}

fn signed_by_url(name: &str) -> bool {
    name.starts_with("x-oss-") || ["content-type", "content-md5"].contains(&name)
}

/// Headers that the credentials list and that did not come; those that must be listed and are not; those that are
/// listed and easily rewritten.
fn listed_headers(request: &Recorded) -> Vec<Finding> {
    let Some(value) = header(request, "authorization") else { return Vec::new() };
    let list = ["SignedHeaders=", "AdditionalHeaders="].iter().find_map(|mark| {
        let (_, rest) = value.split_once(mark)?;
        rest.split(',').next()
    });
    let Some(list) = list else { return Vec::new() };
    let names: Vec<&str> = list.split(';').collect();
    let mut all: Vec<Finding> = names
        .iter()
        .filter(|name| !name.is_empty() && header(request, name).is_none())
        .map(|name| {
            certain(
                "signed-header-absent",
                format!("`{name}` is listed as signed and did not come"),
                "let every hop pass the headers of the client",
            )
        })
        .collect();
    if value.contains("SignedHeaders=") {
        let unsigned =
            request.headers.iter().map(|(name, _)| name.to_ascii_lowercase()).filter(|name| {
                (name.starts_with("x-acs-") || name == "content-type")
                    && !names.contains(&name.as_str())
            });
        all.extend(unsigned.map(|name| {
            certain(
                "header-unsigned",
                format!("`{name}` came and is not listed as signed"),
                "let no hop add it; or sign it in the client",
            )
        }));
    }
    let easily: Vec<&str> = REWRITTEN.into_iter().filter(|name| names.contains(name)).collect();
    if !easily.is_empty() {
        all.push(possible(
            "signed-headers",
            format!("signed, and often rewritten on the way: {}", easily.join(", ")),
            "compare their values with those that the client sends",
        ));
    }
    all
}

/// The id that a request shows, well formed or not.
pub(super) fn access_key_id(request: &Recorded) -> Option<String> {
    const PARAMETERS: [&str; 3] = ["AccessKeyId", "OSSAccessKeyId", "x-oss-access-key-id"];
    const MARKS: [&str; 2] = ["Credential=", "AccessKeyId:"];
    let in_header = header(request, "authorization").and_then(|value| {
        let marked = MARKS.iter().find_map(|mark| Some(value.split_once(mark)?.1));
        let plain = || Some(value.split_once(' ')?.1.rsplit_once(':')?.0);
        let id = marked.or_else(plain)?.split(',').next()?;
        // A scope follows the id; a secret in its place may have slashes of its own.
        Some(
            id.strip_suffix("/aliyun_v4_request")
                .map_or(id, |id| id.rsplitn(4, '/').last().unwrap_or(id)),
        )
    });
    let in_table = header(request, "x-ots-accesskeyid");
    let in_parameter = || PARAMETERS.iter().find_map(|name| parameter(request, name));
    in_header
        .or(in_table)
        .map(str::to_owned)
        .or_else(|| in_parameter().map(|(_, value)| value.into_owned()))
}

//! The table of what goes wrong between client and gate. A row names the cause, says what helps, and turns the request
//! that came into those that the client may have signed. A new row is all that a new cause needs.
//!
//! The order matters: of two explanations for the same text the first is told, so exact ones stand before wide ones.

mod headers;
mod host;
mod key;
mod path;
mod query;
mod scope;

use crate::cases::Recorded;
use crate::ident::SecretKey;
use crate::signature::{Family, Scheme};

use super::Question;
pub(super) use headers::{TOKEN_HEADERS, TOKEN_PARAMETERS};

/// What a suspect looks at.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scene<'s> {
    /// The request to be changed back.
    pub(super) request: &'s Recorded,
    /// What is known beside it.
    pub(super) question: &'s Question<'s>,
    /// The kind of host.
    pub(super) family: Family,
    /// The scheme that the request names, also when its signature is malformed.
    pub(super) scheme: Option<Scheme>,
}

/// What the client may have signed, or signed with.
#[derive(Debug)]
pub(super) struct Candidate {
    /// What happened, if this one fits.
    pub(super) what: String,
    pub(super) how: How,
}

#[derive(Debug)]
pub(super) enum How {
    /// Another request.
    Request(Recorded),
    /// Another secret.
    Secret(SecretKey),
    /// The text of one scheme with the MAC of another.
    Mixed {
        /// Whose string to sign.
        text: Scheme,
        /// Whose algorithm and key.
        mac: Scheme,
    },
}

impl Candidate {
    fn request(what: impl Into<String>, request: Recorded) -> Self {
        Self { what: what.into(), how: How::Request(request) }
    }
}

/// A row of the table.
#[derive(Debug)]
pub(super) struct Suspect {
    /// A word for programs; never changed.
    pub(super) id: &'static str,
    /// What to do about it.
    pub(super) help: &'static str,
    /// Whether it is a thing that proxies do, and so may meet another one.
    pub(super) combines: bool,
    /// The requests that the client may have signed.
    pub(super) before: fn(&Scene<'_>) -> Vec<Candidate>,
}

/// The ids of every cause that is found by trying it.
pub fn ids() -> impl Iterator<Item = &'static str> {
    SUSPECTS.iter().map(|suspect| suspect.id)
}

const fn of_client(
    id: &'static str,
    before: fn(&Scene<'_>) -> Vec<Candidate>,
    help: &'static str,
) -> Suspect {
    Suspect { id, help, combines: false, before }
}

const fn of_proxy(
    id: &'static str,
    before: fn(&Scene<'_>) -> Vec<Candidate>,
    help: &'static str,
) -> Suspect {
    Suspect { id, help, combines: true, before }
}

const PASS_HOST: &str = "let every hop pass Host as it came (nginx: `proxy_set_header Host $http_host`), or give the client the name that the gate sees as its endpoint";
const PASS_PATH: &str = "let every hop pass the request target untouched (nginx: `proxy_pass` without a path, `merge_slashes off`; envoy: no `normalize_path`)";
const PASS_QUERY: &str = "let every hop pass the query untouched";
const PASS_HEADERS: &str = "let every hop pass the headers of the client untouched";

pub(super) const SUSPECTS: &[Suspect] = &[
    of_client(
        "signature-spelling",
        key::spelling,
        "send the signature as the scheme writes it: lower-case hex, or base64 with padding, percent-encoded in a URL",
    ),
    of_client(
        "secret-whitespace",
        key::whitespace,
        "trim the secret where the client reads it (a file or variable with a line end, a pasted blank, quotes)",
    ),
    of_client("secret-encoded", key::encoded, "give the client the secret as it was issued"),
    of_client(
        "id-as-secret",
        key::id_as_secret,
        "swap the id and the secret in the client's settings",
    ),
    of_client(
        "secret-ampersand",
        key::ampersand,
        "the key of RPC signatures is the secret followed by `&`; every other scheme uses the secret alone",
    ),
    of_client("algorithm", key::algorithm, "sign with the algorithm that the request names"),
    of_client(
        "scheme-mixed-up",
        key::scheme,
        "build the string to sign of the version that the request names, or name the version that is signed",
    ),
    of_proxy("port-changed", host::port, PASS_HOST),
    of_proxy(
        "bucket-style",
        host::bucket,
        "sign and send the same style: the bucket in the host, or first in the path",
    ),
    of_proxy("host-rewritten", host::name, PASS_HOST),
    of_proxy(
        "method-changed",
        headers::method,
        "let every hop pass the method; follow no redirect with a signed request",
    ),
    of_proxy("header-repeated", headers::repeated, PASS_HEADERS),
    of_proxy(
        "token-encoded",
        headers::token_encoded,
        "send the token as it was issued, percent-encoded once in a URL and not in a header",
    ),
    of_client(
        "token-extra",
        headers::token_extra,
        "a permanent key is used without a token: drop the token, or use the session's own id and secret",
    ),
    of_client("token-missing", headers::token_missing, "send the session's token with its key"),
    of_proxy(
        "content-type-added",
        headers::content_type_added,
        "let no hop add a Content-Type, also not to an empty body; or set it in the client, before signing",
    ),
    of_proxy(
        "content-type-changed",
        headers::content_type_changed,
        "let no hop change Content-Type; set it in full in the client, character set included, before signing",
    ),
    of_proxy(
        "content-type-dropped",
        headers::content_type_dropped,
        "let no hop drop Content-Type, also not with an empty body",
    ),
    of_proxy("content-md5-dropped", headers::content_md5, PASS_HEADERS),
    of_proxy("accept-rewritten", headers::accept, PASS_HEADERS),
    of_proxy("user-agent-rewritten", headers::user_agent, PASS_HEADERS),
    of_proxy(
        "header-added",
        headers::added,
        "let no hop add headers of the signed family; or set them in the client, before signing",
    ),
    of_proxy("header-blanks", headers::blanks, PASS_HEADERS),
    of_proxy("header-dropped", headers::dropped, PASS_HEADERS),
    of_proxy("target-rewritten", path::original, PASS_PATH),
    of_proxy("path-decoded", path::decoded, PASS_PATH),
    of_proxy("path-encoded", path::encoded, PASS_PATH),
    of_proxy("path-double-encoded", path::double_encoded, PASS_PATH),
    of_proxy("path-decoded-twice", path::decoded_twice, PASS_PATH),
    of_proxy("path-escape-case", path::case, PASS_PATH),
    of_proxy(
        "path-plus",
        path::plus,
        "write a space in a path as `%20` and a plus as `%2B`, in the client and in every hop",
    ),
    of_proxy("path-slashes-merged", path::slashes, PASS_PATH),
    of_proxy("path-dots-removed", path::dots, PASS_PATH),
    of_proxy("path-trailing-slash", path::trailing, PASS_PATH),
    of_proxy("path-prefix", path::prefix, PASS_PATH),
    of_proxy("query-in-path", query::in_path, PASS_PATH),
    of_proxy(
        "query-plus",
        query::plus,
        "a plus in a query is a space: write a plus as `%2B`, and let no hop decode it",
    ),
    of_proxy("query-double-encoded", query::double_encoded, PASS_QUERY),
    of_proxy("query-decoded", query::decoded, PASS_QUERY),
    of_proxy("query-encoded", query::encoded, PASS_QUERY),
    of_proxy("query-escape-case", query::case, PASS_QUERY),
    of_proxy("query-equals", query::equals, PASS_QUERY),
    of_proxy(
        "query-order",
        query::order,
        "sort as the scheme says before signing, and let no hop sort again",
    ),
    of_proxy(
        "parameter-added",
        query::added,
        "let no hop add parameters; or add them in the client, before signing",
    ),
    of_proxy("parameter-dropped", query::dropped, PASS_QUERY),
    of_client(
        "scope",
        scope::scope,
        "sign for the region, the product and the UTC day of this request",
    ),
    of_client("date-rewritten", headers::date, "let no hop set Date on a request that has one"),
];

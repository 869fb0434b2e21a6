//! How credentials are handed to a workload next door (section 7.5 of the identities sheet): who is answered, what, and when a
//! session is renewed.
//!
//! Two forms, which unmodified SDKs know: a URI with a secret in it, and the instance metadata of ECS. Pure: sockets, time and
//! randomness are somebody else's, and who may act as which role is decided by `gate`.

mod answer;
mod door;
mod host;
mod keeper;
mod path;
mod tokens;

pub use answer::{Answer, Refused};
pub use door::{Asked, Door, Form, UriSecret};
pub use keeper::{Keeper, Lifetime};
pub use tokens::{TokenRule, TokenTable};

/// The longest life of a metadata token in seconds (MD-24).
const TOKEN_SECONDS_MAX: i64 = 21_600;

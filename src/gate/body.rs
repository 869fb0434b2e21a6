//! The body against the signature, and what a route makes of it (SIG-26, SIG-34, SIG-41, SIG-70; decisions, Bodies).

use crate::catalog::{Content, Streaming, Trust};
use crate::config::{BodyRules, LargeBodies, UnsignedBodies};
use crate::signature::{BodyAuthenticity, BodyRule, UnsignedFact, check_body};

use super::authenticate::Authenticated;
use super::watch::Watch;
use super::{Code, Collected, Reads, Refusal};

/// What has to be read of the body of a signed call whose meaning asks for `meaning`.
pub(super) fn reads(meaning: Reads, rule: &BodyRule) -> Reads {
    match rule {
        BodyRule::Form => Reads::Whole,
        // Even where there may be none: a body that turns out to be empty is none.
        BodyRule::Empty | BodyRule::Sha256(_) | BodyRule::Sm3(_) | BodyRule::Md5 { .. } => {
            if meaning == Reads::Nothing {
                Reads::Digest
            } else {
                meaning
            }
        }
        BodyRule::Unsigned | BodyRule::File { .. } => meaning,
    }
}

/// Holds what was read against the signature. What is still to come is watched.
pub(super) fn check(
    collected: &Collected,
    caller: Option<&Authenticated>,
    is_form: bool,
) -> Result<Option<Watch>, Refusal> {
    let rule = caller.map_or(&BodyRule::Unsigned, |caller| caller.claim.body());
    match (collected, rule, caller) {
        (Collected::Empty | Collected::Whole(_), BodyRule::Form, _) if is_form => Ok(None),
        (
            Collected::Whole(_) | Collected::Start(_),
            BodyRule::Form | BodyRule::Empty,
            Some(caller),
        ) => {
            let scheme = caller.claim.scheme().as_str();
            let reason = format!("{scheme} covers no body of this kind");
            Err(Refusal::told(Code::InvalidParameter, reason))
        }
        (Collected::Empty, _, Some(caller)) => whole(caller, b""),
        (Collected::Whole(bytes), _, Some(caller)) => whole(caller, bytes),
        (Collected::Start(start), ..) => {
            let mut watch = Watch::new(rule.check());
            watch.take(start.clone())?;
            Ok(Some(watch))
        }
        (Collected::Upload(upload), BodyRule::File { .. } | BodyRule::Unsigned, _) => {
            let mut watch = Watch::of_file(rule.check(), &upload.form);
            watch.take(upload.file.clone())?;
            Ok(Some(watch))
        }
        (Collected::Unread, BodyRule::Unsigned, _) | (_, _, None) => Ok(None),
        (Collected::Upload(_), ..) => {
            let reason = "a form that is signed as a whole is not taken: its fields sign it";
            Err(Refusal::told(Code::InvalidParameter, reason.to_owned()))
        }
        (Collected::Unread | Collected::Spooled, ..) => {
            Err(Refusal::new(Code::InternalError, "a signed body was not read"))
        }
    }
}

fn whole(caller: &Authenticated, body: &[u8]) -> Result<Option<Watch>, Refusal> {
    check_body(&caller.claim, body)?;
    Ok(None)
}

/// Whether the caller signed the body, of a call that has both.
pub(super) fn authenticity(
    collected: &Collected,
    caller: Option<&Authenticated>,
) -> Option<BodyAuthenticity> {
    match (collected, caller) {
        (Collected::Empty, _) | (_, None) => None,
        (_, Some(caller)) => Some(caller.claim.body().authenticity()),
    }
}

/// Refuses a body that nobody signed where the route wants none such.
pub(super) fn admit_unsigned(
    found: Option<BodyAuthenticity>,
    rules: &BodyRules,
) -> Result<(), Refusal> {
    match (found, rules.unsigned) {
        (Some(BodyAuthenticity::Unsigned), UnsignedBodies::Refuse) => {
            let reason = "this route takes no body that the signature does not cover".to_owned();
            Err(Refusal::told(Code::InvalidParameter, reason))
        }
        (Some(_) | None, _) => Ok(()),
    }
}

/// Refuses a call whose operation stands in an unsigned body: whoever passed it on may have written it. The fields of a form
/// that carries its own signature are what the policy in it lets the form be (SIG-72).
pub(super) fn may_decide(
    content: &Content<'_>,
    caller: Option<&Authenticated>,
    found: Option<BodyAuthenticity>,
    rules: &BodyRules,
) -> Result<(), Refusal> {
    let decides = match content {
        Content::Form(_) => true,
        Content::Upload(_) => {
            caller.is_none_or(|caller| !matches!(caller.claim.body(), BodyRule::File { .. }))
        }
        // What the catalogue reads of these is unknown to the policies.
        Content::Json(_) | Content::Text(_) | Content::Empty | Content::Opaque => false,
    };
    let unsigned = found == Some(BodyAuthenticity::Unsigned);
    if decides && unsigned && !rules.accepts(UnsignedFact::Bodies) {
        let reason = "what this call means depends on its body, which the signature does not cover";
        return Err(Refusal::told(Code::InvalidParameter, reason.to_owned()));
    }
    Ok(())
}

/// What vouches for the facts of a call: its signature, and what the route takes without one.
pub(super) fn trust<'t>(rules: &'t BodyRules, caller: Option<&'t Authenticated>) -> Trust<'t> {
    Trust { claim: caller.map(|caller| &caller.claim), accepted: &rules.accepted }
}

/// What happens to a body that is too large to be checked before the upstream is contacted.
pub(super) fn large(rules: &BodyRules, streaming: Streaming) -> LargeBodies {
    match streaming {
        Streaming::Allowed => rules.large,
        Streaming::Forbidden => rules.withheld,
    }
}

/// Lets a body that is not proven yet stream only where that is how the route and the operation want it. A file that a
/// browser uploads has nothing to prove but its size, and streams on any route.
pub(super) fn may_stream(
    collected: &Collected,
    rules: &BodyRules,
    streaming: Streaming,
) -> Result<(), Refusal> {
    let guarded = large(rules, streaming) == LargeBodies::Guarded;
    match collected {
        Collected::Start(_) if !guarded => Err(not_guarded()),
        Collected::Upload(_) if streaming == Streaming::Forbidden => Err(not_guarded()),
        _ => Ok(()),
    }
}

fn not_guarded() -> Refusal {
    let reason =
        "a body of this size is not taken here, for it cannot be checked before it is sent on";
    Refusal::told(Code::BodyTooLarge, reason.to_owned())
}

//! The account and the region of a request: those behind the gate, whatever names them (section 4).

use super::reading::Reading;
use super::values::check_identifier;
use super::{Unreadable, Word};

/// Parameters that can move a call to another account's resources.
pub(super) const OWNER_NAMES: &[&str] =
    &["ResourceOwnerId", "ResourceOwnerAccount", "OwnerId", "OwnerAccount"];

/// What the names of parameters begin with that name the ARN of such an account.
pub(super) const OWNER_ARN: &str = "Arn.";

pub(super) fn check_account(reading: Reading<'_>) -> Result<(), Unreadable> {
    let account = reading.account.as_str();
    let mismatch = |what: &str| {
        Err(Unreadable::new(
            Word::AccountMismatch,
            format!("{what} names another account than the one behind this gate"),
        ))
    };
    for (name, value) in reading.parameters() {
        let owner = OWNER_NAMES.contains(&name) || name.starts_with(OWNER_ARN);
        if owner && value != account {
            return mismatch(&format!("`{name}`"));
        }
    }
    if reading.located.label("account").is_some_and(|label| label != account) {
        return mismatch("the host");
    }
    let header = reading
        .head
        .one("x-fc-account-id")
        .map_err(|error| Unreadable::new(Word::DuplicateParameter, error.to_string()))?;
    if header.is_some_and(|header| header != account) {
        return mismatch("`x-fc-account-id`");
    }
    Ok(())
}

/// Whatever names a region must name the same one, and the one that the route pins (decisions, Region).
pub(super) fn check_region(reading: Reading<'_>) -> Result<(), Unreadable> {
    if !reading.located.product.regional {
        return Ok(());
    }
    let sent = [reading.get("RegionId")?, reading.get("regionId")?];
    let label = reading.located.label("region");
    let mut named = sent.into_iter().flatten().chain(label).chain(reading.context.region);
    let first = named.next();
    if named.any(|region| Some(region) != first) {
        return Err(Unreadable::new(
            Word::RegionMismatch,
            "the request, its host and the route do not name one region",
        ));
    }
    sent.into_iter().flatten().try_for_each(|region| check_identifier("RegionId", region))
}

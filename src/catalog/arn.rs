//! Parameters that are ARNs.

use crate::ident::AccountId;
use crate::policy::RelativeId;

use super::model::{Absent, ResourceRule};
use super::reading::Reading;
use super::resource::missing;
use super::template::{Form, Owner, Source};
use super::values::{identifier, values};
use super::{OwnedResource, OwnedSegment, Unreadable, Word};

/// The resource part of an ARN, or the text itself (`:tail`).
pub(super) fn tail(
    value: &str,
    service: &str,
    source: &Source,
    reading: &Reading<'_>,
) -> Result<String, Unreadable> {
    let bad = || {
        Unreadable::new(
            Word::BadArn,
            format!("`{}` is no ARN of this product, region and account", source.name),
        )
    };
    let relative = if value.starts_with("acs:") {
        let segments: Vec<&str> = value.splitn(5, ':').collect();
        let [scheme, its_service, region, account, relative] = segments.as_slice() else {
            return Err(bad());
        };
        if *scheme != "acs" {
            return Err(bad());
        }
        let region_fits = region.is_empty() || Some(*region) == reading.context.region;
        let account_fits = account.is_empty() || *account == reading.context.account.to_string();
        if *its_service != service || !region_fits || !account_fits {
            return Err(bad());
        }
        *relative
    } else {
        value
    };
    let fits = relative
        .split('/')
        .all(|part| !matches!(part, "" | "." | "..") && identifier("", part.to_owned()).is_ok());
    if fits { Ok(relative.to_owned()) } else { Err(bad()) }
}

/// A parameter that is itself an ARN (`:arn` with `must_match`).
pub(super) fn whole_arn(
    source: &Source,
    service: &str,
    kind: &str,
    of: Owner,
    rule: &ResourceRule,
    reading: &Reading<'_>,
) -> Result<Vec<OwnedResource>, Unreadable> {
    let plain = Source { name: source.name.clone(), form: Form::Arn };
    let found = values(reading, &plain)?;
    if found.is_empty() {
        return match rule.absent {
            Absent::Skip => Ok(Vec::new()),
            Absent::Wildcard | Absent::Deny | Absent::Caller => Err(missing(&source.name)),
        };
    }
    let account = reading.context.account.to_string();
    let is_owner = |text: &str| match of {
        Owner::Own => text == account,
        Owner::Any => text.parse::<AccountId>().is_ok(),
    };
    let read = |value: &String| {
        let segments: Vec<&str> = value.splitn(5, ':').collect();
        let bad = || {
            Unreadable::new(
                Word::BadArn,
                format!("`{}` is no ARN of the form acs:{service}::{account}:{kind}…", source.name),
            )
        };
        let ["acs", its_service, "" | "*", its_account, relative] = segments.as_slice() else {
            return Err(bad());
        };
        let id = relative.strip_prefix(kind).ok_or_else(bad)?;
        if *its_service != service
            || !is_owner(its_account)
            || identifier("", id.to_owned()).is_err()
        {
            return Err(bad());
        }
        let (account, relative_id) = if reading.is_sure(&source.name) {
            (OwnedSegment::Known((*its_account).to_owned()), (*relative).to_owned())
        } else {
            (OwnedSegment::Unknown, format!("{kind}{}", RelativeId::UNKNOWN_PART))
        };
        let region = OwnedSegment::Global;
        Ok(OwnedResource::Named { service: service.to_owned(), region, account, relative_id })
    };
    found.iter().map(read).collect()
}

//! Parameters that are ARNs.

use smol_str::SmolStr;

use crate::ident::AccountId;
use crate::policy::RelativeId;

use super::model::{Absent, ResourceRule};
use super::reading::Reading;
use super::resource::missing;
use super::template::{Owner, Source};
use super::values::{check_identifier, values};
use super::{OwnedResource, OwnedSegment, Unreadable, Word};

/// The resource part of an ARN, or the text itself (`:tail`).
pub(super) fn tail(
    value: &str,
    service: &str,
    source: &Source,
    reading: Reading<'_>,
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
        let account_fits = account.is_empty() || *account == reading.account;
        if *its_service != service || !region_fits || !account_fits {
            return Err(bad());
        }
        *relative
    } else {
        value
    };
    let fits = |part: &str| {
        !matches!(part, "" | "." | "..") && check_identifier(&source.name, part).is_ok()
    };
    if relative.split('/').all(fits) { Ok(relative.to_owned()) } else { Err(bad()) }
}

/// A parameter that is itself an ARN (`:arn` with `must_match`).
pub(super) fn whole_arn(
    source: &Source,
    service: &SmolStr,
    kind: &str,
    of: Owner,
    rule: &ResourceRule,
    reading: Reading<'_>,
    found: &mut Vec<OwnedResource>,
) -> Result<(), Unreadable> {
    let texts = values(reading, source)?;
    if texts.is_empty() {
        return match rule.absent {
            Absent::Skip => Ok(()),
            Absent::Wildcard | Absent::Deny | Absent::Caller => Err(missing(&source.name)),
        };
    }
    let is_owner = |text: &str| match of {
        Owner::Own => text == reading.account,
        Owner::Any => text.parse::<AccountId>().is_ok(),
    };
    let is_sure = reading.is_sure(&source.name);
    for text in texts {
        let bad = || {
            let (name, account) = (&source.name, &reading.account);
            let detail = format!("`{name}` is no ARN of the form acs:{service}::{account}:{kind}…");
            Unreadable::new(Word::BadArn, detail)
        };
        let mut segments = text.splitn(5, ':');
        let mut next = || segments.next().ok_or_else(bad);
        let (scheme, its_service, region) = (next()?, next()?, next()?);
        let (account, relative_id) = (next()?, next()?);
        let id = relative_id.strip_prefix(kind).ok_or_else(bad)?;
        let fits = scheme == "acs"
            && its_service == service
            && matches!(region, "" | "*")
            && is_owner(account)
            && check_identifier(&source.name, id).is_ok();
        if !fits {
            return Err(bad());
        }
        let (account, relative_id) = if is_sure {
            (OwnedSegment::Known(account.into()), relative_id.to_owned())
        } else {
            (OwnedSegment::Unknown, format!("{kind}{}", RelativeId::UNKNOWN_PART))
        };
        let (service, region) = (service.clone(), OwnedSegment::Global);
        found.push(OwnedResource::Named { service, region, account, relative_id });
    }
    Ok(())
}

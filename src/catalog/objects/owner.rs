//! Where a bucket lies and whose it is, which the ARN of a resource in it says (section 4).

use smol_str::format_smolstr;

use crate::signature::is_bucket;

use super::super::reading::Reading;
use super::super::template::{Part, Source};
use super::super::{OwnedSegment, Unreadable, Word};

/// The bucket of a resource whose template begins with one.
pub(in super::super) fn bucket_of<'i>(parts: &[Part], relative_id: &'i str) -> Option<&'i str> {
    let Part::Values(sources) = parts.first()? else { return None };
    sources.iter().all(names_bucket).then(|| relative_id.split('/').next().unwrap_or_default())
}

/// Whether a value of this name is a bucket.
pub(in super::super) fn names_bucket(source: &Source) -> bool {
    matches!(source.name.as_str(), "Bucket" | "source.Bucket" | "saveas.Bucket")
}

/// The region of a bucket: what the route pins, else what the table says. They must agree.
pub(in super::super) fn region_of(
    bucket: &str,
    reading: Reading<'_>,
) -> Result<OwnedSegment, Unreadable> {
    let product = reading.located.product;
    let listed = reading.context.buckets.and_then(|buckets| buckets.find(bucket));
    let listed = listed.and_then(|bucket| bucket.region.as_deref());
    let listed = listed.map(|region| product.bare_region(region));
    let pinned = reading.context.region.map(|region| product.bare_region(region));
    match (pinned, listed) {
        (Some(pinned), Some(listed)) if pinned != listed => {
            let detail = "the bucket lies in another region than the route says";
            Err(Unreadable::new(Word::RegionMismatch, detail))
        }
        (Some(region), _) | (None, Some(region)) => Ok(OwnedSegment::Known(region.into())),
        (None, None) => Ok(OwnedSegment::Unknown),
    }
}

/// The owner of a bucket: as the table says; else the account behind the gate, if the request is sent to the bucket.
/// Anybody may own one that a request only names, as the source of a copy: with a table, whoever is not in it is nobody;
/// without one the account is taken for the owner, but not known to be.
pub(in super::super) fn owner_of(bucket: &str, reading: Reading<'_>) -> OwnedSegment {
    let table = reading.context.buckets;
    if let Some(listed) = table.and_then(|buckets| buckets.find(bucket)) {
        return OwnedSegment::Known(format_smolstr!("{}", listed.owner));
    }
    let own = reading.account.clone();
    let is_addressed = reading.objects.as_ref().is_some_and(|parts| parts.bucket() == bucket);
    match table {
        _ if is_addressed && is_bucket(bucket) => OwnedSegment::Known(own),
        Some(_) => OwnedSegment::Unknown,
        None => OwnedSegment::Presumed(own),
    }
}

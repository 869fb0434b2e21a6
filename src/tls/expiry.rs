use der::asn1::{AnyRef, GeneralizedTime, UtcTime};
use der::{Decode, Reader, SliceReader, Tag, Tagged};

use crate::ident::UnixSeconds;

/// When a certificate ends: the second time of its validity (RFC 5280, 4.1.2.5).
pub(super) fn not_after(certificate: &[u8]) -> der::Result<UnixSeconds> {
    /// Version, serial number, signature algorithm, issuer.
    const FIELDS_BEFORE_VALIDITY: usize = 4;
    let whole = AnyRef::from_der(certificate)?;
    let signed = first(whole)?;
    let mut fields = SliceReader::new(signed.value())?;
    for _ in 0..FIELDS_BEFORE_VALIDITY {
        let _passed_over: AnyRef<'_> = fields.decode()?;
    }
    let validity: AnyRef<'_> = fields.decode()?;
    let mut times = SliceReader::new(validity.value())?;
    let _not_before: AnyRef<'_> = times.decode()?;
    time(times.decode()?)
}

fn first(sequence: AnyRef<'_>) -> der::Result<AnyRef<'_>> {
    SliceReader::new(sequence.value())?.decode()
}

fn time(value: AnyRef<'_>) -> der::Result<UnixSeconds> {
    let since_epoch = match value.tag() {
        Tag::UtcTime => value.decode_as::<UtcTime>()?.to_unix_duration(),
        _other => value.decode_as::<GeneralizedTime>()?.to_unix_duration(),
    };
    Ok(UnixSeconds(i64::try_from(since_epoch.as_secs()).unwrap_or(i64::MAX)))
}

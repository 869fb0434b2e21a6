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

#[cfg(test)]
mod tests {
    use rustls::pki_types::CertificateDer;
    use rustls::pki_types::pem::PemObject;

    use super::*;
    use crate::tls::{Authority, Permitted};

    /// Until 2049 a year has two digits, from then on four (RFC 5280, 4.1.2.5).
    #[test]
    fn both_forms_of_time() {
        for end in [
            "2026-11-26T00:05:38Z",
            "2049-12-31T23:59:59Z",
            "2050-01-01T00:00:00Z",
            "2199-02-28T01:02:03Z",
        ] {
            let end = UnixSeconds::parse_iso8601(end).unwrap();
            let permitted = Permitted::new(&["localhost".to_owned()], UnixSeconds(0)..end).unwrap();
            let (_, issued) = Authority::create(&permitted).unwrap();
            let der = CertificateDer::from_pem_slice(issued.certificate.as_bytes()).unwrap();
            assert_eq!(not_after(&der), Ok(end));
            // Cut anywhere, it is an error and no panic.
            assert!((0..der.len()).all(|len| not_after(&der[..len]).is_err()));
        }
    }
}

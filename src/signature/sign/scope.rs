//! What the key of a V4 signature is derived for: day, region and product (5.5, 6.2, 7).

use crate::ident::UnixSeconds;

use super::super::claim::Scope;
use super::super::oss::place;
use super::super::{Family, Site, sls};
use super::draft::Request;
use super::elements::{Date, Elements};
use super::{Credentials, SignError, Terms};

/// Behind the name of a region where the host is the one inside the cloud's network.
const INSIDE: [&str; 3] = ["-internal", "-intranet", "-vpc"];

/// `AccessKeyId/day/region/product/aliyun_v4_request`
pub(super) fn credential(
    request: &Request<'_>,
    credentials: &Credentials<'_>,
    terms: &Terms<'_>,
    site: &Site<'_>,
) -> Result<String, SignError> {
    let day = day(request, terms).into();
    let region = region(request, terms, site)?.into();
    let product = match (terms.product, terms.scheme.family()) {
        (Some(product), _) => product.into(),
        (None, Family::Oss) => place(&request.head()?, site)?.product().into(),
        (None, _) => sls::PRODUCT.into(),
    };
    let scope = Scope { day, region, product };
    Ok(format!("{}/{}", credentials.access_key_id, scope.as_text()))
}

/// The day of the request's own time.
pub(super) fn day(request: &Request<'_>, terms: &Terms<'_>) -> String {
    let elements = Elements::of(terms.scheme);
    let Date(names, _) = elements.date.unwrap_or(Date(&[], super::elements::TimeForm::Iso));
    let text = names.iter().find_map(|name| request.get(elements.place, name));
    text.and_then(|text| instant(&text)).unwrap_or(terms.now).day()
}

fn instant(text: &str) -> Option<UnixSeconds> {
    let parsers = [
        UnixSeconds::parse_basic_iso8601,
        UnixSeconds::parse_http_date,
        UnixSeconds::parse_iso8601,
    ];
    parsers.iter().find_map(|parse| parse(text).ok())
}

/// The region that was given, or that the host names.
pub(super) fn region(
    request: &Request<'_>,
    terms: &Terms<'_>,
    site: &Site<'_>,
) -> Result<String, SignError> {
    if let Some(region) = terms.region.or(site.region) {
        return Ok(region.to_owned());
    }
    let named = match terms.scheme.family() {
        Family::Oss => {
            let head = request.head()?;
            place(&head, site)?.region().map(str::to_owned)
        }
        _ => of_host(request.header("host").unwrap_or_default()),
    };
    named.ok_or(SignError::Region)
}

/// `…region.service.aliyuncs.com`
fn of_host(host: &str) -> Option<String> {
    let name = host.split(':').next()?.to_ascii_lowercase();
    let labels: Vec<&str> = name.strip_suffix(".aliyuncs.com")?.split('.').collect();
    let [.., region, _service] = labels.as_slice() else { return None };
    let bare = INSIDE.iter().find_map(|suffix| region.strip_suffix(suffix));
    Some(bare.unwrap_or(region).to_owned())
}

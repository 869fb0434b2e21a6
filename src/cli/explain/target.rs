//! What a question is about: a resource as the gate would derive it from a request.

use crate::catalog::{Catalog, OwnedResource, OwnedSegment};
use crate::config::Config;
use crate::policy::Resource;

/// A resource.
pub(super) struct Target(OwnedResource);

impl Target {
    /// Reads `*` or an ARN. What the gate sees in another way than it is written is noted.
    pub(super) fn read(
        text: &str,
        config: &Config,
        catalog: &Catalog,
        notes: &mut Vec<String>,
    ) -> Result<Self, String> {
        if text == "*" {
            return Ok(Self(OwnedResource::All));
        }
        let parts: Vec<&str> = text.splitn(5, ':').collect();
        let ["acs", service, region, account, relative_id] = parts[..] else {
            return Err(format!(
                "`{text}` is neither `*` nor an ARN; write acs:<service>:<region>:<account>:<id>, such as acs:ecs:cn-hangzhou:{}:instance/i-1",
                config.account
            ));
        };
        if relative_id.contains(char::is_control) {
            return Err(format!("`{}` holds control characters", text.escape_debug()));
        }
        let account = match account {
            "" | "*" => config.account.to_string(),
            other => other.to_owned(),
        };
        Ok(Self(OwnedResource::Named {
            service: service.into(),
            region: region_of(service, region, config, catalog, notes),
            account: OwnedSegment::Known(account.into()),
            relative_id: relative_id.to_owned(),
        }))
    }

    /// As the policies read it.
    pub(super) fn as_resource(&self) -> Resource<'_> {
        self.0.as_resource()
    }
}

/// Where there are regions, the one of a resource is known only where the route pins it.
fn region_of(
    service: &str,
    given: &str,
    config: &Config,
    catalog: &Catalog,
    notes: &mut Vec<String>,
) -> OwnedSegment {
    let named = !matches!(given, "" | "*");
    let as_given = || {
        if named { OwnedSegment::Known(given.into()) } else { OwnedSegment::Global }
    };
    let Some(product) = catalog.product_of(service) else { return as_given() };
    if !product.is_regional() && !product.traits().unknown_region {
        return as_given();
    }
    let Some(route) = config.route_of(product.name()) else {
        notes.push(format!("no route leads to `{}`: the gate refuses its calls", product.name()));
        return if named { as_given() } else { OwnedSegment::Unknown };
    };
    let Some(pinned) = &route.region else {
        if named {
            notes.push(format!(
                "route `{}` pins no region, so the gate does not know it and `{given}` is not used",
                route.name
            ));
        }
        return OwnedSegment::Unknown;
    };
    if named && pinned != given {
        notes.push(format!(
            "route `{}` pins region {pinned}: the gate refuses calls that name {given}",
            route.name
        ));
        return as_given();
    }
    OwnedSegment::Known(pinned.as_str().into())
}

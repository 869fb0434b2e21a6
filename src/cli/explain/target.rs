//! What a question is about: a resource as the gate would derive it from a request.

use crate::catalog::{Bucket, Catalog, OwnedResource, OwnedSegment, Style};
use crate::config::Config;
use crate::policy::Resource;
use crate::snapshot::Snapshot;

/// A resource.
pub(super) struct Target(OwnedResource);

impl Target {
    /// Reads `*` or an ARN. What the gate sees in another way than it is written is noted.
    pub(super) fn read(
        text: &str,
        config: &Config,
        snapshot: &Snapshot,
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
        let bucket = bucket(service, relative_id, snapshot);
        let owner = bucket.map_or(config.account, |bucket| bucket.owner).to_string();
        if bucket.is_some() && !matches!(account, "" | "*") && account != owner {
            notes.push(format!("the table of buckets says that {owner} owns the bucket"));
        }
        let account = match account {
            "" | "*" => owner,
            other => other.to_owned(),
        };
        let place = Place { service, given: region, bucket };
        Ok(Self(OwnedResource::Named {
            service: service.into(),
            region: place.region(config, snapshot.catalog(), notes),
            account: OwnedSegment::Known(account.into()),
            relative_id: relative_id.to_owned(),
        }))
    }

    /// As the policies read it.
    pub(super) fn as_resource(&self) -> Resource<'_> {
        self.0.as_resource()
    }
}

/// What the table says about the bucket of a resource of object storage.
fn bucket<'s>(service: &str, relative_id: &str, snapshot: &'s Snapshot) -> Option<&'s Bucket> {
    let product = snapshot.catalog().product_of(service)?;
    let name = relative_id.split('/').next().filter(|_| product.style() == Style::Objects)?;
    snapshot.buckets()?.find(name)
}

/// What says where a resource lies.
struct Place<'p> {
    service: &'p str,
    /// As the question writes it.
    given: &'p str,
    bucket: Option<&'p Bucket>,
}

impl Place<'_> {
    /// Where there are regions, the one of a resource is known only where the route pins it or the table of buckets says it.
    fn region(&self, config: &Config, catalog: &Catalog, notes: &mut Vec<String>) -> OwnedSegment {
        let given = self.given;
        let named = !matches!(given, "" | "*");
        let as_given = || {
            if named { OwnedSegment::Known(given.into()) } else { OwnedSegment::Global }
        };
        let Some(product) = catalog.product_of(self.service) else { return as_given() };
        if !product.is_regional() && !product.traits().unknown_region {
            return as_given();
        }
        let Some(route) = config.route_of(product.name()) else {
            notes.push(format!(
                "no route leads to `{}`: the gate refuses its calls",
                product.name()
            ));
            return if named { as_given() } else { OwnedSegment::Unknown };
        };
        let listed = self.bucket.and_then(|bucket| bucket.region.as_deref());
        let known = [(route.region.as_deref(), "pins"), (listed, "leads to a bucket in")];
        let mut known =
            known.into_iter().filter_map(|(region, how)| Some((product.bare_region(region?), how)));
        let Some((region, how)) = known.next() else {
            if named {
                notes.push(format!(
                    "route `{}` pins no region, so the gate does not know it and `{given}` is not used",
                    route.name
                ));
            }
            return OwnedSegment::Unknown;
        };
        if let Some((other, _)) = known.find(|(other, _)| *other != region) {
            notes.push(format!("the bucket lies in {other}, so the gate refuses calls for it"));
        }
        if named && product.bare_region(given) != region {
            notes.push(format!(
                "route `{}` {how} region {region}: the gate refuses calls that name {given}",
                route.name
            ));
            return as_given();
        }
        OwnedSegment::Known(region.into())
    }
}

//! What is told about a request, to people and as JSON.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::cases::{Answer, Regions, Terms, named_region};
use crate::catalog::{Authorization, Call, OwnedResource, OwnedSegment, Product, Unreadable};
use crate::doctor::Capture;
use crate::gate::Legible;
use crate::policy::RelativeId;

use super::advice::advice;
use super::conditions::Conditions;
use super::pasted::Pasted;

/// What stands for a part that nobody knows.
const UNKNOWN: &str = "(unknown)";
const NO_REGION: &str = "the region is known only where a route pins it, or `files.buckets` tells that of a bucket: an Allow has to accept every region here";
const NO_ACCOUNT: &str =
    "nobody told whose it is, as `files.buckets` can: an Allow has to accept every account here";
const NO_PART: &str = "the request does not carry this part of the name, and nothing is looked up";

/// A case, and what else there is to know.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    id: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    request: Option<Pasted>,
    expect: Answer,
    /// The product that the host belongs to.
    pub(super) product: Option<String>,
    /// What the host says.
    pub(super) labels: BTreeMap<String, String>,
    /// The region that counts as known.
    pub(super) region: Option<String>,
    /// The operation, in words.
    #[serde(skip)]
    pub(super) found: Option<Found>,
    /// Resources with parts that nobody knows, and why.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    unknown: BTreeMap<String, Vec<&'static str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    conditions: Option<Conditions>,
    /// Why it is refused, and what to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) refused: Option<Refused>,
    /// What the capture lacks.
    pub(super) notes: Vec<String>,
}

/// What a request means.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) operation: String,
    /// What `ramgate catalog show` is to be asked for; nothing, where nobody described the operation.
    pub(super) entry: Option<String>,
    pub(super) needs: &'static str,
    /// Actions, each with its resources and why parts of these are unknown.
    pub(super) checks: Vec<(String, Vec<Touched>)>,
}

/// A resource, and why parts of it are unknown.
pub(super) type Touched = (String, Vec<&'static str>);

/// Why a request cannot be read.
#[derive(Debug, Serialize)]
pub(super) struct Refused {
    pub(super) word: &'static str,
    pub(super) detail: String,
    pub(super) advice: &'static str,
}

impl Report {
    pub(super) fn new(capture: &Capture, terms: &Terms<'_>) -> Self {
        let mut report = Self {
            id: "pasted",
            request: Pasted::of(&capture.request),
            expect: Answer::Deny { reason: String::new() },
            product: None,
            labels: BTreeMap::new(),
            region: None,
            found: None,
            unknown: BTreeMap::new(),
            conditions: None,
            refused: None,
            notes: capture.notes.clone(),
        };
        let told = terms.read(&capture.request).and_then(|request| {
            report.add_place(&request, terms);
            terms.resolve(&request, |call| {
                report.add_meaning(request.located().product(), &call);
                report.add_region_note(&request, terms.regions);
            })
        });
        if let Err(unreadable) = told {
            report.expect = Answer::refusal(&unreadable);
            report.refused = Some(Refused::of(&unreadable));
        }
        report
    }

    /// Whether the request has no meaning.
    pub(super) fn is_refused(&self) -> bool {
        self.refused.is_some()
    }

    /// The condition context, of a request that is decided by checks.
    pub(super) fn conditions(&self) -> Option<&Conditions> {
        self.conditions.as_ref()
    }

    fn add_place(&mut self, request: &Legible<'_>, terms: &Terms<'_>) {
        let located = request.located();
        let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        self.product = Some(located.product().name().to_owned());
        self.labels = located.labels().map(owned).collect();
        self.region = terms.region(request).map(str::to_owned);
    }

    /// Whether a running gate would know the region too.
    fn add_region_note(&mut self, request: &Legible<'_>, regions: Regions<'_>) {
        match (&self.region, named_region(request)) {
            (Some(_), _) if regions == Regions::AsNamed => {
                let note = "the region counts because the request names it; a running gate knows it only where the route pins it (`region`)";
                self.notes.push(note.to_owned());
            }
            (None, Some(named)) => self.notes.push(format!(
                "that the request names {named} is not believed, for no route pins a region"
            )),
            _ => {}
        }
    }

    fn add_meaning(&mut self, product: &Product, call: &Call<'_>) {
        self.expect = Answer::of(call);
        let checks = call.checks.iter().map(|check| {
            let resources = check.resources.iter().map(shown).collect();
            (format!("{}:{}", check.service, check.operation), resources)
        });
        let entry = format!("{}:{}", product.name(), call.operation);
        let entry = product.describes(&call.operation).then_some(entry);
        if entry.is_none() {
            let note = "nobody described this operation: `unlisted: by-name` takes its name for that of the action";
            self.notes.push(note.to_owned());
        }
        let found = Found {
            operation: call.operation.to_string(),
            entry,
            needs: match call.auth {
                Authorization::Checks => "every check below has to be allowed",
                Authorization::SignatureOnly => "a signature, and no permission",
                Authorization::Anonymous => "neither a permission nor a signature",
            },
            checks: checks.collect(),
        };
        if call.auth == Authorization::Checks {
            self.conditions = Some(Conditions::of(product, call));
        }
        for (resource, why) in found.checks.iter().flat_map(|(_, resources)| resources) {
            if !why.is_empty() {
                self.unknown.insert(resource.clone(), why.clone());
            }
        }
        self.found = Some(found);
    }
}

impl Refused {
    fn of(unreadable: &Unreadable) -> Self {
        Self {
            word: unreadable.word.as_str(),
            detail: unreadable.detail.clone(),
            advice: advice(unreadable.word),
        }
    }
}

/// An ARN with its unknown parts as such, and why they are.
fn shown(resource: &OwnedResource) -> Touched {
    let OwnedResource::Named { service, region, account, relative_id } = resource else {
        return (resource.to_string(), Vec::new());
    };
    let mut why = Vec::new();
    let mut segment = |segment: &OwnedSegment, reason| match segment {
        OwnedSegment::Known(text) => text.to_string(),
        OwnedSegment::Global => "*".to_owned(),
        OwnedSegment::Unknown | OwnedSegment::Presumed(_) => {
            why.push(reason);
            UNKNOWN.to_owned()
        }
    };
    let (region, account) = (segment(region, NO_REGION), segment(account, NO_ACCOUNT));
    if relative_id.contains(RelativeId::UNKNOWN_PART) {
        why.push(NO_PART);
    }
    let relative_id = relative_id.replace(RelativeId::UNKNOWN_PART, UNKNOWN);
    (format!("acs:{service}:{region}:{account}:{relative_id}"), why)
}

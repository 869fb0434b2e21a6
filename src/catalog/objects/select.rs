//! From a request to its operation.

use http::HeaderName;

use crate::request::{Head, Multipart, Params};
use crate::signature::{Fact, Place};

use super::super::host::Located;
use super::super::model::{Operation, Product};
use super::super::operation::{check_served, echo};
use super::super::parameters::repeated;
use super::super::{BodyNeed, Callbacks, Content, Context, Unreadable, Word};
use super::Target;
use super::key::{COPY_SOURCE, NOT_PLAIN, check_alias, is_plain};
use super::parts::{Parts, source};

/// Names under which a request, its query or its form asks the service to call an address.
const CALLBACKS: &[&str] = &["x-oss-callback", "x-oss-callback-var", "callback", "callback-var"];

/// What the most demanding operation that fits, for whichever target, has to read of the body.
pub(in super::super) fn need(product: &Product, head: &Head) -> BodyNeed {
    let fitting = fitting(product, head).filter(|operation| operation.need != BodyNeed::None);
    let weightiest = fitting.max_by_key(|operation| operation.selector.weight());
    weightiest.map_or(BodyNeed::None, |operation| operation.need)
}

/// Finds the operation, in the order of the words of a refusal, and takes the request apart for it.
pub(in super::super) fn read<'c, 'r>(
    located: &Located<'c>,
    head: &'r Head,
    content: &'r Content<'r>,
    context: &'r Context<'r>,
) -> Result<(&'c Operation, Parts<'r>), Unreadable> {
    let product = located.product;
    let place = Place::read(head, context.site)
        .map_err(|error| Unreadable::new(Word::UnknownHost, error.to_string()))?;
    let bucket = place.bucket();
    let spaced = context.plus_is_space.then(|| place.spaced_key()).flatten();
    let key = spaced.unwrap_or_else(|| place.key().into_owned());
    check_aliases(bucket, head, context)?;
    check_path(head, context)?;
    let form = match content {
        Content::Upload(form) => Some(*form),
        _ => None,
    };
    check_repeats(head)?;
    check_query(product, head.query())?;
    let target = match bucket {
        None => Target::Service,
        Some(_) if key.is_empty() => Target::Bucket,
        Some(_) => Target::Object,
    };
    check_callbacks(head, form, context)?;
    let operation = select(product, head, target)?;
    check_served(operation, context.min_confidence)?;
    check_selection(product, operation, context)?;
    check_look_alikes(operation, form)?;
    check_region(product, &place, context)?;
    let named = (bucket.unwrap_or_default().to_owned(), key);
    Ok((operation, Parts::new(operation, named, head, content, context)))
}

fn check_aliases(
    bucket: Option<&str>,
    head: &Head,
    context: &Context<'_>,
) -> Result<(), Unreadable> {
    bucket.map_or(Ok(()), check_alias)?;
    match source(head, context) {
        Some(Err(error)) if error.word == Word::AccessPoint => Err(error),
        _ => Ok(()),
    }
}

/// The path as a whole, so that neither the bucket nor the key of it has two readings (decisions, Paths).
fn check_path(head: &Head, context: &Context<'_>) -> Result<(), Unreadable> {
    let path = head.decoded_path();
    let path = path.strip_prefix('/').unwrap_or(&path);
    if context.literal_paths || path.is_empty() || is_plain(path) {
        return Ok(());
    }
    Err(Unreadable::new(Word::BadPath, NOT_PLAIN))
}

fn check_repeats(head: &Head) -> Result<(), Unreadable> {
    let mut names = head.headers().keys();
    let is_repeated = |name: &&HeaderName| head.headers().get_all(*name).iter().nth(1).is_some();
    if let Some(name) = names.find(is_repeated) {
        let detail = format!("the header `{name}` is there twice");
        return Err(Unreadable::new(Word::DuplicateParameter, detail));
    }
    match repeated(head.query().iter().map(|param| &*param.name)) {
        Some(name) => {
            let detail = format!("the parameter `{name}` is there twice");
            Err(Unreadable::new(Word::DuplicateParameter, detail))
        }
        None => Ok(()),
    }
}

/// A name that is not known may select an operation that is newer than the catalogue.
fn check_query(product: &Product, query: &Params) -> Result<(), Unreadable> {
    let known = |name: &str| {
        product.selects_by(name) || product.query_modifiers.iter().any(|modifier| modifier == name)
    };
    match query.iter().find(|param| !known(&param.name)) {
        Some(param) => {
            let detail =
                format!("the catalogue does not know the query name `{}`", echo(&param.name));
            Err(Unreadable::new(Word::UnknownQuery, detail))
        }
        None => Ok(()),
    }
}

fn check_callbacks(
    head: &Head,
    form: Option<&Multipart>,
    context: &Context<'_>,
) -> Result<(), Unreadable> {
    let asks = CALLBACKS.iter().any(|name| {
        head.headers().contains_key(*name)
            || head.query().get(name).is_some()
            || form.is_some_and(|form| form.get(name).is_some())
    });
    match context.callbacks {
        Callbacks::Refuse if asks => {
            let detail = "the request asks for a callback, which is refused here";
            Err(Unreadable::new(Word::UnknownOperation, detail))
        }
        Callbacks::Refuse | Callbacks::Pass => Ok(()),
    }
}

/// The operation with the most conditions; two of them are one too many.
fn select<'c>(
    product: &'c Product,
    head: &Head,
    target: Target,
) -> Result<&'c Operation, Unreadable> {
    let of_target = |operation: &&Operation| operation.selector.targets.contains(&target);
    let fitting: Vec<&Operation> = fitting(product, head).filter(of_target).collect();
    let most = fitting.iter().map(|operation| operation.selector.weight()).max();
    let mut best =
        fitting.into_iter().filter(|operation| Some(operation.selector.weight()) == most);
    match (best.next(), best.next()) {
        (Some(operation), None) => check_source(operation, head),
        (Some(_), Some(_)) => Err(ambiguous("two operations of the catalogue fit this request")),
        (None, _) => Err(nothing_fits(product, head)),
    }
}

fn fitting<'c>(product: &'c Product, head: &Head) -> impl Iterator<Item = &'c Operation> {
    let names = head.query().iter().map(|param| &*param.name);
    let sub_resources: Vec<&str> = names.filter(|name| product.selects_by(name)).collect();
    product
        .of_method(head.method().as_str())
        .filter(move |operation| operation.selector.fits(head, &sub_resources))
}

/// What says which operation it is must be signed; or the request would ask for the same without it.
fn check_selection(
    product: &Product,
    operation: &Operation,
    context: &Context<'_>,
) -> Result<(), Unreadable> {
    let selector = &operation.selector;
    let (signed, unsigned): (Vec<_>, Vec<_>) =
        selector.query.iter().partition(|(name, _)| context.trust.believes(Fact::Query(name)));
    let asks_for_the_same = |other: &Operation| {
        other.method == operation.method
            && other.selector.targets == selector.targets
            && other.selector.query.iter().eq(signed.iter().copied())
            && other.actions().eq(operation.actions())
    };
    match unsigned.first() {
        Some((name, _)) if !product.operations.iter().any(asks_for_the_same) => {
            let detail = format!(
                "`{name}` says what the request does, and its signature does not cover it; use a newer signature version"
            );
            Err(ambiguous(&detail))
        }
        _ => Ok(()),
    }
}

/// Only a copy has a source: another operation would be authorised for something else than what is done.
fn check_source<'c>(operation: &'c Operation, head: &Head) -> Result<&'c Operation, Unreadable> {
    if head.headers().contains_key(COPY_SOURCE) && !operation.selector.takes_source() {
        return Err(ambiguous("the request has the source of a copy and is none"));
    }
    Ok(operation)
}

fn nothing_fits(product: &Product, head: &Head) -> Unreadable {
    let selecting = head.query().iter().filter(|param| product.selects_by(&param.name));
    if selecting.count() > 1 {
        return ambiguous("no operation of the catalogue has these sub-resources together");
    }
    let detail = "no operation of the catalogue has this method, target and sub-resource";
    Unreadable::new(Word::UnknownOperation, detail)
}

fn ambiguous(detail: &str) -> Unreadable {
    Unreadable::new(Word::Ambiguous, detail)
}

/// A field that is read in one spelling must not be there in another.
fn check_look_alikes(operation: &Operation, form: Option<&Multipart>) -> Result<(), Unreadable> {
    let Some(form) = form else { return Ok(()) };
    let used: Vec<&str> =
        operation.used.iter().filter_map(|name| name.strip_prefix("form.")).collect();
    let alike = |name: &&str| {
        used.iter().any(|used| used.eq_ignore_ascii_case(name)) && !used.contains(name)
    };
    match form.spellings().find(alike) {
        Some(name) => {
            let detail = format!("the field `{name}` is another spelling of one that is read");
            Err(Unreadable::new(Word::LookAlikeParameter, detail))
        }
        None => Ok(()),
    }
}

/// The region of the host is the one that the route pins (decisions, Region), and that of the bucket.
fn check_region(
    product: &Product,
    place: &Place<'_>,
    context: &Context<'_>,
) -> Result<(), Unreadable> {
    let listed = place.bucket().zip(context.buckets).and_then(|(name, table)| table.find(name));
    let listed = listed.and_then(|bucket| bucket.region.as_deref());
    for (known, who) in [(context.region, "the route"), (listed, "the table of buckets")] {
        let known = known.map(|region| product.bare_region(region));
        if place.region().zip(known).is_some_and(|(named, known)| named != known) {
            let detail = format!("the host names another region than {who}");
            return Err(Unreadable::new(Word::RegionMismatch, detail));
        }
    }
    Ok(())
}

//! What a request means, whoever sent it: the steps that serving shares with those who only want to know.

use bytes::Bytes;

use crate::catalog::{Call, Catalog, Content, Context, Located, Unreadable, Word};
use crate::config::Route;
use crate::request::{Head, HeadLimits, Params, without_port};
use crate::signature::{Family, Site};
use crate::strict::Json;

use super::content::{self, unsupported};
use super::{Collected, Reads, Upload};

/// The product that a `Host` header belongs to. The configuration's own hosts come before the catalogue's patterns: they
/// are whole names.
pub fn locate<'c>(
    catalog: &'c Catalog,
    routes: &[Route],
    host: &str,
) -> Result<Located<'c>, Unreadable> {
    let name = without_port(host);
    let hosts = || routes.iter().flat_map(|route| &route.hosts);
    // A whole name is meant before the name of a bucket, whichever stands first.
    let whole = hosts().find(|own| own.name.eq_ignore_ascii_case(name));
    match whole.or_else(|| hosts().find(|own| own.matches(name))) {
        Some(own) => catalog.locate_as(&own.product).ok_or_else(|| {
            Unreadable::new(Word::UnknownHost, "the product of this host is in no catalogue")
        }),
        None => catalog.locate(host),
    }
}

/// The route of the calls of a product, and which of the routes that is.
pub fn route_of<'r>(routes: &'r [Route], product: &str) -> Result<(usize, &'r Route), Unreadable> {
    let serves = |route: &Route| route.products.iter().any(|name| name.as_str() == product);
    routes.iter().enumerate().find(|(_, route)| serves(route)).ok_or_else(|| {
        let reason = format!("no route of the configuration serves the product `{product}`");
        Unreadable::new(Word::UnknownHost, reason)
    })
}

/// What is known about a host before any credential is read (SIG-23).
pub fn site(route: &Route, family: Family) -> Site<'_> {
    Site {
        region: route.region.as_deref(),
        cname: &route.domains,
        path_style: route.path_style,
        oss_endpoints: &route.endpoints,
        oss_sub_resources: &route.signed_parameters,
        oss_url_life_seconds_max: route.signed_url_seconds_max,
        ..Site::new(family)
    }
}

/// Finds what a call means. `unread` says why the body is not among what is known of it, where it should be: what the rest
/// of the request is refused for by then comes before it.
pub(super) fn resolve<'r>(
    located: &'r Located<'_>,
    head: &'r Head,
    content: &'r Content<'r>,
    unread: Option<Unreadable>,
    context: &'r Context<'r>,
) -> Result<Call<'r>, Unreadable> {
    let found = located.resolve(head, content, context);
    match (unread, found) {
        (None, found) => found,
        (Some(unread), Err(other)) if comes_first(other.word, unread.word) => Err(other),
        (Some(unread), _) => Err(unread),
    }
}

/// Whether what the request without its body is refused for is found before what is wrong with the body. That there is no
/// body to read says nothing, and a body that is unsupported is looked for last.
fn comes_first(other: Word, unread: Word) -> bool {
    other != Word::UnsupportedBody && (unread == Word::UnsupportedBody || other < unread)
}

/// A request that is read and not served: what stands in it counts, whoever signed it.
#[derive(Debug)]
pub struct Legible<'c> {
    located: Located<'c>,
    head: Head,
    collected: Collected,
    form: Option<Params>,
    json: Option<Json>,
    unread: Option<Unreadable>,
}

impl<'c> Legible<'c> {
    /// Reads of the body what the gate reads of it, and no more than `bytes_max` bytes.
    pub fn new(
        located: Located<'c>,
        head: Head,
        body: Bytes,
        limits: &HeadLimits,
        bytes_max: usize,
    ) -> Self {
        let read = || {
            let collected = collect(&located, &head, body, bytes_max)?;
            let form = content::read_form(&located, &head, &collected, limits.parameters_max)?;
            let json = content::read_json(&located, &head, &collected, bytes_max)?;
            Ok((collected, form, json))
        };
        match read() {
            Ok((collected, form, json)) => {
                Self { located, head, collected, form, json, unread: None }
            }
            Err(unread) => Self {
                located,
                head,
                collected: Collected::Unread,
                form: None,
                json: None,
                unread: Some(unread),
            },
        }
    }

    /// The product and the labels of the host.
    pub fn located(&self) -> &Located<'c> {
        &self.located
    }

    /// The head.
    pub fn head(&self) -> &Head {
        &self.head
    }

    /// A parameter of the query or the form.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        let form = self.form.as_ref();
        self.head.query().get(name).or_else(|| form.and_then(|form| form.get(name)))
    }

    /// Looks at what the request means.
    pub fn resolve<T>(
        &self,
        context: &Context<'_>,
        look: impl FnOnce(Call<'_>) -> T,
    ) -> Result<T, Unreadable> {
        let Self { located, head, collected, form, json, unread } = self;
        let content = content::of(located, head, form.as_ref(), json.as_ref(), collected);
        resolve(located, head, &content, unread.clone(), context).map(look)
    }
}

/// What the gate would have been handed of a body that is there as a whole.
fn collect(
    located: &Located<'_>,
    head: &Head,
    mut body: Bytes,
    bytes_max: usize,
) -> Result<Collected, Unreadable> {
    if body.is_empty() {
        return Ok(Collected::Empty);
    }
    let too_large = || unsupported(format!("the body decides, and is over {bytes_max} bytes"));
    match content::reads(located, head, true) {
        Reads::Nothing | Reads::Digest => Ok(Collected::Unread),
        Reads::Whole if body.len() > bytes_max => Err(too_large()),
        Reads::Whole => Ok(Collected::Whole(body)),
        Reads::Upload => {
            let form = content::form_reader(head)?.read(&body)?;
            let form = form.ok_or_else(|| unsupported("the multipart form has no file"))?;
            if form.file_at() > bytes_max {
                return Err(too_large());
            }
            let file = body.split_off(form.file_at());
            Ok(Collected::Upload(Box::new(Upload { form, head: body, file })))
        }
    }
}

//! What a recorded request means: the way of the gate from the bytes to the catalogue, without caller, clock and policies.

use bytes::Bytes;
use http::request::Parts;
use http::{HeaderName, HeaderValue, Method, Request};

use super::Recorded;
use crate::catalog::{
    Buckets, Call, Callbacks, Catalog, Confidence, Context, Style, Trust, Unreadable, Word,
};
use crate::config::Route;
use crate::gate::{self, Legible};
use crate::ident::AccountId;
use crate::request::{Head, HeadError, HeadLimits};
use crate::signature::Site;

/// What has to be known besides a request to say what it means.
#[derive(Clone, Copy, Debug)]
pub struct Terms<'t> {
    /// The products.
    pub catalog: &'t Catalog,
    /// The routes of a deployment. Where there is none, every product of the catalogue is served, on the terms of `open`.
    pub routes: &'t [Route],
    /// What counts where there are no routes.
    pub open: OpenTerms<'t>,
    /// Where buckets lie and whose they are.
    pub buckets: Option<&'t Buckets>,
    /// The account that owns what stands behind the gate.
    pub account: AccountId,
    /// The name of the caller, if it is a RAM user.
    pub user: Option<&'t str>,
    /// Which regions count as known.
    pub regions: Regions<'t>,
    /// Whether the signature that would match reads a `+` in the path as a space (SIG-53).
    pub plus_is_space: bool,
    /// Limits on heads.
    pub head: HeadLimits,
    /// Bodies that decide may have this many bytes.
    pub body_bytes_max: usize,
}

/// What a route would say.
#[derive(Clone, Copy, Debug)]
pub struct OpenTerms<'t> {
    /// As [`Route::literal_paths`].
    pub literal_paths: bool,
    /// As [`Route::callbacks`].
    pub callbacks: Callbacks,
    /// As [`Route::path_style`].
    pub path_style: bool,
    /// As [`Route::domains`].
    pub domains: &'t [(String, String)],
    /// As [`Route::min_confidence`].
    pub min_confidence: Option<Confidence>,
}

impl Default for OpenTerms<'_> {
    fn default() -> Self {
        Self {
            literal_paths: false,
            callbacks: Callbacks::Pass,
            path_style: true,
            domains: &[],
            min_confidence: None,
        }
    }
}

/// Which regions count as known (decisions, Region).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Regions<'t> {
    /// The one that the route pins: the rule of a running gate.
    OfRoute,
    /// This one.
    Pinned(&'t str),
    /// What the route pins, else the label of the host, else the parameter: the rule of case files. The regions of
    /// buckets are in neither.
    AsNamed,
}

impl<'t> Terms<'t> {
    /// Everything that is served by default, for an account.
    pub fn of(catalog: &'t Catalog, account: AccountId) -> Self {
        const MIB: usize = 1024 * 1024;
        Self {
            catalog,
            routes: &[],
            open: OpenTerms::default(),
            buckets: None,
            account,
            user: None,
            regions: Regions::OfRoute,
            plus_is_space: false,
            head: HeadLimits::default(),
            body_bytes_max: 2 * MIB,
        }
    }

    /// Looks at what a request means.
    pub fn meaning<T>(
        &self,
        recorded: &Recorded,
        look: impl FnOnce(Call<'_>) -> T,
    ) -> Result<T, Unreadable> {
        self.resolve(&self.read(recorded)?, look)
    }

    /// Reads a request as far as its meaning asks for it.
    pub fn read(&self, recorded: &Recorded) -> Result<Legible<'t>, Unreadable> {
        let head = recorded
            .parts()
            .and_then(|parts| Head::parse(parts, &self.head).map_err(Unreadable::from));
        // A host that nobody answers for comes before everything else that is wrong with a head.
        let host = recorded.host().unwrap_or_default();
        let located = gate::locate(self.catalog, self.routes, host)?;
        let body = Bytes::clone(&recorded.body);
        Ok(Legible::new(located, head?, body, &self.head, self.body_bytes_max))
    }

    /// Looks at what a request that was read means.
    pub fn resolve<T>(
        &self,
        request: &Legible<'_>,
        look: impl FnOnce(Call<'_>) -> T,
    ) -> Result<T, Unreadable> {
        let product = request.located().product();
        let route = self.route(product.name())?;
        let open = Site {
            cname: self.open.domains,
            path_style: self.open.path_style,
            ..Site::new(product.signatures())
        };
        let context = Context {
            account: self.account,
            region: self.region(request),
            user: self.user,
            literal_paths: route.map_or(self.open.literal_paths, |route| route.literal_paths),
            site: &route.map_or(open, |route| gate::site(route, product.signatures())),
            plus_is_space: self.plus_is_space,
            trust: Trust::default(),
            callbacks: route.map_or(self.open.callbacks, |route| route.callbacks),
            min_confidence: route.map_or(self.open.min_confidence, |route| route.min_confidence),
            buckets: self.buckets,
        };
        request.resolve(&context, look)
    }

    /// The region that counts as known.
    pub fn region<'r>(&'r self, request: &'r Legible<'_>) -> Option<&'r str> {
        let route = self.route(request.located().product().name()).ok().flatten();
        let pinned = route.and_then(|route| route.region.as_deref());
        match self.regions {
            Regions::OfRoute => pinned,
            Regions::Pinned(region) => Some(region),
            Regions::AsNamed => pinned.or_else(|| named_region(request)),
        }
    }

    /// The route of a product; `None`: there is no deployment.
    fn route(&self, product: &str) -> Result<Option<&'t Route>, Unreadable> {
        if self.routes.is_empty() {
            return Ok(None);
        }
        gate::route_of(self.routes, product).map(|(_, route)| Some(route))
    }
}

/// The region that the host names, else the one that a parameter names.
pub fn named_region<'r>(request: &'r Legible<'_>) -> Option<&'r str> {
    let located = request.located();
    if located.product().style() == Style::Objects {
        return None;
    }
    let parameter = || ["RegionId", "regionId"].iter().find_map(|name| request.parameter(name));
    located.label("region").or_else(parameter)
}

impl Recorded {
    /// The head, as the `http` crate sees it.
    pub(super) fn parts(&self) -> Result<Parts, Unreadable> {
        let method = Method::from_bytes(self.method.as_bytes())
            .map_err(|_bytes| Unreadable::new(Word::UnknownOperation, "there is no such method"))?;
        let mut request = Request::builder().method(method).uri(&*self.target);
        for (name, value) in &self.headers {
            let broken = || HeadError::HeaderText(name.chars().take(40).collect());
            let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_bytes| broken())?;
            let value = HeaderValue::from_bytes(value).map_err(|_bytes| broken())?;
            request = request.header(name, value);
        }
        let (parts, ()) = request.body(()).map_err(|_target| HeadError::Target)?.into_parts();
        if parts.uri.to_string() != self.target {
            return Err(HeadError::Target.into());
        }
        Ok(parts)
    }

    /// The first `Host` header.
    fn host(&self) -> Option<&str> {
        let mut hosts = self.headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("host"));
        hosts.next().and_then(|(_, value)| std::str::from_utf8(value).ok())
    }
}

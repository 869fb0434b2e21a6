//! Signing: a second description of every text agrees, our own verification agrees, and nothing that is covered can be
//! changed.

mod reference;
mod vectors;

use ramgate::signature::Scheme;
use ramgate::signature::sign::Request;

fn scheme(name: &str) -> Scheme {
    Scheme::ALL.into_iter().find(|scheme| scheme.as_str() == name).unwrap()
}

/// The signature as the request carries it: behind the last mark in `Authorization`, or in a place of its own.
fn signature_of(request: &Request<'_>, scheme: Scheme) -> String {
    if let Some(value) = request.header("authorization") {
        let at = value.rfind("Signature=").map(|at| at + 10);
        let at = at.or_else(|| value.rfind(':').map(|at| at + 1)).unwrap();
        return value[at..].split(',').next().unwrap().to_owned();
    }
    let headers = ["x-ots-signature", "x-ots-signaturev4"];
    if let Some(value) = headers.iter().find_map(|name| request.header(name)) {
        return value.to_owned();
    }
    let body = String::from_utf8_lossy(request.bytes().unwrap_or_default()).into_owned();
    if scheme.as_str().starts_with("OSS-POST") {
        let marks = ["name=\"x-oss-signature\"\r\n\r\n", "name=\"Signature\"\r\n\r\n"];
        let rest = marks.iter().find_map(|mark| body.split_once(mark)).unwrap().1;
        return rest.split("\r\n").next().unwrap().to_owned();
    }
    let query = request.target.split_once('?').map_or("", |(_, query)| query);
    let mut pairs = query.split('&').chain(body.split('&')).filter_map(|pair| pair.split_once('='));
    let is_signature = |(name, _): &(&str, &str)| ["Signature", "x-oss-signature"].contains(name);
    let value = pairs.find(is_signature).unwrap().1;
    value.replace("%2B", "+").replace("%2F", "/").replace("%3D", "=")
}

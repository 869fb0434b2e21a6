//! The request that the command line describes.

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, Read as _};

use crate::signature::sign::{Body, Request, Upload};
use crate::signature::{Family, Scheme};

use super::Arguments;

/// What RPC takes its parameters from.
const FORM: &str = "application/x-www-form-urlencoded";

/// An unsigned request, and where it goes.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) is_https: bool,
    pub(super) authority: String,
    pub(super) request: Request<'static>,
}

impl Call {
    /// Reads URL, headers and body.
    pub(super) fn read(arguments: &Arguments) -> Result<Self, String> {
        let (is_https, authority, target) = split(&arguments.url)?;
        let mut headers =
            arguments.headers.iter().map(|line| header(line)).collect::<Result<Vec<_>, _>>()?;
        let has = |headers: &[(String, String)], name: &str| {
            headers.iter().any(|(known, _)| known.eq_ignore_ascii_case(name))
        };
        if !has(&headers, "host") {
            headers.insert(0, ("Host".to_owned(), authority.clone()));
        }
        let is_rpc = matches!(arguments.scheme, Scheme::RpcHmacSha1 | Scheme::RpcHmacSha256);
        if is_rpc && arguments.data.is_some() && !has(&headers, "content-type") {
            headers.push(("Content-Type".to_owned(), FORM.to_owned()));
        }
        let has_body = arguments.data.is_some() || !arguments.fields.is_empty();
        let posts = has_body || arguments.scheme.family() == Family::TableStore;
        let method = arguments.method.clone();
        let method = method.unwrap_or_else(|| if posts { "POST" } else { "GET" }.to_owned());
        let body = match (&arguments.data, arguments.fields.as_slice()) {
            (Some(data), _) => Body::Bytes(Cow::Owned(bytes(data)?)),
            (None, []) => Body::Bytes(Cow::Borrowed(b"")),
            (None, fields) => Body::Form(upload(fields)?),
        };
        Ok(Self { is_https, authority, request: Request { method, target, headers, body } })
    }

    /// The name in `Host`, without a port.
    pub(super) fn host_name(&self) -> String {
        let host = self.request.header("host").unwrap_or_default();
        let name = host.rsplit_once(':').map_or(host, |(name, _port)| name);
        name.to_ascii_lowercase()
    }

    /// The URL of the signed request.
    pub(super) fn url(&self, signed: &Request<'_>) -> String {
        let scheme = if self.is_https { "https" } else { "http" };
        format!("{scheme}://{}{}", self.authority, signed.target)
    }
}

/// Whether it is https, the authority, and the target as written.
fn split(url: &str) -> Result<(bool, String, String), String> {
    let schemes = [("https://", true), ("http://", false)];
    let known = |(start, is_https): (&str, bool)| Some((url.strip_prefix(start)?, is_https));
    let (rest, is_https) = schemes
        .into_iter()
        .find_map(known)
        .ok_or_else(|| format!("`{url}` does not begin with http:// or https://"))?;
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, target) = rest.split_at_checked(end).unwrap_or((rest, ""));
    if authority.is_empty() || authority.contains('@') {
        return Err(format!("`{url}` has no host, or a user name before it"));
    }
    if target.contains('#') {
        return Err(format!("`{url}` has a fragment, which is never sent"));
    }
    let target = if target.starts_with('/') { target.to_owned() } else { format!("/{target}") };
    Ok((is_https, authority.to_owned(), target))
}

fn header(line: &str) -> Result<(String, String), String> {
    let (name, value) =
        line.split_once(':').ok_or_else(|| format!("`{line}` is no `Name: value`"))?;
    Ok((name.trim().to_owned(), value.trim_matches([' ', '\t']).to_owned()))
}

/// A text, or the bytes of a file.
fn bytes(data: &str) -> Result<Vec<u8>, String> {
    match data.strip_prefix('@') {
        Some(file) => read(file),
        None => Ok(data.as_bytes().to_vec()),
    }
}

fn read(file: &str) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let read = if file == "-" {
        io::stdin().read_to_end(&mut bytes)
    } else {
        File::open(file).and_then(|mut file| file.read_to_end(&mut bytes))
    };
    read.map_err(|error| format!("cannot read {file}: {error}"))?;
    Ok(bytes)
}

/// The fields, and the file among them.
fn upload(fields: &[String]) -> Result<Upload<'static>, String> {
    let mut upload =
        Upload { fields: Vec::new(), file_name: String::new(), file: Cow::Borrowed(b"") };
    let mut has_file = false;
    for field in fields {
        let (name, value) =
            field.split_once('=').ok_or_else(|| format!("`{field}` is no `NAME=VALUE`"))?;
        match (name, value.strip_prefix('@')) {
            ("file", Some(file)) => {
                let name = file.rsplit('/').next().unwrap_or_default();
                name.clone_into(&mut upload.file_name);
                upload.file = Cow::Owned(read(file)?);
                has_file = true;
            }
            ("file", None) => return Err("the file is given as file=@FILE".to_owned()),
            (name, _) => upload.fields.push((name.to_owned(), value.to_owned())),
        }
    }
    if has_file { Ok(upload) } else { Err("a browser form needs file=@FILE".to_owned()) }
}

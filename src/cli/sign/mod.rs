//! `ramgate sign`: a client that signs in any scheme, and prints or sends what it signed.

pub(super) mod key;
mod print;
mod request;
mod send;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, ValueEnum};

use crate::clock;
use crate::ident::{AccessKeyId, UnixSeconds};
use crate::signature::sign::{self, Credentials, Terms};
use crate::signature::{Scheme, Site};

use super::output;
use request::Call;

/// What to sign, and with what.
#[derive(Args, Debug)]
#[command(after_help = "\
The key comes from --key-file, or from the environment: RAMGATE_ACCESS_KEY_ID, RAMGATE_ACCESS_KEY_SECRET and
RAMGATE_SECURITY_TOKEN, else ALIBABA_CLOUD_ACCESS_KEY_ID, ALIBABA_CLOUD_ACCESS_KEY_SECRET and
ALIBABA_CLOUD_SECURITY_TOKEN. A secret is never an argument and never printed; a signed request holds its token.

Examples:
  ramgate sign --scheme ACS3-HMAC-SHA256 -X POST -H 'x-acs-action: DescribeRegions' -H 'x-acs-version: 2014-05-26' \\
      --send --connect 127.0.0.1:8700 http://ecs.cn-hangzhou.aliyuncs.com/
  ramgate sign --scheme OSS-V4 -X PUT -d @report.pdf --output curl https://my-bucket.oss-cn-hangzhou.aliyuncs.com/report.pdf
  ramgate sign --scheme OSS-V4-PRESIGN --expires 600 https://my-bucket.oss-cn-hangzhou.aliyuncs.com/report.pdf")]
pub(super) struct Arguments {
    /// The signature scheme, such as ACS3-HMAC-SHA256 or OSS-V4; a wrong name lists all of them.
    #[arg(long, value_parser = scheme)]
    scheme: Scheme,
    /// `http://` or `https://`, host, path and query, escaped as it shall be sent.
    url: String,
    /// The method [default: POST with a body or in Table Store, else GET].
    #[arg(short = 'X', long = "request", value_name = "METHOD")]
    method: Option<String>,
    /// A header, `Name: value`. One that belongs to the signature (a date, a digest, a nonce) is kept as it is.
    #[arg(short = 'H', long = "header", value_name = "HEADER")]
    headers: Vec<String>,
    /// The body, byte for byte: a text, `@FILE`, or `@-` for standard input. In RPC it is a form, elsewhere what
    /// `Content-Type` says.
    #[arg(short, long, value_name = "TEXT|@FILE")]
    data: Option<String>,
    /// A field of a browser form, `NAME=VALUE`; the file is `file=@FILE`. For OSS-POST-V1 and OSS-POST-V4.
    #[arg(short = 'F', long = "form", value_name = "NAME=VALUE", conflicts_with = "data")]
    fields: Vec<String>,
    /// The policy of the browser form, JSON [default: one that pins the bucket and every field].
    #[arg(long, value_name = "FILE", requires = "fields")]
    policy: Option<PathBuf>,
    /// A file with `id`, `secret` and, for a session, `token`, as YAML.
    #[arg(long, value_name = "FILE")]
    key_file: Option<PathBuf>,
    /// Insist that the key of the file or the environment is this one.
    #[arg(long, value_name = "ID")]
    access_key_id: Option<AccessKeyId>,
    /// The region of a V4 scope [default: the one that the host names].
    #[arg(long)]
    region: Option<String>,
    /// The product of a V4 scope [default: the one that the host names].
    #[arg(long)]
    product: Option<String>,
    /// The bucket, where the host is a custom domain.
    #[arg(long)]
    bucket: Option<String>,
    /// Sign this header too. ACS3, OSS V2 and OSS V4 can.
    #[arg(long = "signed-header", value_name = "NAME")]
    signed_headers: Vec<String>,
    /// How long a signed URL or a generated policy counts.
    #[arg(long, value_name = "SECONDS", default_value_t = 3600)]
    expires: u32,
    /// The time of signing, `2026-11-22T11:05:04Z` [default: now].
    #[arg(long, value_parser = UnixSeconds::parse_iso8601)]
    time: Option<UnixSeconds>,
    /// The nonce [default: a fresh one].
    #[arg(long)]
    nonce: Option<String>,
    /// What to print [default: the URL in a PRESIGN scheme, else HTTP].
    #[arg(long, value_enum, conflicts_with = "send")]
    output: Option<Output>,
    /// Send the request over plain HTTP, and print status, headers and body of the answer.
    #[arg(long)]
    send: bool,
    /// Send to this address in the place of the URL's; `Host` stays.
    #[arg(long, value_name = "HOST:PORT")]
    connect: Option<String>,
}

/// What to print.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Output {
    /// The request, byte for byte.
    Http,
    /// A command line that sends it.
    Curl,
    /// The URL alone, where it carries the signature.
    Url,
}

/// Signs, then prints or sends.
pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, String> {
    let connect = arguments.connect.as_deref();
    let call = Call::read(arguments)?;
    let signed = sign(arguments, &call)?;
    if arguments.send {
        if call.is_https && connect.is_none() {
            return Err("--send speaks plain HTTP; for https use --output curl".to_owned());
        }
        let address = connect.unwrap_or(&call.authority);
        send::send(&with_port(address), &signed)?;
        return Ok(ExitCode::SUCCESS);
    }
    let default = if is_url(arguments.scheme) { Output::Url } else { Output::Http };
    match arguments.output.unwrap_or(default) {
        Output::Http => output::print_bytes(&print::http(&signed)?)?,
        Output::Curl => output::print(&print::curl(&call, &signed, connect)?)?,
        Output::Url if !is_url(arguments.scheme) => {
            return Err("only the URL of a PRESIGN scheme says everything".to_owned());
        }
        Output::Url => output::print(&format!("{}\n", call.url(&signed)))?,
    }
    Ok(ExitCode::SUCCESS)
}

fn sign(arguments: &Arguments, call: &Call) -> Result<sign::Request<'static>, String> {
    let key = key::read(arguments.key_file.as_deref())?;
    if arguments.access_key_id.as_ref().is_some_and(|wanted| *wanted != key.id) {
        return Err(format!(
            "the key that was found is {}, not the one that was asked for",
            key.id
        ));
    }
    let fresh = nonce()?;
    let policy = arguments.policy.as_deref().map(super::read).transpose()?;
    let names: Vec<String> =
        arguments.signed_headers.iter().map(|name| name.to_ascii_lowercase()).collect();
    let also_signed: Vec<&str> = names.iter().map(String::as_str).collect();
    let terms = Terms {
        nonce: Some(arguments.nonce.as_deref().unwrap_or(&fresh)),
        life_seconds: arguments.expires.into(),
        region: arguments.region.as_deref(),
        product: arguments.product.as_deref(),
        also_signed: &also_signed,
        policy: policy.as_deref(),
        ..Terms::new(arguments.scheme, arguments.time.unwrap_or_else(clock::now))
    };
    let domains: Vec<(String, String)> =
        arguments.bucket.iter().map(|bucket| (call.host_name(), bucket.clone())).collect();
    let family = arguments.scheme.family();
    let site = Site { cname: &domains, path_style: true, ..Site::new(family) };
    let credentials = Credentials {
        access_key_id: &key.id,
        secret: &key.secret,
        security_token: key.token.as_ref().map(key::Token::as_str),
    };
    sign::sign(call.request.clone(), &credentials, &terms, &site)
        .map_err(|error| format!("cannot sign: {error}"))
}

fn is_url(scheme: Scheme) -> bool {
    matches!(scheme, Scheme::OssV1Presign | Scheme::OssV2Presign | Scheme::OssV4Presign)
}

fn scheme(text: &str) -> Result<Scheme, String> {
    let found = Scheme::ALL.into_iter().find(|one| one.as_str().eq_ignore_ascii_case(text));
    found.ok_or_else(|| {
        let names: Vec<&str> = Scheme::ALL.into_iter().map(Scheme::as_str).collect();
        format!("the schemes are {}", names.join(", "))
    })
}

/// 128 fresh bits in hex.
fn nonce() -> Result<String, String> {
    let mut bytes = [0_u8; 16];
    getrandom::fill(&mut bytes).map_err(|error| format!("no randomness: {error}"))?;
    Ok(format!("{:032x}", u128::from_be_bytes(bytes)))
}

fn with_port(address: &str) -> String {
    let has_port = address.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
    if has_port { address.to_owned() } else { format!("{address}:80") }
}

use std::fmt;
use std::str::FromStr;

use super::{AccountId, ParseIdentError};

/// A service as a principal (TP-13): `ecs.aliyuncs.com`, or `1234567890123456@log.aliyuncs.com` where it says for which account
/// it acts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServicePrincipal {
    /// The account that it acts for; `None` for that of the role.
    pub account: Option<AccountId>,
    name: Box<str>,
}

impl ServicePrincipal {
    /// No longer name fits into a token.
    pub const NAME_BYTES_MAX: usize = 192;
    /// The form, for people.
    pub const WANTED: &str = "`<service>.aliyuncs.com`, or `<uid>@<service>.aliyuncs.com`";

    /// The service, without an account.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The account and the service of a text that is a service principal.
    pub fn split(text: &str) -> Option<(Option<AccountId>, &str)> {
        let (account, name) = match text.split_once('@') {
            Some((account, name)) => (Some(account.parse().ok()?), name),
            None => (None, text),
        };
        let labels = name.strip_suffix(".aliyuncs.com")?;
        let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        let label = |label: &str| (1..=63).contains(&label.len()) && label.bytes().all(allowed);
        let fits = !labels.starts_with('-') && labels.split('.').all(label);
        fits.then_some((account, name))
    }
}

impl FromStr for ServicePrincipal {
    type Err = ParseIdentError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let read = Self::split(text).filter(|(_, name)| name.len() <= Self::NAME_BYTES_MAX);
        let wrong = || ParseIdentError::new("service principal, such as `ecs.aliyuncs.com`", text);
        let (account, name) = read.ok_or_else(wrong)?;
        Ok(Self { account, name: name.into() })
    }
}

impl fmt::Display for ServicePrincipal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.account {
            Some(account) => write!(f, "{account}@{}", self.name),
            None => f.write_str(&self.name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// TP-13
    #[test]
    fn forms() {
        let long = format!("{}.aliyuncs.com", "a".repeat(63));
        for text in ["ecs.aliyuncs.com", "1@log.aliyuncs.com", "ramgate.shop-1.aliyuncs.com", &long]
        {
            assert_eq!(text.parse::<ServicePrincipal>().unwrap().to_string(), text);
        }
        for text in [
            "",
            ".aliyuncs.com",
            "aliyuncs.com",
            "-ecs.aliyuncs.com",
            "Ecs.aliyuncs.com",
            "ecs..aliyuncs.com",
            "ecs.aliyuncs.com\n",
            "ecs.example.com",
            "x@log.aliyuncs.com",
            "@log.aliyuncs.com",
            "1@2@log.aliyuncs.com",
            &format!("a{long}"),
            &format!("{}aliyuncs.com", "abc.".repeat(46)),
        ] {
            assert!(text.parse::<ServicePrincipal>().is_err(), "{text}");
        }
    }
}

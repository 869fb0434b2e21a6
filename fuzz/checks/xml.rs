//! Documents in bodies. A document that is read keeps to the grammar of XML 1.0 as a strict reader of our own knows it, says
//! the same to both, and a batch deletes exactly the keys that it names.

use std::sync::LazyLock;

use http::Request;
use ramgate::catalog::{Callbacks, Catalog, Content, Context, OwnedResource, Trust, Unreadable};
use ramgate::request::{Head, HeadLimits};
use ramgate::signature::{Family, Site};
use ramgate::strict::{Xml, XmlLimits, xml};

const LIMITS: XmlLimits = XmlLimits { depth_max: 4, elements_max: 100 };
static CATALOG: LazyLock<Catalog> =
    LazyLock::new(|| Catalog::compile(Catalog::builtin_files()).expect("what comes with it"));

pub fn check(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    if let Ok(root) = xml(text, LIMITS) {
        check_limits(&root);
        assert_eq!(Naive::read(text).as_ref(), Some(&root), "{text:?}");
        assert_eq!(xml(&written(&root), LIMITS).as_ref(), Ok(&root), "{text:?}");
    }
    let batch = resolve("POST", "/?delete", &[], input);
    let copy = resolve("PUT", "/to", &[("x-oss-copy-source", text)], b"");
    let saved = resolve("POST", "/to?x-oss-process", &[], input);
    if let Ok(found) = batch {
        let root = Naive::read(text).expect("a document");
        let objects = root.elements.iter().filter(|element| &*element.name == "Object");
        let keys = objects.filter_map(|object| {
            object.elements.iter().find(|field| &*field.name == "Key").map(|key| &key.text)
        });
        let mut wanted: Vec<String> = keys.map(|key| format!("from/{key}")).collect();
        wanted.sort();
        wanted.dedup();
        assert_eq!(found, wanted, "{text:?}");
    }
    if let Ok(found) = copy {
        let wanted = copied(text).expect("a bucket and a key");
        assert_eq!(found, wanted, "{text:?}");
    }
    if let Ok(found) = saved {
        let marked = text.to_ascii_lowercase().matches("saveas").count();
        assert_eq!(marked, 1, "{text:?}: {found:?}");
        assert!(found.len() == 2 || found == ["from/to"], "{text:?}: {found:?}");
    }
}

/// The resources of a call, sorted.
fn resolve(
    method: &str,
    target: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> Result<Vec<String>, Option<Unreadable>> {
    let mut request = Request::builder().method(method).uri(target);
    request = request.header("host", "from.oss-cn-hangzhou.aliyuncs.com");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let (parts, ()) = request.body(()).map_err(|_error| None)?.into_parts();
    let head = Head::parse(parts, &HeadLimits::default()).map_err(|_error| None)?;
    let located = CATALOG.locate(head.host()).expect("a host of the catalogue");
    let site = Site { path_style: true, ..Site::new(Family::Oss) };
    let context = Context {
        account: "1234567890123456".parse().expect("an account id"),
        region: None,
        buckets: None,
        user: None,
        literal_paths: false,
        site: &site,
        plus_is_space: false,
        trust: Trust::default(),
        callbacks: Callbacks::Refuse,
        min_confidence: None,
    };
    let content = if body.is_empty() { Content::Empty } else { Content::Text(body) };
    let call = located.resolve(&head, &content, &context).map_err(Some)?;
    let resources = call.checks.iter().flat_map(|check| &check.resources);
    let mut names: Vec<String> = resources
        .map(|resource| match resource {
            OwnedResource::All => "*".to_owned(),
            OwnedResource::Named { relative_id, .. } => relative_id.clone(),
        })
        .collect();
    names.sort();
    names.dedup();
    Ok(names)
}

/// What a copy reads and writes; a `+` may be a space.
fn copied(source: &str) -> Option<Vec<String>> {
    let path = source.trim_matches([' ', '\t']).split('?').next()?.strip_prefix('/')?;
    let (bucket, key) = path.split_once('/')?;
    let mut all = vec!["from/to".to_owned()];
    for key in [key.to_owned(), key.replace('+', " ")] {
        all.push(format!("{bucket}/{}", decoded(&key)?));
    }
    all.sort();
    all.dedup();
    Some(all)
}

fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        rest = after;
        bytes.push(if *first == b'%' {
            let (digits, after) = rest.split_at_checked(2)?;
            rest = after;
            u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?
        } else {
            *first
        });
    }
    String::from_utf8(bytes).ok()
}

fn check_limits(root: &Xml) {
    fn walk(element: &Xml, depth: usize) -> usize {
        assert!(depth <= LIMITS.depth_max, "an element is too deep");
        assert!(element.text.is_empty() || element.elements.is_empty(), "text beside elements");
        1 + element.elements.iter().map(|inner| walk(inner, depth + 1)).sum::<usize>()
    }
    assert!(walk(root, 1) <= LIMITS.elements_max, "too many elements");
}

/// The document again, with references wherever there can be one.
fn written(element: &Xml) -> String {
    let inner: String = element.elements.iter().map(written).collect();
    let text = element.text.chars().map(|one| match one {
        'a'..='z' | 'A'..='Z' => one.to_string(),
        _ => format!("&#x{:X};", u32::from(one)),
    });
    let text: String = text.collect();
    format!("<{0}>{text}{inner}</{0}>", element.name)
}

/// Reads the language letter by letter, as the grammar has it.
struct Naive<'t> {
    rest: &'t str,
}

impl<'t> Naive<'t> {
    fn read(text: &'t str) -> Option<Xml> {
        let mut reader = Self { rest: text.strip_prefix('\u{feff}').unwrap_or(text) };
        if !reader.rest.chars().all(is_character) {
            return None;
        }
        if reader.take("<?xml") {
            let (_declaration, rest) = reader.rest.split_once("?>")?;
            reader.rest = rest;
        }
        reader.blanks();
        let root = reader.element()?;
        reader.blanks();
        reader.rest.is_empty().then_some(root)
    }

    fn take(&mut self, token: &str) -> bool {
        let rest = self.rest.strip_prefix(token);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    /// Whether there were any.
    fn blanks(&mut self) -> bool {
        let rest = self.rest.trim_start_matches([' ', '\t', '\r', '\n']);
        let some = rest.len() < self.rest.len();
        self.rest = rest;
        some
    }

    fn name(&mut self) -> Option<&'t str> {
        let rest = self.rest.trim_start_matches(|one: char| one.is_ascii_alphanumeric());
        let (name, rest) = self.rest.split_at(self.rest.len() - rest.len());
        self.rest = rest;
        name.starts_with(|one: char| one.is_ascii_alphabetic()).then_some(name)
    }

    fn element(&mut self) -> Option<Xml> {
        if !self.take("<") {
            return None;
        }
        let name = self.name()?;
        let mut spaces = 0;
        loop {
            let blank = self.blanks();
            if self.take("/>") {
                return Some(Xml { name: name.into(), ..Xml::default() });
            }
            if self.take(">") {
                break;
            }
            spaces += 1;
            if !blank || spaces > 1 || !self.take("xmlns") {
                return None;
            }
            self.attribute_value()?;
        }
        let mut element = Xml { name: name.into(), ..Xml::default() };
        self.content(&mut element)?;
        let closed = self.name()? == name;
        self.blanks();
        (closed && self.take(">")).then_some(element)
    }

    fn attribute_value(&mut self) -> Option<()> {
        self.blanks();
        if !self.take("=") {
            return None;
        }
        self.blanks();
        let quote = if self.take("\"") { '"' } else { self.take("'").then_some('\'')? };
        let (value, rest) = self.rest.split_once(quote)?;
        self.rest = rest;
        (!value.contains(['<', '&'])).then_some(())
    }

    /// Up to and with the `</` of its end.
    fn content(&mut self, element: &mut Xml) -> Option<()> {
        loop {
            if self.take("</") {
                break;
            }
            if self.rest.starts_with('<') {
                element.elements.push(self.element()?);
            } else if self.take("&") {
                let (name, rest) = self.rest.split_once(';')?;
                self.rest = rest;
                element.text.push(referred(name)?);
            } else {
                if self.rest.starts_with("]]>") {
                    return None;
                }
                let one = self.rest.chars().next()?;
                self.rest = &self.rest[one.len_utf8()..];
                // A line end is a line feed.
                let pair = one == '\r' && self.rest.starts_with('\n');
                if !pair {
                    element.text.push(if one == '\r' { '\n' } else { one });
                }
            }
        }
        if !element.elements.is_empty() {
            let blank = element.text.chars().all(|one| [' ', '\t', '\r', '\n'].contains(&one));
            element.text.clear();
            return blank.then_some(());
        }
        Some(())
    }
}

fn referred(name: &str) -> Option<char> {
    let code = match name {
        "amp" => return Some('&'),
        "lt" => return Some('<'),
        "gt" => return Some('>'),
        "apos" => return Some('\''),
        "quot" => return Some('"'),
        _ => name.strip_prefix('#')?,
    };
    let digits = code.strip_prefix('x');
    let plain = digits.unwrap_or(code).bytes().all(|byte| byte.is_ascii_hexdigit());
    let number = match digits {
        Some(digits) => u32::from_str_radix(digits, 16),
        None => code.parse(),
    };
    char::from_u32(number.ok().filter(|_| plain)?).filter(|one| is_character(*one))
}

/// `Char` of the grammar.
fn is_character(one: char) -> bool {
    matches!(one, '\t' | '\n' | '\r' | '\u{20}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}

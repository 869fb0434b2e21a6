//! The one place that reads XML: as little of the language as requests need, and nothing that two parsers read
//! differently. No document type, no entities but the five of the language, no comments, processing instructions or
//! CDATA, no prefixes, no attributes but the default name space, no text beside elements.

use quick_xml::Reader;
use quick_xml::events::{BytesDecl, BytesRef, BytesStart, Event};

/// An element: it has either text or elements in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Xml {
    /// The name.
    pub name: Box<str>,
    /// The text, its references resolved; empty where there are elements.
    pub text: String,
    /// The elements in it.
    pub elements: Vec<Self>,
}

/// How much a document may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct XmlLimits {
    /// Elements within elements.
    pub depth_max: usize,
    /// Elements in all.
    pub elements_max: usize,
}

/// What makes a document unreadable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the XML document {0}")]
pub struct XmlError(&'static str);

/// Reads a document.
pub fn xml(text: &str, limits: XmlLimits) -> Result<Xml, XmlError> {
    if !text.chars().all(is_character) {
        return Err(XmlError("has characters that XML does not know"));
    }
    let mut reader = Reader::from_str(text);
    let mut builder = Builder { limits, open: Vec::new(), root: None, elements: 0 };
    let mut first = true;
    loop {
        match reader.read_event().map_err(|_error| XmlError("is not well formed"))? {
            Event::Start(tag) => builder.open(&tag)?,
            Event::Empty(tag) => {
                builder.open(&tag)?;
                builder.close()?;
            }
            Event::End(_) => builder.close()?,
            // A line end is a line feed to every parser (XML 1.0, 2.11).
            Event::Text(text) => builder.text(&text.xml10_content())?,
            Event::GeneralRef(reference) => builder.reference(&reference)?,
            Event::Decl(declaration) if first => check_declaration(&declaration)?,
            Event::Eof => return builder.finish(),
            Event::CData(_)
            | Event::Comment(_)
            | Event::Decl(_)
            | Event::PI(_)
            | Event::DocType(_) => {
                return Err(XmlError("has more than elements and text in it"));
            }
        }
        first = false;
    }
}

fn check_declaration(declaration: &BytesDecl<'_>) -> Result<(), XmlError> {
    let version = declaration.version().is_ok_and(|version| version == "1.0");
    let encoding = match declaration.encoding() {
        None => true,
        Some(name) => name.is_ok_and(|name| name.eq_ignore_ascii_case("utf-8")),
    };
    if version && encoding { Ok(()) } else { Err(XmlError("is not XML 1.0 in UTF-8")) }
}

struct Builder {
    limits: XmlLimits,
    /// From the root to the innermost.
    open: Vec<Xml>,
    root: Option<Xml>,
    elements: usize,
}

impl Builder {
    fn open(&mut self, tag: &BytesStart<'_>) -> Result<(), XmlError> {
        self.elements = self.elements.saturating_add(1);
        let full =
            self.elements > self.limits.elements_max || self.open.len() >= self.limits.depth_max;
        if full {
            return Err(XmlError("has more elements than allowed"));
        }
        if self.root.is_some() {
            return Err(XmlError("has two roots"));
        }
        for attribute in tag.attributes() {
            let named = attribute.map_err(|_error| XmlError("is not well formed"))?;
            if named.key.as_ref() != "xmlns" || named.value.contains(['<', '&']) {
                return Err(XmlError("has attributes"));
            }
        }
        let name = tag.name();
        let name: &str = name.as_ref();
        let plain = name.starts_with(|first: char| first.is_ascii_alphabetic())
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if !plain {
            return Err(XmlError("has an element without a plain name"));
        }
        self.open.push(Xml { name: name.into(), ..Xml::default() });
        Ok(())
    }

    fn close(&mut self) -> Result<(), XmlError> {
        let mut done = self.open.pop().ok_or(XmlError("is not well formed"))?;
        if !done.elements.is_empty() {
            if !is_blank(&done.text) {
                return Err(XmlError("has text beside elements"));
            }
            done.text.clear();
        }
        match self.open.last_mut() {
            Some(parent) => parent.elements.push(done),
            None => self.root = Some(done),
        }
        Ok(())
    }

    fn text(&mut self, text: &str) -> Result<(), XmlError> {
        if text.contains("]]>") {
            return Err(XmlError("is not well formed"));
        }
        match self.open.last_mut() {
            Some(element) => element.text.push_str(text),
            None if is_blank(text) => {}
            None => return Err(XmlError("has text outside of its root")),
        }
        Ok(())
    }

    fn reference(&mut self, reference: &BytesRef<'_>) -> Result<(), XmlError> {
        let unknown = XmlError("refers to an entity");
        let character = match reference.resolve_char_ref().map_err(|_error| unknown)? {
            Some(character) => character,
            None => match &**reference {
                "amp" => '&',
                "lt" => '<',
                "gt" => '>',
                "apos" => '\'',
                "quot" => '"',
                _ => return Err(unknown),
            },
        };
        if !is_character(character) {
            return Err(unknown);
        }
        let element = self.open.last_mut().ok_or(unknown)?;
        element.text.push(character);
        Ok(())
    }

    fn finish(self) -> Result<Xml, XmlError> {
        match self.root {
            Some(root) if self.open.is_empty() => Ok(root),
            _ => Err(XmlError("has no end")),
        }
    }
}

/// Whether a document may have it (`Char` of XML 1.0, 2.2).
fn is_character(one: char) -> bool {
    matches!(one, '\t' | '\n' | '\r' | '\u{20}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}

fn is_blank(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n'))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: XmlLimits = XmlLimits { depth_max: 3, elements_max: 5 };

    #[test]
    fn documents() {
        let text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n\
                    <A xmlns=\"http://x\">\n  <B>a&amp;b&#x4e2d; </B><C/>\n</A>\n";
        let root = xml(text, LIMITS).unwrap();
        let names: Vec<&str> = root.elements.iter().map(|element| &*element.name).collect();
        assert_eq!((&*root.name, names), ("A", vec!["B", "C"]));
        assert_eq!(root.elements[0].text, "a&b中 ");
        let ends = xml("<A>a\r\nb\rc&#13;</A>", LIMITS).unwrap();
        assert_eq!(ends.text, "a\nb\nc\r");
    }

    #[test]
    fn refused_documents() {
        for text in [
            "",
            "text",
            "<A>",
            "</A>",
            "<A></B>",
            "<A/><B/>",
            "<A/>x",
            "\u{feff}x<A/>",
            "<A b=\"c\"/>",
            "<A xmlns:x=\"y\"/>",
            "<x:A/>",
            "<A>a<B/></A>",
            "<A><![CDATA[a]]></A>",
            "<A>a<!-- b -->c</A>",
            "<A><?x y?></A>",
            "<!DOCTYPE A><A/>",
            "<!DOCTYPE A [<!ENTITY e \"x\">]><A>&e;</A>",
            "<A>&e;</A>",
            "<A>&#0;</A>",
            "<A>&</A>",
            "<A>a]]>b</A>",
            "<A/><?xml version=\"1.0\"?>",
            "<?xml version=\"1.1\"?><A/>",
            "<?xml version=\"1.0\" encoding=\"UTF-16\"?><A/>",
            "<A><B><C><D/></C></B></A>",
            "<A><B/><B/><B/><B/><B/></A>",
            "&amp;<A/>",
            "<A>\u{1}</A>",
            "<A>&#1;</A>",
            "<A>&#xffff;</A>",
            "<A>\u{fffe}</A>",
            "<1/>",
            "<></>",
            "<A xmlns=\"a<b\"/>",
            "<A xmlns=\"&e;\"/>",
            "<A xmlns=\"a\" xmlns=\"a\"/>",
        ] {
            assert!(xml(text, LIMITS).is_err(), "{text}");
        }
    }
}

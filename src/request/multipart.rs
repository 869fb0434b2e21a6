//! `multipart/form-data`, as browsers send it (signatures sheet, 5.8).
//!
//! The fields come first and are read as a whole; the file follows and is never held (SIG-70): [`FormReader`] reads the one,
//! [`FileScan`] follows the other.

mod file;
mod form;
mod part;

use std::fmt;
use std::ops::Range;

use bytes::Bytes;

pub use file::FileScan;
pub use form::FormReader;

/// Fields before the file (SIG-70).
const FIELDS_MAX: usize = 100;
/// Bytes of a field, and of the head of a part (SIG-70).
const FIELD_BYTES_MAX: usize = 8 * 1024;

/// What stands for the name of the uploaded file in a key.
const FILE_NAME: &str = "${filename}";

/// The fields of a browser form, and where its file begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Multipart {
    /// What ends each part.
    separator: Bytes,
    fields: Vec<Field>,
    file_name: Option<Box<str>>,
    /// The head of the file's part, from behind the boundary to where the file begins.
    file_head: Range<usize>,
}

#[derive(Clone, PartialEq, Eq)]
struct Field {
    /// In lower case.
    name: Box<str>,
    /// As sent.
    spelling: Box<str>,
    value: Box<str>,
    /// The whole part, from behind the boundary before it to the end of the boundary behind it.
    raw: Range<usize>,
}

/// What makes a browser form unreadable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MultipartError {
    /// A field twice.
    #[error("the multipart form has a field twice")]
    Repeated,
    /// A field twice, in letters of another case.
    #[error("the multipart form has a field in two spellings")]
    TwoSpellings,
    /// Anything else.
    #[error("the multipart form {0}")]
    Form(&'static str),
}

impl Multipart {
    /// Reads a whole form: its fields and its file. Refuses what two parsers could read differently: other line ends,
    /// escapes in names, text before the first boundary, repeated fields. What follows the file is not read.
    pub fn parse<'b>(
        content_type: &str,
        body: &'b [u8],
    ) -> Result<(Self, &'b [u8]), MultipartError> {
        let ends_early = MultipartError::Form("ends before its file does");
        let form = FormReader::new(content_type)?.read(body)?.ok_or(ends_early)?;
        let rest = body.get(form.file_at()..).unwrap_or_default();
        let mut scan = form.file();
        let [_nothing, file] = scan.push(&Bytes::copy_from_slice(rest))?;
        if !scan.has_ended() {
            return Err(ends_early);
        }
        Ok((form, rest.get(..file.len()).unwrap_or_default()))
    }

    /// The value of a field; names are in lower case (SIG-70).
    pub fn get(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|field| *field.name == *name).map(|field| &*field.value)
    }

    /// The names of the fields, as sent.
    pub fn spellings(&self) -> impl Iterator<Item = &str> {
        self.fields.iter().map(|field| &*field.spelling)
    }

    /// The key of the object that the file becomes, with the file's name where the key asks for it (SIG-72). `None` also
    /// where the name that is asked for is missing or has folders in it, which some readers take off.
    pub fn key(&self) -> Option<String> {
        let key = self.get("key")?;
        if !key.contains(FILE_NAME) {
            return Some(key.to_owned());
        }
        let name = self.file_name().filter(|name| !name.is_empty() && !name.contains('/'))?;
        Some(key.replace(FILE_NAME, name))
    }

    /// The name of the uploaded file.
    pub fn file_name(&self) -> Option<&str> {
        self.file_name.as_deref()
    }

    /// Where in the body the file begins.
    pub fn file_at(&self) -> usize {
        self.file_head.end
    }

    /// Finds the end of the file in what follows.
    pub fn file(&self) -> FileScan {
        FileScan::new(self.separator.clone())
    }

    /// What ends a form behind its file.
    pub fn ending(&self) -> Bytes {
        Bytes::from([&self.separator, &b"--\r\n"[..]].concat())
    }

    /// The bytes before the file, taken from the body they were read from, without some fields; all others byte for byte
    /// and in order.
    pub fn head_without(&self, body: &[u8], dropped: impl Fn(&str) -> bool) -> Bytes {
        let first = 0..self.separator.len().saturating_sub(2);
        let kept = self.fields.iter().filter(|field| !dropped(&field.name));
        let ranges = [first].into_iter().chain(kept.map(|field| field.raw.clone()));
        let ranges = ranges.chain([self.file_head.clone()]);
        let parts: Vec<&[u8]> = ranges.filter_map(|range| body.get(range)).collect();
        Bytes::from(parts.concat())
    }
}

/// Fields carry tokens and signatures: only their names are shown.
impl fmt::Debug for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Field({})", self.name)
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use proptest::prelude::*;

    use super::{FileScan, FormReader, Multipart, MultipartError};

    const KIND: &str = "multipart/form-data; boundary=xx";

    fn part(disposition: &str, content: &str) -> String {
        format!("--xx\r\nContent-Disposition: {disposition}\r\n\r\n{content}\r\n")
    }

    #[test]
    fn forms() {
        let key = part("form-data; name=\"Key\"", "a b");
        let file = part("form-data; name=\"file\"; filename=\"a;b.txt\"", "x\r\ny");
        let body = format!("{key}{file}--xx--\r\n");
        let (form, content) = Multipart::parse(KIND, body.as_bytes()).unwrap();
        assert_eq!(form.get("key"), Some("a b"));
        assert_eq!((content, form.file_name()), (&b"x\r\ny"[..], Some("a;b.txt")));
        let bare = form.head_without(body.as_bytes(), |name| name == "key");
        assert_eq!(bare, file.split_once("x\r\ny").unwrap().0);
        let all = form.head_without(body.as_bytes(), |_name| false);
        assert_eq!(all, body.split_once("x\r\ny").unwrap().0);
    }

    /// The name of the file becomes part of a key only where every reader takes it whole.
    #[test]
    fn keys_with_the_name_of_the_file() {
        for (key, file_name, expected) in [
            ("up/${filename}", Some("a b.txt"), Some("up/a b.txt")),
            ("up/${filename}", Some("x/b.txt"), None),
            ("up/${filename}", Some("../b.txt"), None),
            ("up/${filename}", Some(""), None),
            ("up/${filename}", None, None),
            ("up/k", Some("x/b.txt"), Some("up/k")),
            ("up/k", None, Some("up/k")),
        ] {
            let named = file_name.map(|name| format!("; filename=\"{name}\"")).unwrap_or_default();
            let file = part(&format!("form-data; name=\"file\"{named}"), "x");
            let body = format!("{}{file}--xx--\r\n", part("form-data; name=\"key\"", key));
            let (form, _file) = Multipart::parse(KIND, body.as_bytes()).unwrap();
            assert_eq!(form.key().as_deref(), expected, "{key} {file_name:?}");
        }
    }

    /// What real clients write beside the name of a part.
    #[test]
    fn heads_of_parts_that_change_nothing() {
        let kind = "Content-Type: text/plain; charset=ISO-8859-1";
        let head = format!("\r\n{kind}\r\nContent-Transfer-Encoding: 8bit\r\n\r\n");
        let key = part("form-data; name=\"key\"", "a").replace("\r\n\r\n", &head);
        let file = part("form-data; name=\"file\"; filename=\"a\"", "x").replace("\r\n\r\n", &head);
        assert!(Multipart::parse(KIND, format!("{key}{file}--xx--").as_bytes()).is_ok());
        let other = key.replace("\r\na\r\n", "\r\n\u{e9}\r\n");
        assert!(Multipart::parse(KIND, format!("{other}{file}--xx--").as_bytes()).is_err());
    }

    #[test]
    fn refused_forms() {
        let key = part("form-data; name=\"key\"", "a");
        let file = part("form-data; name=\"file\"", "x");
        let many: String =
            (0..101).map(|i| part(&format!("form-data; name=\"f{i}\""), "")).collect();
        let long = part("form-data; name=\"key\"", &"x".repeat(8193));
        for (kind, body) in [
            ("multipart/form-data", format!("{key}{file}--xx--")),
            ("text/plain; boundary=xx", format!("{key}{file}--xx--")),
            (KIND, format!("{key}--xx--\r\n")),
            (KIND, format!("{key}{key}{file}--xx--")),
            (KIND, format!("preamble\r\n{key}{file}--xx--")),
            (KIND, format!("{many}{file}--xx--")),
            (KIND, format!("{long}{file}--xx--")),
            (KIND, file.trim_end().to_owned()),
            (KIND, part("form-data; name=file", "x") + "--xx--"),
            (KIND, part("form-data; name=\"a\\\"b\"", "x") + "--xx--"),
            (KIND, part("form-data; name=\"key\"; filename=\"a\"", "x") + &file + "--xx--"),
            (KIND, part("form-data; name=\"key \"", "x") + &file + "--xx--"),
            (
                KIND,
                key.replace("\r\n\r\n", "\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n")
                    + &file
                    + "--xx--",
            ),
            (
                KIND,
                key.replace("\r\n\r\n", "\r\nContent-Type: text/plain; charset=utf-16\r\n\r\n")
                    + &file
                    + "--xx--",
            ),
            (
                KIND,
                key.replace("\r\n\r\n", "\r\nContent-Disposition : form-data; name=\"b\"\r\n\r\n")
                    + &file
                    + "--xx--",
            ),
            ("multipart/form-data; boundary=xx; boundary*=utf-8''yy", format!("{key}{file}--xx--")),
            ("multipart/form-data; boundary=xx; boundary =yy", format!("{key}{file}--xx--")),
            (
                "multipart/form-data; boundary=xx,yy",
                format!("{key}{file}--xx--").replace("xx", "xx,yy"),
            ),
            (KIND, format!("{key}{file}--xx--").replace("\r\n", "\n")),
            (KIND, String::new()),
            (KIND, format!("{key}{}--xx--", file.replace("x\r\n", "x\r\n--xxZ more\r\n"))),
            (
                KIND,
                format!("{}{file}--xx--", key.replace("\r\n\r\n", "\r\n--xx\r\nFoo: bar\r\n\r\n")),
            ),
            (KIND, format!("{}{file}--xx--", key.replace("; name", "\r\n ; name"))),
            (KIND, format!("{}{file}--xx--", key.replace("Content-", "X: a\nContent-"))),
            ("multipart/form-data; boundary=xx; boundary=yy", format!("{key}{file}--xx--")),
        ] {
            assert!(Multipart::parse(kind, body.as_bytes()).is_err(), "{kind}: {body}");
        }
    }

    /// What a reader makes of a body that comes in these pieces: the value of `key`, and the file.
    fn piecewise(pieces: &[&[u8]]) -> Result<(Option<String>, Vec<u8>), MultipartError> {
        let early = MultipartError::Form("ends before its file does");
        let mut reader = FormReader::new(KIND)?;
        let (mut head, mut scan, mut key) = (Vec::new(), None::<FileScan>, None);
        let mut file = Vec::new();
        for piece in pieces {
            let mut piece = Bytes::copy_from_slice(piece);
            if scan.is_none() {
                head.extend_from_slice(&piece);
                let Some(form) = reader.read(&head)? else { continue };
                key = form.get("key").map(str::to_owned);
                piece = Bytes::copy_from_slice(&head[form.file_at()..]);
                scan = Some(form.file());
            }
            if let Some(scan) = &mut scan {
                scan.push(&piece)?.iter().for_each(|part| file.extend_from_slice(part));
            }
        }
        scan.filter(FileScan::has_ended).map(|_scan| (key, file)).ok_or(early)
    }

    fn whole(body: &[u8]) -> Result<(Option<String>, Vec<u8>), MultipartError> {
        let (form, file) = Multipart::parse(KIND, body)?;
        Ok((form.get("key").map(str::to_owned), file.to_vec()))
    }

    /// Files that nearly end: the scan must neither lose nor invent a byte, wherever a piece ends.
    #[test]
    fn every_cut_reads_like_the_whole() {
        let key = part("form-data; name=\"key\"", "a\r\n-b");
        for content in [
            "",
            "x",
            "\r",
            "\r\n",
            "\r\n-",
            "\r\n--",
            "\r\n--x",
            "\r\r\n--",
            "\r\n\r\n--x\r\n--y",
            "--xx",
            "\r\n--x\r\n--xY",
            "\r\n--xxZ",
            "\r\n--xx-Z",
            "\r\n--xx\rZ",
        ] {
            let file = part("form-data; name=\"file\"", content);
            for ending in
                ["--xx--\r\n", "--xx\r\nContent-Disposition: form-data", "--xx", "--x", ""]
            {
                let body = format!("{key}{file}{ending}").into_bytes();
                let expected = whole(&body);
                for cut in 0..=body.len() {
                    let (first, second) = body.split_at(cut);
                    assert_eq!(
                        piecewise(&[first, second]),
                        expected,
                        "{content:?} {ending:?} {cut}"
                    );
                }
                let bytes: Vec<&[u8]> = body.chunks(1).collect();
                assert_eq!(piecewise(&bytes), expected, "{content:?} {ending:?} byte by byte");
            }
        }
    }

    proptest! {
        #[test]
        fn any_file_in_any_pieces(
            content in "[\\-xa\r\n]{0,60}",
            cuts in proptest::collection::vec(0_usize..200, 0..6),
        ) {
            let file = part("form-data; name=\"file\"", &content);
            let body = format!("{}{file}--xx--", part("form-data; name=\"key\"", "k")).into_bytes();
            let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(body.len())).collect();
            cuts.extend([0, body.len()]);
            cuts.sort_unstable();
            let pieces: Vec<&[u8]> = cuts.windows(2).map(|cut| &body[cut[0]..cut[1]]).collect();
            prop_assert_eq!(piecewise(&pieces), whole(&body));
        }
    }
}

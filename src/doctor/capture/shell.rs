//! A command line, taken apart into words as a shell does; but nothing is run, and no variable has a value.

use super::CaptureError;

/// More words are no command that anybody copied.
const WORDS_MAX: usize = 10_000;
/// Nobody reads more.
const NOTES_MAX: usize = 8;

/// The words of the first command, and what was left out or taken as it stands.
#[derive(Debug, Default)]
pub(super) struct Line {
    pub(super) words: Vec<Vec<u8>>,
    pub(super) notes: Vec<String>,
}

/// Splits a command line.
pub(super) fn split(text: &str) -> Result<Line, CaptureError> {
    let mut shell = Shell { rest: text, line: Line::default(), word: None };
    while shell.step()? {
        if shell.line.words.len() > WORDS_MAX {
            return Err(CaptureError::new(format!("the command has more than {WORDS_MAX} words")));
        }
    }
    shell.end_word();
    Ok(shell.line)
}

struct Shell<'t> {
    rest: &'t str,
    line: Line,
    /// The word under way; an empty one when quotes have been opened.
    word: Option<Vec<u8>>,
}

impl Shell<'_> {
    /// Takes what comes next; `false`: the command is over.
    fn step(&mut self) -> Result<bool, CaptureError> {
        let Some(next) = self.next() else { return Ok(false) };
        match next {
            '\\' => match self.next() {
                Some('\n') => {}
                Some('\r') if self.rest.starts_with('\n') => {
                    self.next();
                }
                Some(other) => self.push(other),
                None => return Err(CaptureError::new("the command ends with a `\\`")),
            },
            '\'' => self.quoted()?,
            '"' => self.double_quoted()?,
            '$' if self.rest.starts_with('\'') => {
                self.next();
                self.ansi_quoted()?;
            }
            '#' if self.word.is_none() => {
                self.rest = self.rest.find('\n').map_or("", |at| self.rest.get(at..).unwrap_or(""));
            }
            '\n' if self.word.is_none() && self.line.words.is_empty() => {}
            '|' | ';' | '<' | '>' | '\n' => {
                self.leave(next);
                return Ok(false);
            }
            '&' => {
                let help = "a `&` outside quotes ends the command: put the URL into quotes";
                return Err(CaptureError::new(help));
            }
            blank if blank.is_ascii_whitespace() => self.end_word(),
            other => {
                self.note_variable(other);
                self.push(other);
            }
        }
        Ok(true)
    }

    /// What follows belongs to another command, or to a file.
    fn leave(&mut self, mark: char) {
        // `2>` says which output goes to the file.
        if mark == '>' && self.word.as_ref().is_some_and(|word| word.iter().all(u8::is_ascii_digit))
        {
            self.word = None;
        }
        if !self.rest.trim().is_empty() {
            let mark =
                if mark == '\n' { "the end of the line".to_owned() } else { format!("`{mark}`") };
            self.line.notes.push(format!("what follows {mark} is left out"));
        }
    }

    fn quoted(&mut self) -> Result<(), CaptureError> {
        let (inside, after) = self.rest.split_once('\'').ok_or_else(|| unclosed("'"))?;
        self.rest = after;
        self.word.get_or_insert_default().extend_from_slice(inside.as_bytes());
        Ok(())
    }

    fn double_quoted(&mut self) -> Result<(), CaptureError> {
        self.word.get_or_insert_default();
        loop {
            match self.next().ok_or_else(|| unclosed("\""))? {
                '"' => return Ok(()),
                '\\' => match self.next().ok_or_else(|| unclosed("\""))? {
                    '\n' => {}
                    special @ ('"' | '\\' | '$' | '`') => self.push(special),
                    other => {
                        self.push('\\');
                        self.push(other);
                    }
                },
                other => {
                    self.note_variable(other);
                    self.push(other);
                }
            }
        }
    }

    /// `$'…'`, as browsers copy bodies.
    fn ansi_quoted(&mut self) -> Result<(), CaptureError> {
        self.word.get_or_insert_default();
        loop {
            match self.next().ok_or_else(|| unclosed("$'"))? {
                '\'' => return Ok(()),
                '\\' => self.ansi_escape()?,
                other => self.push(other),
            }
        }
    }

    fn ansi_escape(&mut self) -> Result<(), CaptureError> {
        let escape = self.next().ok_or_else(|| unclosed("$'"))?;
        match escape {
            'n' => self.push('\n'),
            'r' => self.push('\r'),
            't' => self.push('\t'),
            'a' => self.push('\x07'),
            'b' => self.push('\x08'),
            'f' => self.push('\x0c'),
            'v' => self.push('\x0b'),
            'e' | 'E' => self.push('\x1b'),
            '\\' | '\'' | '"' | '?' => self.push(escape),
            'x' => {
                let byte = self.number(16, 2).and_then(|byte| u8::try_from(byte).ok());
                self.push_byte(byte.ok_or_else(|| unknown_escape(escape))?);
            }
            '0'..='7' => {
                let first = escape.to_digit(8).unwrap_or_default();
                let more = (0..2).map_while(|_| self.digit(8)).fold(first, |all, it| all * 8 + it);
                self.push_byte(u8::try_from(more).map_err(|_large| unknown_escape(escape))?);
            }
            'u' | 'U' => {
                let digits = if escape == 'u' { 4 } else { 8 };
                let c = self.number(16, digits).and_then(char::from_u32);
                self.push(c.ok_or_else(|| unknown_escape(escape))?);
            }
            _ => return Err(unknown_escape(escape)),
        }
        Ok(())
    }

    /// A number of at most so many digits.
    fn number(&mut self, radix: u32, digits: usize) -> Option<u32> {
        let first = self.digit(radix)?;
        let more = (1..digits).map_while(|_| self.digit(radix));
        Some(more.fold(first, |all, digit| all.wrapping_mul(radix).wrapping_add(digit)))
    }

    fn digit(&mut self, radix: u32) -> Option<u32> {
        let digit = self.rest.chars().next().and_then(|c| c.to_digit(radix))?;
        self.next();
        Some(digit)
    }

    /// What a shell would put into the place of `$NAME` is not in the command.
    fn note_variable(&mut self, mark: char) {
        let begins = |c: char| c.is_ascii_alphabetic() || matches!(c, '_' | '{' | '(');
        if self.line.notes.len() >= NOTES_MAX {
            return;
        }
        if mark == '`' || (mark == '$' && self.rest.starts_with(begins)) {
            let name: String =
                self.rest.chars().take_while(|c| !c.is_whitespace()).take(20).collect();
            let note =
                format!("`{mark}{name}` is taken as it stands: only the shell knows its value");
            self.line.notes.push(note);
        }
    }

    fn next(&mut self) -> Option<char> {
        let mut chars = self.rest.chars();
        let next = chars.next();
        self.rest = chars.as_str();
        next
    }

    fn push(&mut self, c: char) {
        let mut bytes = [0; 4];
        let encoded = c.encode_utf8(&mut bytes).as_bytes();
        self.word.get_or_insert_default().extend_from_slice(encoded);
    }

    fn push_byte(&mut self, byte: u8) {
        self.word.get_or_insert_default().push(byte);
    }

    fn end_word(&mut self) {
        self.line.words.extend(self.word.take());
    }
}

fn unclosed(quote: &str) -> CaptureError {
    CaptureError::new(format!("a quote `{quote}` of the command is not closed"))
}

fn unknown_escape(escape: char) -> CaptureError {
    CaptureError::new(format!("`\\{escape}` inside `$'…'` is no escape that is known here"))
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn words() {
        for (text, expected) in [
            ("curl a  b", &["curl", "a", "b"][..]),
            ("curl \\\n  -X POST \\\r\n 'a b'", &["curl", "-X", "POST", "a b"]),
            (r#"a"b c"'d e'f ''"#, &["ab cd ef", ""]),
            (r#""a\"b\\c\d\$e""#, &[r#"a"b\c\d$e"#]),
            (r"$'a\'b\n\x41\u00e9\101\\'", &["a'b\nAéA\\"]),
            ("a # b\n", &["a"]),
            ("a 2>/dev/null", &["a"]),
            ("a | jq .", &["a"]),
            ("a $TOKEN \"${B}\"", &["a", "$TOKEN", "${B}"]),
        ] {
            let line = split(text).unwrap();
            let words: Vec<_> =
                line.words.iter().map(|word| String::from_utf8_lossy(word)).collect();
            assert_eq!(words, expected, "{text}");
        }
        assert_eq!(split("a $TOKEN | b").unwrap().notes.len(), 2);
    }

    #[test]
    fn unreadable() {
        for text in [
            "'a",
            "\"a",
            "$'a",
            "a \\",
            "curl http://h/?a=1&b=2",
            r"$'\q'",
            r"$'\ud800'",
            r"$'\777'",
        ] {
            assert!(split(text).is_err(), "{text}");
        }
    }
}

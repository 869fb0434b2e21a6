use std::fmt;

/// Where something stands in a text file. Both count from 1; a column counts characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
}

impl Position {
    /// The first character of a file: for problems of the file as a whole.
    pub const START: Self = Self { line: 1, column: 1 };
}

/// Whether a problem stops a load.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// The files are refused.
    Error,
    /// The files are used; a person should know.
    Warning,
}

/// One thing wrong in one file: where, what, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Whether it stops the load.
    pub severity: Severity,
    /// The file as the operator named it.
    pub file: String,
    /// Where in the file.
    pub at: Position,
    /// The field, as a path (`users[2].keys`) in YAML or a JSON pointer (`/Statement/0/Action`) in JSON. Empty for the
    /// file as a whole.
    pub field: String,
    /// The rule of the policy language that is broken (`V-7`), where there is one.
    pub rule: Option<&'static str>,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
}

impl Problem {
    /// A problem that stops the load.
    pub fn error(file: &str, at: Position, field: &str, message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Error,
            file: file.to_owned(),
            at,
            field: field.to_owned(),
            rule: None,
            message: message.into(),
            help: None,
        }
    }

    /// A problem that does not stop the load.
    pub fn warning(file: &str, at: Position, field: &str, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(file, at, field, message) }
    }

    /// Adds what to do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Adds the rule that is broken.
    #[must_use]
    pub fn rule(mut self, rule: &'static str) -> Self {
        self.rule = Some(rule);
        self
    }
}

/// `file:line:column: error[V-7]: message`, then indented lines for the field and the help.
impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let severity = match self.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        write!(f, "{}:{}:{}: {severity}", self.file, self.at.line, self.at.column)?;
        if let Some(rule) = self.rule {
            write!(f, "[{rule}]")?;
        }
        write!(f, ": {}", self.message)?;
        if !self.field.is_empty() {
            write!(f, "\n    field: {}", self.field)?;
        }
        if let Some(help) = &self.help {
            write!(f, "\n    help: {help}")?;
        }
        Ok(())
    }
}

/// How many of the problems stop a load.
pub fn count_errors(problems: &[Problem]) -> usize {
    problems.iter().filter(|problem| problem.severity == Severity::Error).count()
}

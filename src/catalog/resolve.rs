//! A request → the checks it takes (section 2).

use smol_str::SmolStr;

use crate::request::Head;
use crate::strict::Json;

use super::attributes::CallAttributes;
use super::host::Located;
use super::model::{Authorization, Operation, Style};
use super::operation::{SelectedRpc, check_path, path_segments, select_roa, select_rpc};
use super::parameters::{
    broken_lists, check_duplicates, check_look_alikes, check_override, malformed,
};
use super::reading::{Reading, Request};
use super::resource::{check, holds};
use super::scope::{check_account, check_region};
use super::{
    BodyNeed, Call, Check, Content, Context, OwnedResource, Streaming, Unreadable, Word, objects,
};

impl Located<'_> {
    /// What has to be read of the body.
    pub fn need(&self, head: &Head) -> BodyNeed {
        match self.product.style {
            Style::Rpc if head.is_form() => BodyNeed::Form,
            Style::Rpc => BodyNeed::None,
            Style::Roa => {
                // What neither path rule can read needs no body to be refused.
                let selected = [false, true]
                    .iter()
                    .find_map(|literal| select_roa(self, head, *literal, None).ok());
                selected.map_or(BodyNeed::None, |(operation, _)| operation.need)
            }
            Style::Objects => objects::need(self.product, head),
        }
    }

    /// Reads a request; or says, in one word, why it cannot be read.
    pub fn resolve<'r>(
        &'r self,
        head: &'r Head,
        content: &'r Content<'r>,
        context: &'r Context<'r>,
    ) -> Result<Call<'r>, Unreadable> {
        let mut request = Request::new(head, content, self, context);
        match self.product.style {
            Style::Rpc => {
                check_path(self.product, head)?;
                check_rpc_body(head, content)?;
                let reading = request.reading();
                check_duplicates(reading, None)?;
                match select_rpc(self.product, head, reading)? {
                    SelectedRpc::Listed(operation) => {
                        check_parameters(operation, reading)?;
                        call(operation, request)
                    }
                    SelectedRpc::ByName(name) => {
                        check_parameters(&self.product.undescribed, reading)?;
                        call_by_name(name, request)
                    }
                }
            }
            Style::Roa => {
                path_segments(head.raw_path(), context.literal_paths)?;
                let selected =
                    select_roa(self, head, context.literal_paths, context.min_confidence);
                let operation = selected.as_ref().ok().map(|(operation, _)| *operation);
                check_duplicates(request.reading(), operation)?;
                let (operation, path) = selected?;
                request.path = path;
                check_override(operation, request.reading())?;
                check_parameters(operation, request.reading())?;
                check_body(operation, head, content)?;
                call(operation, request)
            }
            Style::Objects => {
                let (operation, parts) = objects::read(self, head, content, context)?;
                request.objects = Some(parts);
                call(operation, request)
            }
        }
    }
}

/// The checks of an operation, as the request asks for them.
fn call<'r>(operation: &'r Operation, mut request: Request<'r>) -> Result<Call<'r>, Unreadable> {
    let mut checks = Vec::new();
    if operation.auth == Authorization::Checks {
        request.broken_lists = broken_lists(operation, request.reading());
        let reading = request.reading();
        for rule in &operation.checks {
            if holds(&rule.when, reading)? {
                checks.extend(check(rule, reading)?);
            }
        }
        // One that no resource asked for: a condition does, or a resource that another type is chosen for.
        if let Some(list) = request.broken_lists.first() {
            return Err(malformed(list));
        }
        if checks.is_empty() {
            return Err(Unreadable::new(Word::NoResource, "no check of the operation applies"));
        }
    }
    Ok(Call {
        operation: operation.name.clone(),
        auth: operation.auth,
        checks,
        attributes: CallAttributes::new(request, operation)?,
        streaming: operation.streaming,
    })
}

/// A call that nobody described: its action is called like it, and it may be on anything (section 3).
fn call_by_name(name: SmolStr, request: Request<'_>) -> Result<Call<'_>, Unreadable> {
    let product = request.located.product;
    let check = Check {
        service: product.ram_code.clone(),
        operation: name.clone(),
        object_use: None,
        resources: vec![OwnedResource::All],
    };
    Ok(Call {
        operation: name,
        auth: Authorization::Checks,
        checks: vec![check],
        attributes: CallAttributes::new(request, &product.undescribed)?,
        streaming: Streaming::Forbidden,
    })
}

fn check_parameters(operation: &Operation, reading: Reading<'_>) -> Result<(), Unreadable> {
    check_look_alikes(operation, reading)?;
    check_account(reading)?;
    check_region(reading)
}

fn check_rpc_body(head: &Head, content: &Content<'_>) -> Result<(), Unreadable> {
    let unsupported = |why: &str| Err(Unreadable::new(Word::UnsupportedBody, why.to_owned()));
    match content {
        Content::Empty => Ok(()),
        Content::Form(_) if head.headers().contains_key("content-encoding") => {
            unsupported("the form is compressed")
        }
        Content::Form(_) => Ok(()),
        Content::Json(_) | Content::Text(_) | Content::Upload(_) | Content::Opaque => {
            unsupported("the body of this product's calls is a form")
        }
    }
}

fn check_body(operation: &Operation, head: &Head, content: &Content<'_>) -> Result<(), Unreadable> {
    if operation.body_fields.is_empty() {
        return Ok(());
    }
    let unsupported = |why: &str| Err(Unreadable::new(Word::UnsupportedBody, why.to_owned()));
    if head.headers().contains_key("content-encoding") {
        return unsupported("the body decides and is compressed");
    }
    match content {
        Content::Empty | Content::Json(Json::Object(_)) => Ok(()),
        Content::Json(_) => unsupported("the body is no JSON object"),
        Content::Form(_) | Content::Text(_) | Content::Upload(_) | Content::Opaque => {
            unsupported("the body decides and is no JSON document")
        }
    }
}

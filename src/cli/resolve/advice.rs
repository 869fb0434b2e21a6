//! What to do about a request that is refused.

use crate::catalog::Word;

/// One sentence for whoever made the request, or runs the gate.
pub(super) fn advice(word: Word) -> &'static str {
    match word {
        Word::UnknownHost => {
            "check the Host header; in a deployment, the product belongs under `products` of a route and a name of your own under its `hosts`; a service of your own needs a catalogue file"
        }
        Word::AccessPoint => {
            "name the bucket itself, or configure the alias as a host with its `bucket`"
        }
        Word::BadPath => {
            "send a plain path: rpc calls go to `/`; elsewhere no empty or dot segments and no encoded slashes, unless the route says `literal_paths`"
        }
        Word::UnsupportedBody => {
            "send the body plainly, in the form that the API documents: not compressed, one document, within the limit"
        }
        Word::DuplicateParameter => {
            "send each parameter and header once, in the query or in the form"
        }
        Word::UnknownQuery => {
            "leave the name out of the query, or add it to the product's catalogue file once it is clear what it does"
        }
        Word::ConflictingAction => {
            "let `Action`, `Version` and the `x-acs-` headers name the same operation"
        }
        Word::UnknownVersion => {
            "send a `Version` that the catalogue has, or add this one with its operations"
        }
        Word::UnknownOperation => {
            "compare spelling and method with `ramgate catalog list PRODUCT`; what it lacks, a catalogue file of the deployment can add"
        }
        Word::Ambiguous => {
            "ask for one thing at a time: two operations claim this request, or none explains all of it"
        }
        Word::LookAlikeParameter => {
            "use the exact spelling that the API documents, and no second one beside it"
        }
        Word::AccountMismatch => "leave the owner out, or name the account that is behind the gate",
        Word::RegionMismatch => {
            "name the same region in host and parameters, the one that the route pins"
        }
        Word::BadValue => {
            "send identifiers without blanks, wildcards, `:`, `/` and `\\`, and valid escapes"
        }
        Word::MalformedList => {
            "write the list as the API documents it: indexes from 1, or a JSON list that is not empty"
        }
        Word::BadArn => "send an ARN of the kind and the account that the parameter takes",
        Word::MissingParameter => {
            "send the parameter; for calls about oneself, say who calls with `--user`"
        }
        Word::NoResource => "name a resource that the operation works on",
    }
}

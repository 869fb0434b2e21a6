//! Condition keys (section 5).

use super::super::access::ConditionKey;

/// Keys that Alibaba's material knows, whose case a document has to keep (V-9).
const KNOWN: &[&str] = &[
    "acs:CurrentTime",
    "acs:SecureTransport",
    "acs:SourceIp",
    "acs:MFAPresent",
    "acs:PrincipalARN",
    "acs:PrincipalRDId",
    "acs:PrincipalRDPath",
    "acs:ResourceGroupId",
    "acs:SourceVpc",
    "acs:VpcSourceIp",
    "acs:UserAgent",
    "acs:AccessId",
    "acs:Service",
    "ecs:CommandRunAs",
    "ecs:InstanceType",
    "ecs:InstanceTypeFamily",
    "ecs:ImageOwnerId",
    "ecs:ImageSource",
    "ecs:ImagePlatform",
    "ecs:IsDiskEncrypted",
    "ecs:IsDiskByokEncrypted",
    "ecs:IsSystemDiskEncrypted",
    "ecs:IsSystemDiskByokEncrypted",
    "ecs:SecurityEnhancementStrategy",
    "ecs:SecurityHardeningMode",
    "ecs:NotSpecifySecurityGroupId",
    "ecs:LoginAsNonRoot",
    "ecs:PasswordInherit",
    "ecs:PasswordCustomized",
    "ecs:AssociatePublicIpAddress",
    "vpc:VPC",
    "vpc:IsDefaultVpc",
    "vpc:IsDefaultVSwitch",
    "vpc:CreateDefaultVpc",
    "kms:RecoveryWindowInDays",
    "ram:ServiceName",
    "sts:ExternalId",
    "sts:SourceIdentity",
    "saml:recipient",
    "oidc:iss",
    "oidc:aud",
    "oidc:sub",
    "oss:Prefix",
    "oss:Delimiter",
    "oss:x-oss-acl",
    "oss:x-oss-object-acl",
    "oss:object-remaining-retention-days",
    "oss:DataAccessPointArn",
    "oss:DataAccessPointAccount",
    "oss:AccessPointNetworkOrigin",
];
/// Families whose part behind the `/` is a tag key.
const FAMILIES: &[&str] = &[
    "acs:RequestTag",
    "acs:ResourceTag",
    "ecs:tag",
    "vpc:tag",
    "kms:tag",
    "rds:ResourceTag",
    "oss:BucketTag",
    "oss:ExistingObjectTag",
    "oss:RequestObjectTag",
];

/// Resolves a key once.
pub(in super::super) fn read(text: &str) -> ConditionKey {
    match text {
        "acs:CurrentTime" => ConditionKey::CurrentTime,
        "acs:SecureTransport" => ConditionKey::SecureTransport,
        "acs:SourceIp" => ConditionKey::SourceIp,
        "acs:MFAPresent" => ConditionKey::MfaPresent,
        "acs:PrincipalARN" => ConditionKey::PrincipalArn,
        "acs:UserAgent" => ConditionKey::UserAgent,
        "acs:AccessId" => ConditionKey::AccessId,
        other => match other.strip_prefix("acs:RequestTag/") {
            Some(tag) => ConditionKey::RequestTag(tag.into()),
            None => ConditionKey::Other(other.into()),
        },
    }
}

/// The right spelling of a key that differs from a known one in case only.
pub(in super::super) fn misspelt(text: &str) -> Option<String> {
    let (family, tag) = match text.split_once('/') {
        Some((family, tag)) => (family, Some(tag)),
        None => (text, None),
    };
    let known = if tag.is_some() { FAMILIES } else { KNOWN };
    let right =
        known.iter().find(|right| right.eq_ignore_ascii_case(family) && **right != family)?;
    Some(tag.map_or_else(|| (*right).to_owned(), |tag| format!("{right}/{tag}")))
}

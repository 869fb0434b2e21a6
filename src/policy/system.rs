//! Alibaba's system policies, as data: usable by name, not modifiable (`policies/system/`).

/// A policy that comes with the program.
#[derive(Clone, Copy, Debug)]
pub struct SystemPolicy {
    /// Its name.
    pub name: &'static str,
    /// Its document.
    pub text: &'static str,
    /// Rebuilt from its naming pattern and descriptions, not read on a page of its own.
    pub reconstructed: bool,
}

macro_rules! policy {
    ($name:literal) => {
        policy!($name, false)
    };
    ($name:literal, $reconstructed:literal) => {
        SystemPolicy {
            name: $name,
            text: include_str!(concat!("../../policies/system/", $name, ".json")),
            reconstructed: $reconstructed,
        }
    };
}

/// Every system policy there is a document for. Which reconstructed ones may be used is the configuration's choice.
pub fn system_policies() -> &'static [SystemPolicy] {
    POLICIES
}

const POLICIES: &[SystemPolicy] = &[
    policy!("AdministratorAccess", true),
    policy!("AliyunACMFullAccess"),
    policy!("AliyunALBFullAccess"),
    policy!("AliyunAOSSReadOnlyAccess"),
    policy!("AliyunARMSFullAccess", true),
    policy!("AliyunARMSReadOnlyAccess"),
    policy!("AliyunAccountCenterFullAccess"),
    policy!("AliyunAuthorizationFullAccess"),
    policy!("AliyunCSASReadOnlyAccess"),
    policy!("AliyunCloudControlAPIFullAccess"),
    policy!("AliyunCloudControlAPIReadOnlyAccess"),
    policy!("AliyunConfigReadOnlyAccess"),
    policy!("AliyunDRDSReadOnlyWithSQLLogArchiveAccess"),
    policy!("AliyunEBSReadOnlyAccess"),
    policy!("AliyunECIReadOnlyAccess"),
    policy!("AliyunECSAssistantFullAccess"),
    policy!("AliyunECSAssistantReadonlyAccess"),
    policy!("AliyunECSDiskEncryptRolePolicy"),
    policy!("AliyunECSFullAccess"),
    policy!("AliyunECSImageExportRolePolicy"),
    policy!("AliyunECSImageImportRolePolicy"),
    policy!("AliyunECSInstanceForYundunSysTrustRolePolicy"),
    policy!("AliyunECSNetworkInterfaceManagementAccess"),
    policy!("AliyunECSReadOnlyAccess"),
    policy!("AliyunEDASApplicationReadOnlyAccess"),
    policy!("AliyunEIPReadOnlyAccess"),
    policy!("AliyunESSReadOnlyAccess"),
    policy!("AliyunElasticsearchReadOnlyAccess"),
    policy!("AliyunElasticsearchServerlessReadOnlyAccess"),
    policy!("AliyunFCFullAccess"),
    policy!("AliyunFCInvocationAccess", true),
    policy!("AliyunFCReadOnlyAccess"),
    policy!("AliyunIDaaSEiamReadOnlyAccess"),
    policy!("AliyunIMMReadOnlyAccess"),
    policy!("AliyunIaCServiceReadOnlyAccess"),
    policy!("AliyunKMSFullAccess"),
    policy!("AliyunKMSReadOnlyAccess"),
    policy!("AliyunKMSSecretUserAccess"),
    policy!("AliyunLogFullAccess", true),
    policy!("AliyunLogReadOnlyAccess", true),
    policy!("AliyunOOSReadOnlyAccess"),
    policy!("AliyunOSSFullAccess", true),
    policy!("AliyunOSSReadOnlyAccess"),
    policy!("AliyunOceanBaseReadOnlyAccess"),
    policy!("AliyunPDSReadOnlyAccess"),
    policy!("AliyunPolardbReadOnlyWithSQLLogArchiveAccess"),
    policy!("AliyunRAMAccessAnalyzerFullAccess"),
    policy!("AliyunRAMFullAccess", true),
    policy!("AliyunRAMReadOnlyAccess"),
    policy!("AliyunRDSFullAccess", true),
    policy!("AliyunRDSReadOnlyAccess"),
    policy!("AliyunRDSReadOnlyWithSQLLogArchiveAccess"),
    policy!("AliyunSLBFullAccess", true),
    policy!("AliyunSLBReadOnlyAccess"),
    policy!("AliyunSTSAssumeRoleAccess"),
    policy!("AliyunServiceRolePolicyForAlbFc"),
    policy!("AliyunServiceRolePolicyForRDSLogDelivery"),
    policy!("AliyunServiceRolePolicyForSlbLogDelivery"),
    policy!("AliyunSysomReadOnlyAccess"),
    policy!("AliyunVPCFullAccess"),
    policy!("AliyunVPCPrefixListReadOnlyAccess"),
    policy!("AliyunVPCReadOnlyAccess"),
    policy!("AliyunVpcPeerReadOnlyAccess"),
    policy!("AliyunYundunIdaasReadOnlyAccess"),
    policy!("AliyunYundunSAFReadOnlyAccess"),
    policy!("AliyunYundunSASFullAccess", true),
    policy!("AliyunYundunSASReadOnlyAccess", true),
    policy!("AliyunYundunSCReadOnlyAccess"),
    policy!("AliyunYundunSDDPReadOnlyAccess"),
    policy!("PowerUserAccess", true),
    policy!("ReadOnlyAccess", true),
];

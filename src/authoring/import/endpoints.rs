//! Endpoints by region become host patterns.

use crate::catalog::is_host_pattern;

/// `lamp.cn-hangzhou.aliyuncs.com` of the region `cn-hangzhou` is `lamp.{region}.aliyuncs.com`; an endpoint without its
/// region stays as it is. Each pattern once, those of most regions first.
pub(super) fn patterns(endpoints: impl Iterator<Item = (String, String)>) -> Vec<String> {
    let mut found: Vec<(String, usize)> = Vec::new();
    for (region, endpoint) in endpoints {
        let pattern = pattern(&region, &endpoint.to_ascii_lowercase());
        if !is_host_pattern(&pattern) {
            continue;
        }
        match found.iter_mut().find(|(known, _)| *known == pattern) {
            Some((_, count)) => *count += 1,
            None => found.push((pattern, 1)),
        }
    }
    found.sort_by(|(left, more), (right, less)| less.cmp(more).then_with(|| left.cmp(right)));
    found.into_iter().map(|(pattern, _)| pattern).collect()
}

fn pattern(region: &str, endpoint: &str) -> String {
    let label = |label: &str| {
        if !region.is_empty() && label == region { "{region}".to_owned() } else { label.to_owned() }
    };
    endpoint.split('.').map(label).collect::<Vec<_>>().join(".")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regions_become_a_part() {
        let pairs = [
            ("cn-beijing-finance-1", "lamp.aliyuncs.com"),
            ("cn-beijing", "lamp.cn-beijing.aliyuncs.com"),
            ("cn-hangzhou", "lamp.cn-hangzhou.aliyuncs.com"),
            ("cn-hangzhou-finance", "lamp-vpc.cn-hangzhou-finance.aliyuncs.com"),
            ("cn-x", "not a host"),
            ("", ""),
        ];
        let pairs = pairs.map(|(region, endpoint)| (region.to_owned(), endpoint.to_owned()));
        assert_eq!(
            patterns(pairs.into_iter()),
            ["lamp.{region}.aliyuncs.com", "lamp-vpc.{region}.aliyuncs.com", "lamp.aliyuncs.com"]
        );
    }
}

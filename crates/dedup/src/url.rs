//! Which addresses are one: a URL without what trackers, mobile editions and AMP add to it.
//!
//! The result is a key, not a link: nothing is ever fetched by it. What is dropped is configuration
//! ([`UrlRules`]), because a few sites do tell articles apart by what elsewhere is noise.

use xxhash_rust::xxh3::xxh3_128;

/// What makes no difference in a URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UrlRules {
    /// Query parameters that say where the reader came from; one that ends in `*` is a prefix. Lower case.
    pub tracking: Vec<String>,
    /// First labels of a host that name an edition, not a site: `www`, `m`. Lower case.
    pub editions: Vec<String>,
    /// Whether AMP pages are the pages they are made from.
    pub amp: bool,
}

impl Default for UrlRules {
    fn default() -> Self {
        let tracking = [
            "utm_*",
            "fbclid",
            "gclid",
            "gclsrc",
            "dclid",
            "msclkid",
            "yclid",
            "igshid",
            "mc_cid",
            "mc_eid",
            "cmpid",
            "cmp",
            "ocid",
            "ito",
            "xtor",
            "at_medium",
            "at_campaign",
            "at_custom*",
            "_ga",
            "_gl",
            "ref_src",
            "ref_url",
            "smid",
            "partner",
            "wt_mc",
            "wtmc",
            "ns_*",
            "hsa_*",
            "pk_*",
            "mtm_*",
            "mkt_tok",
            "taid",
            "__twitter_impression",
        ];
        let editions = ["www", "m", "mobile", "amp"];
        Self {
            tracking: tracking.map(str::to_owned).to_vec(),
            editions: editions.map(str::to_owned).to_vec(),
            amp: true,
        }
    }
}

impl UrlRules {
    /// The address without what makes no difference: `https`, the host in lower case without edition, user or
    /// default port, the path without its last slash, the other query parameters in order of name, no fragment.
    /// Nothing for what is no web address.
    #[must_use]
    pub fn normalise(&self, url: &str) -> Option<String> {
        let (scheme, rest) = url.trim().split_once("://")?;
        if !scheme.eq_ignore_ascii_case("http") && !scheme.eq_ignore_ascii_case("https") {
            return None;
        }
        let (rest, fragment) = rest.split_once('#').unwrap_or((rest, ""));
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let host = self.host(authority)?;
        let mut address = format!("https://{host}{}", self.path(path));
        let query = self.query(query);
        if !query.is_empty() {
            address.push('?');
            address.push_str(&query);
        }
        // A "hashbang" is a path in disguise.
        if fragment.starts_with('!') {
            address.push('#');
            address.push_str(fragment);
        }
        Some(address)
    }

    fn host(&self, authority: &str) -> Option<String> {
        let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host).to_lowercase();
        let host = host.strip_suffix(":80").or_else(|| host.strip_suffix(":443")).unwrap_or(&host);
        let mut host = host.trim_end_matches('.');
        while let Some((label, site)) = host.split_once('.')
            && site.contains('.')
            && self.editions.iter().any(|edition| edition == label)
        {
            host = site;
        }
        (!host.is_empty()).then(|| host.to_owned())
    }

    fn path<'a>(&self, path: &'a str) -> &'a str {
        let mut path = path.trim_end_matches('/');
        if self.amp {
            for ending in ["/amp", ".amp", ".amp.html"] {
                path = path.strip_suffix(ending).unwrap_or(path);
            }
            if path.starts_with("/amp/") {
                path = &path["/amp".len()..];
            }
        }
        path.trim_end_matches('/')
    }

    fn query(&self, query: &str) -> String {
        let mut kept: Vec<&str> = query.split('&').filter(|pair| !pair.is_empty() && !self.is_noise(pair)).collect();
        kept.sort_unstable();
        kept.join("&")
    }

    fn is_noise(&self, pair: &str) -> bool {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let name = name.to_lowercase();
        let is_amp = name == "amp" || name == "outputtype" && value.eq_ignore_ascii_case("amp");
        self.amp && is_amp
            || self.tracking.iter().any(|rule| match rule.strip_suffix('*') {
                Some(prefix) => name.starts_with(prefix),
                None => name == *rule,
            })
    }
}

/// Key of a normalised address: xxh3-128, stable for ever.
#[must_use]
pub fn address_key(address: &str) -> u128 {
    xxh3_128(address.as_bytes())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn normal(url: &str) -> Option<String> {
        UrlRules::default().normalise(url)
    }

    #[test]
    fn what_makes_no_difference_is_gone() {
        let article = normal("https://example.org/2024/ferry-sails").expect("an address");
        for same in [
            "http://www.example.org/2024/ferry-sails/",
            "HTTPS://Example.ORG:443/2024/ferry-sails#comments",
            "https://m.example.org/2024/ferry-sails?utm_source=x&fbclid=1",
            "https://amp.example.org/2024/ferry-sails",
            "https://www.example.org/amp/2024/ferry-sails",
            "https://example.org/2024/ferry-sails/amp/",
            "https://user@example.org./2024/ferry-sails?outputType=amp",
            " https://www.m.example.org/2024/ferry-sails.amp.html ",
        ] {
            assert_eq!(normal(same).as_ref(), Some(&article), "{same}");
        }
    }

    #[test]
    fn what_names_an_article_stays() {
        let all = [
            "https://example.org/story?id=7",
            "https://example.org/story?id=8",
            "https://example.org/Story?id=7",
            "https://news.example.org/story?id=7",
            "https://example.org:8080/story?id=7",
            "https://example.org/#!/story/7",
            "https://m.org/story?id=7",
        ];
        let keys: std::collections::BTreeSet<_> = all.iter().map(|url| normal(url)).collect();
        assert_eq!(keys.len(), all.len(), "{keys:?}");
        assert_eq!(normal("https://example.org/s?b=2&a=1"), normal("https://example.org/s?a=1&b=2"));
    }

    #[test]
    fn rules_are_configuration() {
        let rules = UrlRules { tracking: Vec::new(), editions: Vec::new(), amp: false };
        let url = "https://m.example.org/amp/story?utm_id=1";
        assert_eq!(rules.normalise(url).as_deref(), Some(url));
    }

    #[test]
    fn what_is_no_web_address_is_none() {
        for url in ["", "example.org/story", "mailto:desk@example.org", "ftp://example.org/a", "https://", "http:///a"]
        {
            assert_eq!(normal(url), None, "{url}");
        }
    }

    proptest! {
        #[test]
        fn normal_stays_normal(url in "https?://(www\\.|m\\.)?[a-zA-Z]{1,8}\\.org(:80)?(/[a-zA-Z.é]{0,6}){0,4}/?(\\?[a-z=&]{0,12})?(#[a-z!]{0,4})?") {
            if let Some(once) = normal(&url) {
                prop_assert_eq!(normal(&once), Some(once.clone()));
            }
        }

        #[test]
        fn nothing_panics(url in "\\PC*") {
            let _ = normal(&url);
        }
    }
}

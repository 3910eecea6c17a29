//! Addresses: making relative ones absolute, and telling sites apart.
//!
//! RFC 3986 resolution for `http` and `https`, which is all that an article links to. Addresses are not
//! normalised further: what a page says is what a record carries.

/// Longest address that is kept, in bytes.
const LONGEST: usize = 2048;

/// An absolute address taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Parts<'a> {
    scheme: &'a str,
    authority: &'a str,
    path: &'a str,
}

fn parts(address: &str) -> Option<Parts<'_>> {
    let (scheme, rest) = address.split_once("://")?;
    if !scheme.eq_ignore_ascii_case("http") && !scheme.eq_ignore_ascii_case("https") {
        return None;
    }
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let authority = &rest[..end];
    (!authority.is_empty() && authority.is_char_boundary(0)).then_some(Parts { scheme, authority, path: &rest[end..] })
}

/// An address as it stands on a page, made absolute; `None` for what leads to no other page (`#top`,
/// `javascript:`, `mailto:`) and for a relative address without a base.
pub(crate) fn absolute(address: &str, base: Option<&str>) -> Option<String> {
    let address: String = address.trim().chars().filter(|c| !c.is_control()).collect();
    if address.is_empty() || address.starts_with('#') || address.len() > LONGEST || address.contains([' ', '<', '"']) {
        return None;
    }
    if parts(&address).is_some() {
        return Some(address);
    }
    let head = address.split(['/', '?', '#']).next().unwrap_or("");
    if head.contains(':') {
        return None;
    }
    let base = parts(base?)?;
    let root = format!("{}://{}", base.scheme, base.authority);
    if address.starts_with("//") {
        let whole = format!("{}:{address}", base.scheme);
        return parts(&whole).is_some().then_some(whole);
    }
    if address.starts_with('/') {
        return Some(format!("{root}{}", without_dots(&address)));
    }
    let path = &base.path[..base.path.find(['?', '#']).unwrap_or(base.path.len())];
    if address.starts_with('?') {
        return Some(format!("{root}{}{address}", if path.is_empty() { "/" } else { path }));
    }
    let folder = path.rfind('/').map_or("/", |slash| &path[..=slash]);
    Some(format!("{root}{}", without_dots(&format!("{folder}{address}"))))
}

/// A path without its `.` and `..` steps.
fn without_dots(path: &str) -> String {
    let end = path.find(['?', '#']).unwrap_or(path.len());
    let (steps, query) = path.split_at(end);
    if !steps.contains("/.") {
        return path.to_owned();
    }
    let mut kept: Vec<&str> = Vec::new();
    for step in steps.split('/').skip(1) {
        match step {
            "." => {}
            ".." => {
                kept.pop();
            }
            _ => kept.push(step),
        }
    }
    if steps.ends_with("/.") || steps.ends_with("/..") {
        kept.push("");
    }
    format!("/{}{query}", kept.join("/"))
}

/// Host of an absolute address, in lower case, without a port and a leading `www.`.
pub(crate) fn host(address: &str) -> Option<String> {
    let authority = parts(address)?.authority;
    let host = authority.rsplit('@').next()?.split(':').next()?.to_ascii_lowercase();
    let host = host.strip_prefix("www.").unwrap_or(&host).to_owned();
    (!host.is_empty()).then_some(host)
}

/// Whether two hosts are of one site: equal, or one inside the other (`m.example.org`, `example.org`).
pub(crate) fn is_same_site(a: &str, b: &str) -> bool {
    let inside = |inner: &str, outer: &str| {
        outer.contains('.') && inner.strip_suffix(outer).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    };
    inside(a, b) || inside(b, a)
}

/// Whether an address is the front page of its site, which no article is.
pub(crate) fn is_root(address: &str) -> bool {
    parts(address).is_some_and(|parts| {
        let path = parts.path.trim_matches('/');
        path.is_empty() || path.starts_with('#') || matches!(path, "index.html" | "index.php" | "home")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn relative_addresses_become_absolute() {
        let base = Some("https://example.org/news/2024/pier.html?page=2#top");
        for (address, expected) in [
            ("https://other.example/x", Some("https://other.example/x")),
            ("//cdn.example/x.jpg", Some("https://cdn.example/x.jpg")),
            ("/sport", Some("https://example.org/sport")),
            ("ferry.html", Some("https://example.org/news/2024/ferry.html")),
            ("../2023/./ferry.html?a=1", Some("https://example.org/news/2023/ferry.html?a=1")),
            ("../../../x", Some("https://example.org/x")),
            ("?page=3", Some("https://example.org/news/2024/pier.html?page=3")),
            ("#comments", None),
            ("javascript:void(0)", None),
            ("mailto:desk@example.org", None),
            ("", None),
        ] {
            assert_eq!(absolute(address, base).as_deref(), expected, "{address}");
        }
        assert_eq!(absolute("/x", None), None);
    }

    #[test]
    fn sites_are_told_by_their_hosts() {
        assert_eq!(host("https://user@WWW.Example.org:8080/x").as_deref(), Some("example.org"));
        assert!(is_same_site("m.example.org", "example.org") && is_same_site("example.org", "example.org"));
        assert!(!is_same_site("badexample.org", "example.org") && !is_same_site("a.org", "org"));
        assert!(is_root("https://example.org/") && is_root("https://example.org") && !is_root("https://example.org/a"));
    }
}

//! The page at `/`: three files of `page/`, in the binary, and nothing from anywhere else.

use axum::http::HeaderName;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};

/// Article text is hostile: nothing but our own three files may do anything.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
                      img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

type File = ([(HeaderName, &'static str); 5], &'static str);

const fn file(kind: &'static str, content: &'static str) -> File {
    let headers = [
        (CONTENT_TYPE, kind),
        (CONTENT_SECURITY_POLICY, POLICY),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (REFERRER_POLICY, "no-referrer"),
        (CACHE_CONTROL, "no-cache"),
    ];
    (headers, content)
}

/// The page itself.
pub async fn html() -> File {
    file("text/html; charset=utf-8", include_str!("../page/page.html"))
}

/// Its style.
pub async fn css() -> File {
    file("text/css; charset=utf-8", include_str!("../page/page.css"))
}

/// Its script.
pub async fn script() -> File {
    file("text/javascript; charset=utf-8", include_str!("../page/page.js"))
}

//! What a request looks like: all that peers differ in.

/// A request. `{token}` in it stands for a token.
#[derive(Clone, Copy)]
pub(crate) struct Shape {
    path: &'static str,
    /// The form of a POST; a GET has none.
    form: Option<&'static str>,
    /// The `Authorization` header.
    authorization: Option<&'static str>,
}

impl Shape {
    /// A GET with a Bearer token.
    pub(crate) const fn get_with_token(path: &'static str) -> Self {
        Self { path, form: None, authorization: Some("Bearer {token}") }
    }

    /// A POST of a form.
    pub(crate) const fn post(path: &'static str, form: &'static str) -> Self {
        Self { path, form: Some(form), authorization: None }
    }

    /// The bytes of it.
    pub(crate) fn request(&self, host: &str, token: &str) -> Vec<u8> {
        let method = if self.form.is_some() { "POST" } else { "GET" };
        let mut lines = vec![
            format!("{method} {} HTTP/1.1", self.path),
            format!("host: {host}"),
            "accept: */*".to_owned(),
        ];
        if let Some(authorization) = self.authorization {
            lines.push(format!("authorization: {}", authorization.replace("{token}", token)));
        }
        let body = self.form.map(|form| form.replace("{token}", token));
        if let Some(body) = &body {
            lines.push("content-type: application/x-www-form-urlencoded".to_owned());
            lines.push(format!("content-length: {}", body.len()));
        }
        format!("{}\r\n\r\n{}", lines.join("\r\n"), body.unwrap_or_default()).into_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_stands_where_the_shape_says() {
        let get = Shape::get_with_token("/users/me/").request("h:1", "abc");
        assert_eq!(
            String::from_utf8_lossy(&get),
            "GET /users/me/ HTTP/1.1\r\nhost: h:1\r\naccept: */*\r\nauthorization: Bearer abc\r\n\r\n"
        );
        let post = Shape::post("/token", "refresh_token={token}").request("h:1", "abc");
        assert!(post.ends_with(b"content-length: 17\r\n\r\nrefresh_token=abc"));
    }
}

//! What a server answered, read whole.

use reqwest::{RequestBuilder, header::HeaderMap};
use serde_json::Value;

/// Status, headers and body.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Answer {
    /// Sends the request and reads the answer.
    pub(crate) async fn to(request: RequestBuilder) -> Self {
        Self::try_to(request).await.expect("the server answers, and wholly")
    }

    /// The same, where the server may be killed meanwhile.
    pub(crate) async fn try_to(request: RequestBuilder) -> Result<Self, reqwest::Error> {
        let response = request.send().await?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Ok(Self { status, headers, body: response.text().await? })
    }

    /// A header; empty where it is absent. It must not come twice.
    #[track_caller]
    pub(crate) fn header(&self, name: &str) -> &str {
        let mut values = self.headers.get_all(name).iter();
        let value = values.next().map_or("", |value| value.to_str().expect("visible ASCII"));
        assert!(values.next().is_none(), "{name} comes twice: {self:?}");
        value
    }

    /// The body as JSON.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// A member of the body that is a text; empty where it is absent.
    #[track_caller]
    pub(crate) fn text(&self, member: &str) -> String {
        self.json()[member].as_str().unwrap_or_default().to_owned()
    }

    /// Status and `error`, as most rows expect them; the `error` of a success is empty.
    #[track_caller]
    pub(crate) fn verdict(&self) -> (u16, String) {
        (self.status, self.text("error"))
    }

    /// Status and `detail` of problem details (RFC 9457).
    #[track_caller]
    pub(crate) fn problem(&self) -> (u16, String) {
        (self.status, self.text("detail"))
    }

    /// The headers that a client may see differ from answer to answer are left out.
    pub(crate) fn lasting_headers(&self) -> HeaderMap {
        let mut headers = self.headers.clone();
        headers.remove("date");
        headers.remove("x-request-id");
        headers
    }
}

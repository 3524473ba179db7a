//! What a person sees once both services are up: where they are, who may log in, what to try.

use super::place::Place;

/// The text. Its three commands can be pasted as they are, together or one by one.
pub(super) fn text(place: &Place) -> String {
    let (issuer, audience, data) = (place.issuer(), place.audience(), place.data_dir().display());
    format!(
        r#"
  auth-server    {issuer}   its API: {issuer}/docs
  resource-api   {audience}   try it in the browser: {audience}/docs
  data           {data}

  users          johndoe / secret        may use the scopes me and items
                 alice / secretalice     disabled: gets no token

  A token for the scope me, then a route that it opens, then one that also needs items (403):

TOKEN=$(curl -s {issuer}/token -d grant_type=password -d username=johndoe -d password=secret -d scope=me | sed 's/.*"access_token":"\([^"]*\)".*/\1/')
curl -i -H "Authorization: Bearer $TOKEN" {audience}/users/me/
curl -i -H "Authorization: Bearer $TOKEN" {audience}/users/me/items/

  Ctrl-C stops both.

"#
    )
}

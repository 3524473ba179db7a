//! The client credentials grant (RFC 6749 §4.4): a token for the client itself.

use crate::{
    audit::{self, Reason},
    oauth::{OAuthError, client::AuthenticatedClient},
};

/// The client proves itself by its secret, which the pipeline has checked by now. Whoever knows the
/// id of a public client could ask as well, so none gets such a token, whatever it is registered for.
pub fn prove(client: &AuthenticatedClient) -> Result<(), OAuthError> {
    if client.is_public() {
        audit::because(Reason::PublicClient);
        Err(OAuthError::unauthorized_client("A public client has nothing to prove itself by"))
    } else {
        Ok(())
    }
}

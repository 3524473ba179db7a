//! What the fuzz targets need of this layer, and nobody else.

pub use super::{
    cookie::{find as session_cookie, known as known_browser, set as set_session_cookie},
    extract::{client_ip, credentials},
};

//! The table of peers. Another one is an entry here and a folder below `benches/compare/peers/` with
//! its app and the file that pins its packages; `install.sh` knows what to do with such a file.

use crate::{
    peer::{Command, Peer, Program, Requests},
    scenario::Scenario::{
        self, BadToken, Client, Flood, Password1, Password4, Password32, Read, Refresh, Start,
    },
    shape::Shape,
};

const EVERYTHING: &[Scenario] =
    &[Password1, Password4, Password32, Client, Refresh, Read, BadToken, Flood, Start];

const READ: Option<Shape> = Some(Shape::get_with_token("/users/me/"));

const PASSWORD: &str = "grant_type=password&username=johndoe&password=secret&scope=me";

/// The requests to peers whose client is `bench` with a secret.
const OF_A_CLIENT: Requests = Requests {
    password: Some(Shape::post(
        "/token",
        "grant_type=password&username=johndoe&password=secret&scope=me&client_id=bench\
         &client_secret=bench-secret-that-has-32-characters",
    )),
    client: Some(Shape::post(
        "/token",
        "grant_type=client_credentials&scope=me&client_id=bench\
         &client_secret=bench-secret-that-has-32-characters",
    )),
    refresh: Some(Shape::post(
        "/token",
        "grant_type=refresh_token&refresh_token={token}&client_id=bench\
         &client_secret=bench-secret-that-has-32-characters",
    )),
    read: READ,
    refusal: 401,
};

const OURS: Requests = Requests {
    password: Some(Shape::post("/token", PASSWORD)),
    refresh: Some(Shape::post("/token", "grant_type=refresh_token&refresh_token={token}")),
    ..OF_A_CLIENT
};

/// Both programs of this project, with the `SCOPEGATE_SYNCHRONOUS` given.
macro_rules! ours {
    ($synchronous:literal) => {
        &[
            Program {
                name: "auth-server",
                command: Command {
                    words: &[
                        "{auth-server}",
                        "serve",
                        "--apply",
                        "{here}/scopegate/apply.toml",
                        "--default-client",
                        "first-party",
                        "--guess-limits=off",
                        "--data-dir",
                        "{data}",
                        "--listen",
                        "127.0.0.1:{port}",
                    ],
                    variables: &[
                        ("SCOPEGATE_SYNCHRONOUS", $synchronous),
                        ("SCOPEGATE_METRICS_LISTEN", "127.0.0.1:0"),
                    ],
                    folder: "",
                },
                good_answer: ("/health/ready", 200),
            },
            Program {
                name: "resource-api",
                command: Command {
                    words: &[
                        "{resource-api}",
                        "serve",
                        "--data-dir",
                        "{data}",
                        "--listen",
                        "127.0.0.1:{port2}",
                    ],
                    variables: &[("SCOPEGATE_METRICS_LISTEN", "127.0.0.1:0")],
                    folder: "",
                },
                good_answer: ("/health/ready", 200),
            },
        ]
    };
}

/// Every peer; the first one is what the others are compared with.
pub(crate) const PEERS: &[Peer] = &[
    Peer {
        key: "scopegate",
        name: "scopegate",
        packages: &[],
        prepare: &[],
        programs: ours!("full"),
        scenarios: EVERYTHING,
        requests: OURS,
    },
    Peer {
        key: "scopegate-normal",
        name: "scopegate, `synchronous = normal`",
        packages: &[],
        prepare: &[],
        programs: ours!("normal"),
        scenarios: &[Client, Refresh],
        requests: OURS,
    },
    Peer {
        key: "route",
        name: "limit: an axum route that checks nothing",
        packages: &[],
        prepare: &[],
        programs: &[Program {
            name: "route",
            command: Command {
                words: &["{compare}", "limit", "route", "{port}"],
                variables: &[],
                folder: "",
            },
            good_answer: ("/users/me/", 200),
        }],
        scenarios: &[Read, Start],
        requests: Requests {
            password: None,
            client: None,
            refresh: None,
            read: READ,
            refusal: 401,
        },
    },
    Peer {
        key: "axum-jwt-auth",
        name: "axum-jwt-auth",
        packages: &[("axum-jwt-auth", "axum-jwt-auth/Cargo.toml")],
        prepare: &[],
        programs: &[Program {
            name: "server",
            command: Command {
                words: &["{peers}/axum-jwt-auth/bin/compare-axum-jwt-auth", "{port}"],
                variables: &[],
                folder: "",
            },
            good_answer: ("/users/me/", 401),
        }],
        scenarios: &[Read, BadToken, Start],
        // It has no login; whoever posts anything gets a token.
        requests: Requests {
            password: Some(Shape::post("/token", "")),
            client: None,
            refresh: None,
            read: READ,
            refusal: 401,
        },
    },
    Peer {
        key: "fastapi",
        name: "FastAPI tutorial, uvicorn, 1 worker",
        packages: &[
            ("fastapi", "fastapi/requirements.txt"),
            ("uvicorn", "fastapi/requirements.txt"),
            ("pwdlib", "fastapi/requirements.txt"),
        ],
        prepare: &[],
        programs: &[Program {
            name: "server",
            command: Command {
                words: &[
                    "{peers}/fastapi/bin/uvicorn",
                    "app:app",
                    "--no-access-log",
                    "--port",
                    "{port}",
                ],
                variables: &[("PYTHONDONTWRITEBYTECODE", "1")],
                folder: "fastapi",
            },
            good_answer: ("/users/me/", 401),
        }],
        scenarios: &[Password1, Password4, Password32, Read, BadToken, Flood, Start],
        requests: Requests {
            password: Some(Shape::post("/token", PASSWORD)),
            client: None,
            refresh: None,
            read: READ,
            refusal: 401,
        },
    },
    Peer {
        key: "oidc-provider",
        name: "oidc-provider, in memory",
        packages: &[("oidc-provider", "oidc-provider/package.json")],
        prepare: &[],
        programs: &[Program {
            name: "server",
            command: Command {
                words: &["node", "{peers}/oidc-provider/app.js", "{port}"],
                variables: &[("NODE_ENV", "production")],
                folder: "",
            },
            good_answer: ("/.well-known/openid-configuration", 200),
        }],
        scenarios: EVERYTHING,
        // Without `openid` a refresh signs no ID token, which nobody else gives.
        requests: Requests {
            refresh: Some(Shape::post(
                "/token",
                "grant_type=refresh_token&refresh_token={token}&scope=offline_access\
                 &client_id=bench&client_secret=bench-secret-that-has-32-characters",
            )),
            read: Some(Shape::get_with_token("/me")),
            ..OF_A_CLIENT
        },
    },
    Peer {
        key: "node-oauth2-server",
        name: "node-oauth2-server on express, in memory",
        packages: &[
            ("@node-oauth/oauth2-server", "node-oauth2-server/package.json"),
            ("express", "node-oauth2-server/package.json"),
        ],
        prepare: &[],
        programs: &[Program {
            name: "server",
            command: Command {
                words: &["node", "{peers}/node-oauth2-server/app.js", "{port}"],
                variables: &[("NODE_ENV", "production")],
                folder: "",
            },
            good_answer: ("/users/me/", 401),
        }],
        scenarios: EVERYTHING,
        requests: OF_A_CLIENT,
    },
    Peer {
        key: "django-oauth-toolkit",
        name: "django-oauth-toolkit, gunicorn, SQLite",
        packages: &[
            ("django-oauth-toolkit", "django-oauth-toolkit/requirements.txt"),
            ("django", "django-oauth-toolkit/requirements.txt"),
            ("gunicorn", "django-oauth-toolkit/requirements.txt"),
        ],
        prepare: &[Command {
            words: &["{peers}/django-oauth-toolkit/bin/python", "app.py"],
            variables: &[("DATA", "{data}"), ("PYTHONDONTWRITEBYTECODE", "1")],
            folder: "django-oauth-toolkit",
        }],
        programs: &[Program {
            name: "server",
            command: Command {
                words: &[
                    "{peers}/django-oauth-toolkit/bin/gunicorn",
                    "app:application",
                    "--worker-class",
                    "gthread",
                    "--threads",
                    "16",
                    "--bind",
                    "127.0.0.1:{port}",
                    "--no-control-socket",
                ],
                variables: &[("DATA", "{data}"), ("PYTHONDONTWRITEBYTECODE", "1")],
                folder: "django-oauth-toolkit",
            },
            good_answer: ("/users/me/", 403),
        }],
        scenarios: EVERYTHING,
        requests: Requests {
            client: Some(Shape::post(
                "/token",
                "grant_type=client_credentials&scope=me&client_id=machine\
                 &client_secret=bench-secret-that-has-32-characters",
            )),
            refusal: 403,
            ..OF_A_CLIENT
        },
    },
];

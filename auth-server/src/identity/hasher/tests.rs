//! The hasher against hashes that other programs made, and under more work than it takes.

use super::*;

/// `secret`, by the first and the second edition of FastAPI's tutorial: the demo's hashes.
const BCRYPT: &str = "$2b$12$EixZaYVK1fsbw1ZfbX3OXePaWxn96p36WQoeG6Lruj3vjPGga31lW";
const ARGON2: &str = "$argon2id$v=19$m=65536,t=3,p=4$wagCPXjifgvUFBzq4hqe3w$CYaIb8sB+wtD+Vu/P4uod1+Qof8h+1g7bbDlBID48Rc";

const CHEAP: HashCost = HashCost { memory: 64, time: 1, lanes: 1 };
const DEFAULT: HashCost = HashCost { memory: 65_536, time: 3, lanes: 4 };

fn secret(text: &str) -> Secret {
    Secret::new(text.to_owned())
}

fn hash(text: &str) -> PasswordHash {
    PasswordHash::parse(text).unwrap()
}

#[tokio::test]
async fn hashes_of_other_programs_verify() {
    let hasher = Hasher::start(DEFAULT, 8).with_demo_hashes(true);
    assert_eq!(hasher.verify(secret("secret"), Some(hash(ARGON2))).await, Ok(Verdict::Right));
    assert_eq!(hasher.verify(secret("Secret"), Some(hash(ARGON2))).await, Ok(Verdict::Wrong));
    assert_eq!(hasher.verify(secret("Secret"), Some(hash(BCRYPT))).await, Ok(Verdict::Wrong));
    assert_eq!(hasher.verify(secret("secret"), None).await, Ok(Verdict::Wrong));
}

#[tokio::test]
async fn a_weak_hash_comes_back_as_a_strong_one() {
    let hasher = Hasher::start(DEFAULT, 8);
    let weak = hash(&bcrypt::hash("secret", 4).unwrap());
    let Ok(Verdict::Weak(better)) = hasher.verify(secret("secret"), Some(weak)).await else {
        panic!("bcrypt is weak")
    };
    assert!(better.as_str().starts_with("$argon2id$v=19$m=65536,t=3,p=4$"), "{better:?}");
    assert_eq!(hasher.verify(secret("secret"), Some(better)).await, Ok(Verdict::Right));
}

#[tokio::test]
async fn no_password_matches_a_demo_hash_unless_it_may() {
    let hasher = Hasher::start(CHEAP, 8);
    for text in [ARGON2, BCRYPT, &BCRYPT.replace("$2b$", "$2y$")] {
        let verdict = hasher.verify(secret("secret"), Some(hash(text))).await;
        assert_eq!(verdict, Ok(Verdict::Wrong), "{text}");
    }
}

#[tokio::test]
async fn a_demo_hash_stays_recognisable() {
    let dearer = HashCost { memory: 65_536, time: 4, lanes: 4 };
    let hasher = Hasher::start(dearer, 8).with_demo_hashes(true);
    for text in [ARGON2, BCRYPT] {
        let verdict = hasher.verify(secret("secret"), Some(hash(text))).await;
        assert_eq!(verdict, Ok(Verdict::Right), "{text}");
    }
}

#[tokio::test]
async fn a_new_hash_verifies_its_own_password_only() {
    let hasher = Hasher::start(CHEAP, 8);
    let made = hasher.hash(secret("correct horse")).await.unwrap();
    let again = hasher.hash(secret("correct horse")).await.unwrap();
    assert_ne!(made, again, "each hash has a salt of its own");
    let verdict = hasher.verify(secret("correct horse"), Some(made.clone())).await;
    assert_eq!(verdict, Ok(Verdict::Right));
    assert_eq!(hasher.verify(secret("wrong horse"), Some(made)).await, Ok(Verdict::Wrong));
}

#[tokio::test]
async fn pw09_a_long_password_counts_to_its_end() {
    let hasher = Hasher::start(CHEAP, 8);
    let long = "x".repeat(72);
    let argon2 = hasher.hash(secret(&format!("{long}tail"))).await.unwrap();
    let bcrypt = bcrypt::hash(&long, 4).unwrap();
    for hash in [argon2, PasswordHash::parse(&bcrypt).unwrap()] {
        let verdict = hasher.verify(secret(&format!("{long}other")), Some(hash)).await;
        assert_eq!(verdict, Ok(Verdict::Wrong));
    }
}

#[test]
fn bcrypt_takes_72_bytes_and_they_count_to_the_last() {
    let mut arena = Arena { blocks: Vec::new(), keep: 0 };
    let full = "x".repeat(72);
    let made = hash(&bcrypt::hash(&full, 4).unwrap());
    for (row, password, expected) in [
        ("as long as it takes", full.clone(), true),
        ("another last byte", format!("{}y", &full[1..]), false),
        ("a byte less", full[1..].to_owned(), false),
        ("PW09 a byte more", format!("{full}x"), false),
        ("PW09 cut within a character", format!("{}é", &full[1..]), false),
    ] {
        assert_eq!(arena.matches(&secret(&password), &made), expected, "{row}");
    }
}

/// The fastest of some runs is the work itself; more than that is what else the machine did.
#[test]
fn a_password_beyond_72_bytes_costs_a_bcrypt_hash_what_any_other_does() {
    let mut arena = Arena { blocks: Vec::new(), keep: 0 };
    let made = hash(&bcrypt::hash("secret", 8).unwrap());
    let mut fastest = |password: &str| {
        let run = |_| {
            let begun = std::time::Instant::now();
            assert!(!arena.matches(&secret(password), &made));
            begun.elapsed()
        };
        (0..5).map(run).min().unwrap()
    };
    let (short, long) = (fastest("wrong"), fastest(&"x".repeat(73)));
    assert!(long * 4 > short, "{long:?} for a long password, {short:?} for a short one");
}

#[tokio::test]
async fn a_dear_hash_leaves_no_more_memory_behind_than_the_configured_one() {
    let mut arena = Arena { blocks: Vec::new(), keep: params(&CHEAP).block_count() };
    arena.hash(&secret("x"), &HashCost { memory: 4096, time: 1, lanes: 1 });
    assert_eq!(arena.blocks.len(), params(&CHEAP).block_count());
    assert_eq!(arena.blocks.capacity(), params(&CHEAP).block_count());
}

#[tokio::test]
async fn beyond_the_queue_a_login_is_told_to_come_back() {
    let hasher = Hasher::start(CHEAP, 1);
    let workers = (thread::available_parallelism().map_or(1, NonZero::get)).max(1);
    let gate = Arc::new(std::sync::Barrier::new(workers + 1));
    let mut held = Vec::new();
    for _ in 0..workers {
        let (began, has_begun) = oneshot::channel();
        let gate = Arc::clone(&gate);
        let hasher = hasher.clone();
        held.push(tokio::spawn(async move {
            hasher
                .run(move |_| {
                    let _ = began.send(());
                    gate.wait();
                })
                .await
        }));
        has_begun.await.unwrap();
    }
    // Every worker is held: one job may wait, the next one may not.
    assert_eq!(hasher.check_room(), Ok(()));
    let waits = tokio::spawn({
        let hasher = hasher.clone();
        async move { hasher.hash(secret("waits")).await }
    });
    tokio::task::yield_now().await;
    assert_eq!(hasher.check_room(), Err(Busy));
    assert_eq!(hasher.hash(secret("too many")).await, Err(Busy));
    tokio::task::spawn_blocking(move || gate.wait()).await.unwrap();
    for job in held {
        job.await.unwrap().unwrap();
    }
    assert!(waits.await.unwrap().is_ok());
}

//! The secret that deliveries are signed with.

use std::fmt;
use std::io::Read;
use std::path::Path;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::coord::Failure;
use crate::env;

/// The variable of the environment that has it, where no file is named.
pub const SECRET: &str = "COORD_GITHUB_WEBHOOK_SECRET";
/// Shortest secret, in bytes: less could be guessed.
const BYTES_MIN: usize = 16;
/// Longest secret, in bytes.
const BYTES_MAX: u64 = 4096;
/// How a signature begins.
const SCHEME: &str = "sha256=";
/// Length of one, in bytes.
const SIGNATURE_BYTES: usize = 32;

/// The secret. It is never shown, and in no error.
#[derive(Clone)]
pub struct Secret(Vec<u8>);

/// Nothing of it is shown.
impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a secret")
    }
}

impl Secret {
    /// Reads it from a file, or else from the environment. Never from the command line, where
    /// everybody on the machine could read it.
    ///
    /// # Errors
    /// When there is none, others can read the file, or it is too short.
    pub fn find(file: Option<&Path>) -> Result<Self, Failure> {
        match file {
            Some(file) => Self::of(&read(file)?, &file.display().to_string()),
            None => match env::var(SECRET) {
                Some(secret) => Self::of(secret.as_bytes(), SECRET),
                None => Err(Failure::usage(
                    "there is no secret to know GitHub's deliveries by",
                    format!("name a file with --secret-file, or set {SECRET}"),
                )),
            },
        }
    }

    pub(super) fn of(bytes: &[u8], place: &str) -> Result<Self, Failure> {
        // An editor puts a newline at the end.
        let secret = bytes.trim_ascii();
        if secret.len() < BYTES_MIN {
            return Err(Failure::usage(
                format!("the secret of {place} has less than {BYTES_MIN} bytes"),
                "make one with `openssl rand -hex 32`, and give GitHub the same",
            ));
        }
        Ok(Self(secret.to_vec()))
    }

    /// The signature of these bytes, as GitHub makes it.
    #[cfg(test)]
    pub(super) fn sign(&self, body: &[u8]) -> String {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("any length will do");
        mac.update(body);
        let digest = mac.finalize().into_bytes();
        let digits: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        format!("{SCHEME}{digits}")
    }

    /// Whether a signature, as `X-Hub-Signature-256` has it, was made with this secret over these very
    /// bytes. It takes the same time wherever a wrong one differs.
    pub fn signed(&self, body: &[u8], signature: &str) -> bool {
        let Some(signature) = parse(signature) else {
            return false;
        };
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.0) else {
            return false;
        };
        mac.update(body);
        mac.verify_slice(&signature).is_ok()
    }
}

fn read(file: &Path) -> Result<Vec<u8>, Failure> {
    let wrong = |why: String, hint: String| {
        let what = format!("the file of the secret, {}: {why}", file.display());
        Failure::usage(what, hint)
    };
    let io = |why: std::io::Error| wrong(why.to_string(), "name another one".into());
    let open = std::fs::File::open(file).map_err(io)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let meta = open.metadata().map_err(io)?;
        if meta.is_file() && meta.permissions().mode() & 0o077 != 0 {
            let hint = format!("chmod 600 {}", file.display());
            return Err(wrong("others can read it".into(), hint));
        }
    }
    let mut bytes = Vec::new();
    open.take(BYTES_MAX + 1)
        .read_to_end(&mut bytes)
        .map_err(io)?;
    if bytes.len() as u64 > BYTES_MAX {
        let why = format!("it has more than {BYTES_MAX} bytes");
        return Err(wrong(why, "it is one line".into()));
    }
    Ok(bytes)
}

/// The bytes of a signature, if it is one.
fn parse(signature: &str) -> Option<[u8; SIGNATURE_BYTES]> {
    let digits = signature.strip_prefix(SCHEME)?.as_bytes();
    if digits.len() != 2 * SIGNATURE_BYTES {
        return None;
    }
    let mut bytes = [0; SIGNATURE_BYTES];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks(2)) {
        let digit = |at: usize| (pair[at] as char).to_digit(16);
        *byte = u8::try_from(digit(0)? * 16 + digit(1)?).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // a panic is how a test says no
mod tests {
    use super::Secret;

    /// The example of GitHub's own documentation
    /// (<https://docs.github.com/webhooks/using-webhooks/validating-webhook-deliveries>).
    const EXAMPLE: &str = "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";

    #[test]
    fn only_the_signature_of_these_bytes_with_this_secret_counts() {
        let secret = Secret::of(b"It's a Secret to Everybody\n", "here").unwrap();
        let right = format!("sha256={EXAMPLE}");
        assert!(secret.signed(b"Hello, World!", &right));
        assert!(secret.signed(
            b"Hello, World!",
            &right.to_uppercase().replace("SHA", "sha")
        ));
        let flipped = right.replace("757107", "757106");
        for (body, signature) in [
            (&b"Hello, World"[..], right.as_str()),
            (b"Hello, World!\n", &right),
            (b"", &right),
            (b"Hello, World!", &flipped),
            (b"Hello, World!", EXAMPLE),
            (b"Hello, World!", &format!("sha1={EXAMPLE}")),
            (b"Hello, World!", &right[..right.len() - 1]),
            (b"Hello, World!", &format!("{right}0")),
            (b"Hello, World!", &format!("{right},{right}")),
            (b"Hello, World!", &right.replace('7', "g")),
            (b"Hello, World!", "sha256="),
            (b"Hello, World!", ""),
        ] {
            assert!(!secret.signed(body, signature), "{signature}");
        }
        let other = Secret::of(b"It's a Secret to Nobody", "here").unwrap();
        assert!(!other.signed(b"Hello, World!", &right));
    }

    #[test]
    fn a_secret_is_long_enough_and_never_shown() {
        let why = Secret::of(b"short-secret \n", "here")
            .unwrap_err()
            .to_string();
        assert!(!why.contains("short-secret"), "{why}");
        let secret = Secret::of(b"a-long-enough-secret", "here").unwrap();
        assert_eq!(format!("{secret:?}"), "a secret");
    }
}

#![allow(clippy::unwrap_used)] // a panic is how a test says no

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::{check, find, is_suspect};
use crate::model::refusal::Refusal;
use crate::model::text::Word;

/// Letters and digits without an order, of any length: no token of anybody.
fn made_up(length: usize) -> String {
    let mut seed = 0x2545_f491_4f6c_dd1d_u64;
    let all = b"abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";
    let mut draw = || {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        char::from(all[(seed >> 33) as usize % all.len()])
    };
    (0..length).map(|_| draw()).collect()
}

fn hex(length: usize) -> String {
    let digits = "3f9a1c7e52b8d604e9c1a75f0b3d8264";
    digits.chars().cycle().take(length).collect()
}

fn upper(length: usize) -> String {
    "Q7WX2KPL9MZN4RT8VB3C"
        .chars()
        .cycle()
        .take(length)
        .collect()
}

/// Texts with a secret, each cut where the secret begins: what is before, and the rest.
fn secrets() -> Vec<(&'static str, String, String)> {
    let any = made_up;
    let text = |rule, before: &str, secret: String| (rule, before.to_owned(), secret);
    let assigned = |before: &str| text("assigned-secret", before, any(16));
    vec![
        text("aws-access-key", "use ", format!("AKIA{}", upper(16))),
        text("aws-access-key", "id=", format!("ASIA{} now", upper(16))),
        text("github-token", "", format!("ghp_{}", any(36))),
        text("github-token", "«", format!("gho_{}»", any(36))),
        text("github-token", "(", format!("ghs_{})", any(40))),
        text(
            "github-token",
            "\"",
            format!("github_pat_{}_{}\"", any(22), any(59)),
        ),
        text("gitlab-token", "a\nb ", format!("glpat-{}", any(20))),
        text(
            "slack-token",
            "x ",
            format!("xoxb-{}-{}", "123456789012", any(24)),
        ),
        text(
            "slack-webhook",
            "https://",
            format!(
                "hooks.slack.com/services/T{}/B{}/{}",
                upper(8),
                upper(8),
                any(24)
            ),
        ),
        text("anthropic-key", "k ", format!("sk-ant-api03-{}", any(80))),
        text("openai-key", "k ", format!("sk-proj-{}", any(48))),
        text("openai-key", "k ", format!("sk-{}", any(48))),
        text("google-key", "k ", format!("AIza{}", any(35))),
        text(
            "npm-token",
            "//registry/:_auth ",
            format!("npm_{}", any(36)),
        ),
        text("pypi-token", "", format!("pypi-AgEIcHlwaS5vcmc{}", any(60))),
        text("stripe-key", "", format!("sk_live_{}", any(24))),
        text("twilio-key", "", format!("SK{}", hex(32))),
        text("sendgrid-key", "", format!("SG.{}.{}", any(22), any(43))),
        text("digitalocean-token", "", format!("dop_v1_{}", hex(64))),
        text("huggingface-token", "", format!("hf_{}", any(34))),
        text("vault-token", "", format!("hvs.{}", any(30))),
        text("terraform-token", &any(14), format!(".atlasv1.{}", any(67))),
        text("age-key", "", format!("AGE-SECRET-KEY-1{}", upper(58))),
        text("telegram-token", "bot ", format!("123456789:AA{}", any(33))),
        text(
            "jwt",
            "cookie=",
            format!("eyJ{}.eyJ{}.{}", any(20), any(40), any(43)),
        ),
        text(
            "private-key",
            "a\n",
            "-----BEGIN RSA PRIVATE KEY-----\nMIIE".into(),
        ),
        text("private-key", "", "-----BEGIN PRIVATE KEY-----".into()),
        text(
            "private-key",
            "",
            "-----BEGIN OPENSSH PRIVATE KEY-----\\nb3Bl".into(),
        ),
        text(
            "private-key",
            "",
            "-----BEGIN PGP PRIVATE KEY BLOCK-----".into(),
        ),
        text(
            "private-key",
            "",
            "PuTTY-User-Key-File-3: ssh-ed25519".into(),
        ),
        text(
            "url-password",
            "postgres://app:",
            "wR7kq@db.internal/app".into(),
        ),
        text("url-password", "redis://:", "p4ssw0rdX@cache:6379/0".into()),
        text(
            "url-password",
            "git clone https://bot:",
            format!("{}@host/x", any(20)),
        ),
        text("url-password", "amqp+ssl://größe:", "gemüse7@host".into()),
        text("authorization", "Authorization: Bearer ", any(30)),
        text(
            "authorization",
            "curl -H 'Authorization: Basic ",
            "dXNlcjpTM2NyM3RQNHNz'".into(),
        ),
        assigned("password = "),
        assigned("password=\""),
        assigned("\"api_key\": \""),
        assigned(r#"{\"apiKey\":\""#),
        assigned("DB_PASSWORD='"),
        assigned("export STRIPE_SECRET="),
        assigned("client-secret: "),
        assigned("aws_secret_access_key = "),
        assigned("access_token := `"),
        assigned("'token' => '"),
        assigned("config[\"secret\"] = \""),
        assigned("Server=db;User=app;Password="),
        text("assigned-secret", "password: ", "Tr0ub4dor&3".into()),
        text(
            "assigned-secret",
            "passphrase = \"",
            "größe-7Q-x92k\"".into(),
        ),
        text(
            "assigned-secret",
            "AccountKey=",
            format!("{}/{}+{}==;Endpoint", any(30), any(20), any(30)),
        ),
        text("assigned-secret", "secret = ", hex(40)),
    ]
}

#[test]
fn secrets_are_found_where_they_begin() {
    for (rule, before, secret) in secrets() {
        let text = format!("{before}{secret}");
        let found = find(&text, &|_| true).map(|found| (found.rule, found.at));
        assert_eq!(found, Some((rule, before.len())), "{text}");
    }
}

#[test]
fn what_only_looks_like_one_is_none() {
    let image = made_up(2000);
    let cases = [
        "3f2a91c4-1b2c-4d5e-8f90-123456789abc",
        "secret_id = 3f2a91c4-1b2c-4d5e-8f90-123456789abc",
        "token: 3f2a91c4-1b2c-4d5e-8f90-123456789abc",
        "commit 8126e59f0c4b1d3e5a7b9c8d7e6f5a4b3c2d1e0f broke it",
        "revert 8126e59",
        "see src/domain/secret/mod.rs and ~/.ssh/id_ed25519",
        "private_key = ~/.ssh/id_ed25519_2024a",
        "password_file: /run/secrets/db7f3a9c21",
        "secret: ./k8s/overlays/prod3/secret9x.yaml",
        &format!("![shot](data:image/png;base64,{image}) as plain prose"),
        &format!("iVBORw0KGgo{image}"),
        "password = os.environ[\"DB_PASSWORD2\"]",
        "password = os.getenv('DB1_PASSWORD')",
        "token: process.env.GITHUB_TOKEN_2",
        "api_key=$API_KEY_V2",
        "api_key: ${{ secrets.API_KEY9 }}",
        "api_key: {{ vault.key7 }}",
        "password: <your-password-1>",
        "password = \"xxxxxxxxxxxx\"",
        "password=****************",
        "AKIAIOSFODNN7EXAMPLE",
        "aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        "ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
        "ghp_<token>",
        "set GITHUB_TOKEN to a token that begins with ghp_",
        "token = next_page_token",
        "let token: Option<String> = None;",
        "token: SecretString",
        "secret = sha256",
        "password: String,",
        "the password is checked at login: see AuthService",
        "password: required for v2 clients since 2024-05-01",
        "max_tokens: 4096000000",
        "token_count = 123456789012",
        "tokens: 98c1f7e35b2d",
        "postgres://user:password@localhost/db",
        "postgres://app:$DB_PASSWORD@db/app",
        "postgres://app:${PW}@db/app",
        "postgres://postgres:postgres@localhost:5432",
        "https://user:xxxx@example.com",
        "ssh://git@host:22/path",
        "http://localhost:8080/a@b",
        "https://example.com/path?x=a:b@c",
        "Bearer token required",
        "Authorization: Bearer <token>",
        "Basic understanding of parsers",
        "skeleton-of-a-plan-for-the-second-part-of-it",
        "risk-assessment-and-mitigation-plan-for-2024",
        "key-value stores",
        "cioppino, oysters and decision-making",
        "eyJ is how base64 of a JSON object begins",
        "hf_transfer hf_hub_download_with_retry_and_resume",
        "-----BEGIN CERTIFICATE-----\nMIID",
        "-----BEGIN PUBLIC KEY-----",
        "10:30:AAA",
        "größer als 日本語 ☕ …",
        "",
    ];
    for text in cases {
        assert_eq!(find(text, &|_| true), None, "{text}");
    }
}

#[test]
fn an_allowed_rule_hides_no_other() {
    let words = |rules: &[&str]| -> BTreeSet<Word> {
        rules.iter().map(|rule| rule.parse().unwrap()).collect()
    };
    let text = format!("a ghp_{} b AKIA{}", made_up(36), upper(16));
    let said = |rules: &[&str]| check([("title", "plain"), ("body", &*text)], &words(rules));
    let refused = |rule: &str, at| {
        Err(Refusal::Secret {
            rule: rule.into(),
            field: "body".into(),
            at,
        })
    };
    assert_eq!(said(&[]), refused("github-token", 2));
    assert_eq!(said(&["github-token"]), refused("aws-access-key", 45));
    assert_eq!(said(&["aws-access-key"]), refused("github-token", 2));
    assert_eq!(said(&["aws-access-key", "github-token"]), Ok(()));
    // Only the rule and the place are told.
    let refusal = said(&[]).unwrap_err();
    let told = format!("{refusal} {}", serde_json::to_string(&refusal).unwrap());
    assert!(!told.contains(&made_up(8)), "{told}");
    assert!(is_suspect(&text) && !is_suspect("plain"));
}

#[test]
fn every_rule_is_a_word_that_can_be_allowed() {
    for (rule, before, secret) in secrets() {
        let allowed = BTreeSet::from([rule.parse::<Word>().unwrap()]);
        let text = format!("{before}{secret}");
        let other = check([("text", &*text)], &allowed);
        // What is allowed under one name may still be found under another, never under the same.
        if let Err(Refusal::Secret { rule: found, .. }) = other {
            assert_ne!(found, rule);
        }
    }
}

proptest! {
    #[test]
    fn any_text_is_looked_through(text in any::<String>()) {
        if let Some(found) = find(&text, &|_| true) {
            prop_assert!(found.at < text.len() && text.is_char_boundary(found.at));
        }
    }

    /// The pieces that rules look for, with anything between them.
    #[test]
    fn any_text_of_pieces_is_looked_through(pieces in proptest::collection::vec(
        prop_oneof![
            Just("://".to_owned()), Just(":".to_owned()), Just("@".to_owned()),
            Just("password=".to_owned()), Just("eyJhbGciOiJI.".to_owned()),
            Just("-----BEGIN ".to_owned()), Just("PRIVATE KEY-----".to_owned()),
            Just("Bearer ".to_owned()), Just("ghp_".to_owned()), Just("123456789:AA".to_owned()),
            Just("\"".to_owned()), Just("\\".to_owned()), "[a-zA-Z0-9]{0,40}", "\\PC{0,3}",
        ], 0..24)) {
        let text = pieces.concat();
        if let Some(found) = find(&text, &|_| true) {
            prop_assert!(found.at < text.len() && text.is_char_boundary(found.at), "{text:?}");
        }
    }
}

//! Tokens that are known by their beginning: the vendors made them so that they can be found.

use super::Finding;
use super::guess::{is_mixed, is_placeholder};

/// The characters of a token behind its prefix.
#[derive(Clone, Copy)]
enum Of {
    /// Letters and digits.
    Alnum,
    /// Upper-case letters and digits.
    Upper,
    /// Hexadecimal digits.
    Hex,
    /// Letters, digits, `_` and `-`.
    Url,
    /// The same and `.`, `/`, `+`, `=`.
    Wide,
}

/// One shape: the prefix, then so many characters of a kind, then none of them.
struct Shape {
    rule: &'static str,
    prefix: &'static str,
    of: Of,
    min: usize,
    max: usize,
    /// The prefix alone says little: there have to be letters and digits.
    is_vague: bool,
}

/// A shape without an upper end.
const fn shape(rule: &'static str, prefix: &'static str, of: Of, min: usize) -> Shape {
    Shape {
        rule,
        prefix,
        of,
        min,
        max: usize::MAX,
        is_vague: false,
    }
}

/// A shape whose length is known.
const fn exact(rule: &'static str, prefix: &'static str, of: Of, length: usize) -> Shape {
    Shape {
        max: length,
        ..shape(rule, prefix, of, length)
    }
}

/// A shape whose prefix also begins other words.
const fn vague(shape: Shape) -> Shape {
    Shape {
        is_vague: true,
        ..shape
    }
}

use Of::{Alnum, Hex, Upper, Url, Wide};

/// What the vendors say in public about their tokens. A longer prefix stands before one that begins
/// it.
const SHAPES: &[Shape] = &[
    exact("aws-access-key", "AKIA", Upper, 16),
    exact("aws-access-key", "ASIA", Upper, 16),
    exact("aws-access-key", "ABIA", Upper, 16),
    exact("aws-access-key", "ACCA", Upper, 16),
    shape("github-token", "github_pat_", Url, 36),
    shape("github-token", "ghp_", Alnum, 36),
    shape("github-token", "gho_", Alnum, 36),
    shape("github-token", "ghu_", Alnum, 36),
    shape("github-token", "ghs_", Alnum, 36),
    shape("github-token", "ghr_", Alnum, 36),
    shape("gitlab-token", "glpat-", Url, 20),
    shape("gitlab-token", "gldt-", Url, 20),
    shape("gitlab-token", "glrt-", Url, 20),
    shape("gitlab-token", "glptt-", Url, 20),
    shape("gitlab-token", "glcbt-", Url, 20),
    shape("gitlab-token", "glft-", Url, 20),
    shape("gitlab-token", "glsoat-", Url, 20),
    shape("gitlab-token", "glagent-", Url, 20),
    vague(shape("slack-token", "xoxa-", Url, 20)),
    vague(shape("slack-token", "xoxb-", Url, 20)),
    vague(shape("slack-token", "xoxe-", Url, 20)),
    vague(shape("slack-token", "xoxe.", Wide, 20)),
    vague(shape("slack-token", "xoxp-", Url, 20)),
    vague(shape("slack-token", "xoxr-", Url, 20)),
    vague(shape("slack-token", "xoxs-", Url, 20)),
    vague(shape("slack-token", "xapp-", Url, 20)),
    shape("slack-webhook", "hooks.slack.com/services/T", Wide, 30),
    shape("discord-webhook", "discord.com/api/webhooks/", Wide, 60),
    shape("discord-webhook", "discordapp.com/api/webhooks/", Wide, 60),
    shape("anthropic-key", "sk-ant-", Url, 20),
    shape("openrouter-key", "sk-or-", Url, 40),
    shape("openai-key", "sk-proj-", Url, 20),
    shape("openai-key", "sk-svcacct-", Url, 20),
    shape("openai-key", "sk-admin-", Url, 20),
    vague(shape("openai-key", "sk-", Alnum, 32)),
    vague(shape("google-key", "AIza", Url, 35)),
    vague(shape("google-token", "ya29.", Url, 20)),
    vague(shape("google-secret", "GOCSPX-", Url, 24)),
    shape("npm-token", "npm_", Alnum, 36),
    shape("pypi-token", "pypi-AgE", Url, 50),
    shape("rubygems-token", "rubygems_", Hex, 48),
    vague(exact("crates-io-token", "cio", Alnum, 32)),
    vague(exact("nuget-key", "oy2", Alnum, 43)),
    shape("docker-token", "dckr_pat_", Url, 20),
    shape("stripe-key", "sk_live_", Alnum, 16),
    shape("stripe-key", "sk_test_", Alnum, 16),
    shape("stripe-key", "rk_live_", Alnum, 16),
    shape("stripe-key", "rk_test_", Alnum, 16),
    vague(shape("webhook-secret", "whsec_", Wide, 24)),
    vague(exact("twilio-key", "SK", Hex, 32)),
    vague(shape("sendgrid-key", "SG.", Wide, 60)),
    vague(exact("mailgun-key", "key-", Hex, 32)),
    exact("digitalocean-token", "dop_v1_", Hex, 64),
    exact("digitalocean-token", "doo_v1_", Hex, 64),
    exact("digitalocean-token", "dor_v1_", Hex, 64),
    shape("huggingface-token", "hf_", Alnum, 30),
    exact("databricks-token", "dapi", Hex, 32),
    exact("shopify-token", "shpat_", Hex, 32),
    exact("shopify-token", "shpca_", Hex, 32),
    exact("shopify-token", "shppa_", Hex, 32),
    exact("shopify-token", "shpss_", Hex, 32),
    vague(shape("vault-token", "hvs.", Url, 24)),
    vague(shape("vault-token", "hvb.", Url, 24)),
    vague(shape("vault-token", "hvr.", Url, 24)),
    shape("terraform-token", ".atlasv1.", Url, 60),
    vague(shape("doppler-token", "dp.pt.", Alnum, 40)),
    vague(shape("doppler-token", "dp.st.", Wide, 40)),
    shape("linear-key", "lin_api_", Alnum, 32),
    vague(shape("notion-token", "ntn_", Alnum, 40)),
    vague(exact("notion-token", "secret_", Alnum, 43)),
    shape("figma-token", "figd_", Url, 32),
    shape("postman-key", "PMAK-", Url, 40),
    vague(shape("grafana-token", "glsa_", Url, 32)),
    shape("grafana-token", "glc_eyJ", Wide, 32),
    shape("pulumi-token", "pul-", Hex, 40),
    shape("sentry-token", "sntrys_", Wide, 40),
    shape("sentry-token", "sntryu_", Hex, 40),
    shape("supabase-token", "sbp_", Hex, 40),
    vague(shape("replicate-token", "r8_", Alnum, 32)),
    vague(shape("groq-key", "gsk_", Alnum, 40)),
    vague(shape("xai-key", "xai-", Alnum, 60)),
    vague(shape("perplexity-key", "pplx-", Alnum, 40)),
    shape("newrelic-key", "NRAK-", Upper, 27),
    shape("planetscale-token", "pscale_tkn_", Url, 32),
    shape("planetscale-token", "pscale_pw_", Url, 32),
    shape("buildkite-token", "bkua_", Hex, 40),
    vague(shape("artifactory-key", "AKCp", Alnum, 60)),
    shape("dynatrace-token", "dt0c01.", Wide, 60),
    shape("atlassian-token", "ATATT3", Wide, 50),
    shape("atlassian-token", "ATCTT3", Wide, 50),
    shape("square-token", "sq0atp-", Url, 22),
    shape("square-token", "sq0csp-", Url, 43),
    shape("netlify-token", "nfp_", Alnum, 36),
    shape("fly-token", "fo1_", Url, 40),
    shape("onepassword-token", "ops_eyJ", Wide, 60),
    shape("langsmith-key", "lsv2_", Url, 40),
    shape("age-key", "AGE-SECRET-KEY-1", Upper, 50),
];

/// Whether a prefix begins with a byte; most bytes of a text are passed over by this alone.
const BEGINS: [bool; 256] = {
    let mut begins = [false; 256];
    let mut index = 0;
    while index < SHAPES.len() {
        begins[SHAPES[index].prefix.as_bytes()[0] as usize] = true;
        index += 1;
    }
    begins
};

pub(super) fn find(text: &str, is_asked: &dyn Fn(&str) -> bool) -> Option<Finding> {
    let bytes = text.as_bytes();
    (0..bytes.len())
        .filter(|at| BEGINS[usize::from(bytes[*at])] && begins_word(bytes, *at))
        .find_map(|at| {
            let shape = SHAPES.iter().find(|shape| shape.is_at(bytes, at))?;
            is_asked(shape.rule).then_some(Finding {
                at,
                rule: shape.rule,
            })
        })
}

/// Whether a token can begin here: not in the middle of a word, unless it begins with what is no
/// part of one.
fn begins_word(bytes: &[u8], at: usize) -> bool {
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    !is_word(bytes[at]) || at == 0 || !is_word(bytes[at - 1])
}

impl Shape {
    fn is_at(&self, bytes: &[u8], at: usize) -> bool {
        let Some(rest) = bytes[at..].strip_prefix(self.prefix.as_bytes()) else {
            return false;
        };
        let length = rest.iter().take_while(|byte| self.of.has(**byte)).count();
        let body = &rest[..length];
        (self.min..=self.max).contains(&length)
            // A digest of 40 digits is not one of 32 with more behind it.
            && !rest.get(length).is_some_and(u8::is_ascii_alphanumeric)
            && !is_placeholder(body)
            && (!self.is_vague || is_mixed(body))
    }
}

impl Of {
    fn has(self, byte: u8) -> bool {
        match self {
            Alnum => byte.is_ascii_alphanumeric(),
            Upper => byte.is_ascii_uppercase() || byte.is_ascii_digit(),
            Hex => byte.is_ascii_hexdigit(),
            Url => byte.is_ascii_alphanumeric() || b"_-".contains(&byte),
            Wide => byte.is_ascii_alphanumeric() || b"_-./+=".contains(&byte),
        }
    }
}

//! A hub, people with clones of it, and the page of that repository.

use crate::support::{Agent, Hub, Sandbox};

use super::stand_in::StandIn;
use super::stand_in::hosted::BOT_TOKEN;

/// The hub, its page, and whoever runs the mirror.
#[allow(dead_code, reason = "of a rig, not every test needs all")]
pub struct World {
    pub page: StandIn,
    pub bot: Agent,
    pub hub: Hub,
    sandbox: Sandbox,
}

#[allow(dead_code, reason = "of a rig, not every test needs all")]
impl World {
    pub fn new() -> Self {
        Self::with(StandIn::start())
    }

    /// With a page that is there already.
    pub fn with(page: StandIn) -> Self {
        let sandbox = Sandbox::new();
        let hub = sandbox.bare("hub");
        let bot = hub.clone_as("bot");
        let mut world = Self {
            page,
            bot,
            hub,
            sandbox,
        };
        world.bot = world.known(world.bot.clone());
        world
    }

    /// Somebody with a clone and a token of the bot's.
    pub fn person(&self, name: &str) -> Agent {
        self.known(self.hub.clone_as(name))
    }

    /// Somebody with a clone, and a branch with a commit that is pushed.
    pub fn on_branch(&self, name: &str, branch: &str) -> Agent {
        let agent = self.person(name);
        agent.git(["checkout", "--quiet", "-b", branch]).ok();
        agent.commit(&format!("{name}.txt"), "a line\n");
        agent.git(["push", "--quiet", "-u", "origin", branch]).ok();
        agent
    }

    /// Opens a pull request of a branch that somebody has.
    pub fn pull(&self, agent: &Agent, branch: &str) -> u64 {
        let sha = agent.ask_git(["rev-parse", branch]);
        self.page.hosted().pull(agent.name(), branch, branch, &sha)
    }

    fn known(&self, agent: Agent) -> Agent {
        for (key, value) in [
            ("coord.remote", "origin"),
            ("coord.maxAge", "0s"),
            ("coord.githubRepo", "octo/shop"),
            ("coord.githubUrl", &self.page.url()),
        ] {
            agent.git(["config", key, value]).ok();
        }
        agent.with_var("GITHUB_TOKEN", BOT_TOKEN)
    }
}

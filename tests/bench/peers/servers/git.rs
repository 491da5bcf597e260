//! The ways to a repository of another machine: git's own protocol, HTTP, and ssh.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::{Leash, free_port, program, until};
use crate::world::World;

/// How a remote is reached.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Transport {
    Path,
    Git,
    Http,
    Ssh,
}

impl Transport {
    pub const ALL: [Self; 4] = [Self::Path, Self::Git, Self::Http, Self::Ssh];

    pub fn name(self) -> &'static str {
        match self {
            Self::Path => "a path",
            Self::Git => "git://",
            Self::Http => "http",
            Self::Ssh => "ssh",
        }
    }
}

/// Servers for all repositories below the world's directory.
pub struct GitServers {
    git: Result<(Leash, u16), String>,
    http: Result<(Vec<Leash>, u16), String>,
    ssh: Result<(Leash, u16), String>,
}

impl GitServers {
    pub fn start(world: &World) -> Self {
        Self {
            git: git(world),
            http: http(world),
            ssh: ssh(world),
        }
    }

    /// A new repository on the other side, and what a clone needs to be told to reach it.
    pub fn hub(
        &self,
        world: &World,
        name: &str,
        how: Transport,
    ) -> Result<Vec<(String, String)>, String> {
        let hub = world.path(name);
        if !hub.exists() {
            world.run(world.git(&world.path(""), &["init", "-q", "--bare", name]));
            world.config(&hub, "http.receivepack", "true");
        }
        let short = |why: &String| why.clone();
        let mut settings = Vec::new();
        let url = match how {
            Transport::Path => hub.display().to_string(),
            Transport::Git => {
                format!(
                    "git://127.0.0.1:{}/{name}",
                    self.git.as_ref().map_err(short)?.1
                )
            }
            Transport::Http => {
                format!(
                    "http://127.0.0.1:{}/{name}",
                    self.http.as_ref().map_err(short)?.1
                )
            }
            Transport::Ssh => {
                let port = self.ssh.as_ref().map_err(short)?.1;
                let dir = world.path("sshd");
                let dir = dir.display();
                let client = format!(
                    "ssh -F /dev/null -i {dir}/user -o IdentitiesOnly=yes -o IdentityAgent=none \
                     -o UserKnownHostsFile={dir}/known_hosts -o GlobalKnownHostsFile=/dev/null \
                     -o StrictHostKeyChecking=yes -o BatchMode=yes"
                );
                settings.push(("core.sshCommand".to_owned(), client));
                format!("ssh://127.0.0.1:{port}{}", hub.display())
            }
        };
        settings.push(("remote.origin.url".into(), url));
        settings.push((
            "remote.origin.fetch".into(),
            "+refs/heads/*:refs/remotes/origin/*".into(),
        ));
        Ok(settings)
    }
}

fn of_git(world: &World, name: &str) -> Command {
    let dir = world.run(world.git(&world.path(""), &["--exec-path"]));
    let program = Path::new(&dir).join(name);
    world.program(&world.path(""), &program.display().to_string(), &[])
}

fn listens(what: &str, port: u16) -> Result<(), String> {
    let connect = || std::net::TcpStream::connect(("127.0.0.1", port));
    until(what, || connect().map(drop).map_err(|why| why.to_string()))
}

fn git(world: &World) -> Result<(Leash, u16), String> {
    let port = free_port()?;
    let root = world.path("").display().to_string();
    let mut command = of_git(world, "git-daemon");
    command.args([
        "--enable=receive-pack",
        "--export-all",
        "--listen=127.0.0.1",
        "--reuseaddr",
    ]);
    command.args([
        format!("--port={port}"),
        format!("--base-path={root}"),
        root,
    ]);
    let leash = Leash::start(&command, "TERM")?;
    listens("git daemon", port)?;
    Ok((leash, port))
}

fn http(world: &World) -> Result<(Vec<Leash>, u16), String> {
    let (nginx, fcgiwrap) = (program("nginx")?, program("fcgiwrap")?);
    let text = |why: std::io::Error| why.to_string();
    let dir = world.path("http");
    fs::create_dir_all(&dir).map_err(text)?;
    let port = free_port()?;
    let backend = of_git(world, "git-http-backend");
    let config = nginx_config(
        &world.path(""),
        &dir,
        Path::new(backend.get_program()),
        port,
    );
    fs::write(dir.join("nginx.conf"), config).map_err(text)?;
    let socket = format!("unix:{}", dir.join("cgi").display());
    let mut command = world.program(&dir, &fcgiwrap.display().to_string(), &["-c", "8"]);
    let cgi = Leash::start(command.args(["-s", &socket]), "TERM")?;
    let mut command = world.program(&dir, &nginx.display().to_string(), &["-e", "stderr"]);
    command
        .arg("-p")
        .arg(&dir)
        .arg("-c")
        .arg(dir.join("nginx.conf"));
    let nginx = Leash::start(&command, "TERM")?;
    listens("nginx", port)?;
    Ok((vec![nginx, cgi], port))
}

/// One process that writes nowhere but below `dir`; who asks has a name, so git lets them push.
fn nginx_config(root: &Path, dir: &Path, backend: &Path, port: u16) -> String {
    let [root, dir, backend] = [root, dir, backend].map(Path::display);
    format!(
        "\
daemon off;
master_process off;
pid {dir}/pid;
error_log stderr crit;
events {{ worker_connections 512; }}
http {{
  access_log off;
  client_body_temp_path {dir}/body;
  fastcgi_temp_path {dir}/fastcgi;
  proxy_temp_path {dir}/proxy;
  scgi_temp_path {dir}/scgi;
  uwsgi_temp_path {dir}/uwsgi;
  client_max_body_size 0;
  server {{
    listen 127.0.0.1:{port};
    location / {{
      fastcgi_pass unix:{dir}/cgi;
      fastcgi_param SCRIPT_FILENAME {backend};
      fastcgi_param GIT_PROJECT_ROOT {root};
      fastcgi_param GIT_HTTP_EXPORT_ALL 1;
      fastcgi_param PATH_INFO $uri;
      fastcgi_param QUERY_STRING $query_string;
      fastcgi_param REQUEST_METHOD $request_method;
      fastcgi_param CONTENT_TYPE $content_type;
      fastcgi_param CONTENT_LENGTH $content_length;
      fastcgi_param GIT_PROTOCOL $http_git_protocol;
      fastcgi_param REMOTE_USER bench;
      fastcgi_param REMOTE_ADDR $remote_addr;
    }}
  }}
}}
"
    )
}

fn ssh(world: &World) -> Result<(Leash, u16), String> {
    let server = program("sshd")?;
    let shell = program("git-shell").or_else(|_| {
        let found = of_git(world, "git-shell");
        let file = std::path::PathBuf::from(found.get_program());
        file.is_file()
            .then_some(file)
            .ok_or_else(|| "`git-shell` is not installed".to_owned())
    })?;
    let text = |why: std::io::Error| why.to_string();
    let dir = world.path("sshd");
    fs::create_dir_all(&dir).map_err(text)?;
    for key in ["host", "user"] {
        let file = dir.join(key).display().to_string();
        let args = ["-q", "-t", "ed25519", "-N", "", "-C", key, "-f", &file];
        world.run(world.program(&dir, "ssh-keygen", &args));
    }
    fs::copy(dir.join("user.pub"), dir.join("authorized_keys")).map_err(text)?;
    // A login begins with the account's own home; it gets the world's.
    let script = format!(
        "#!/bin/sh\nexport HOME='{0}' GIT_CONFIG_GLOBAL='{0}/gitconfig' GIT_CONFIG_NOSYSTEM=1\n\
         exec {1} -c \"$SSH_ORIGINAL_COMMAND\"\n",
        world.path("").display(),
        shell.display()
    );
    let command = dir.join("command");
    fs::write(&command, script).map_err(text)?;
    fs::set_permissions(
        &command,
        std::os::unix::fs::PermissionsExt::from_mode(0o755),
    )
    .map_err(text)?;
    if rustix::process::geteuid().is_root() {
        // As root, sshd wants this directory, which the system's own service would make.
        fs::create_dir_all("/run/sshd").map_err(text)?;
    }
    let port = free_port()?;
    fs::write(dir.join("config"), sshd_config(&dir, port)).map_err(text)?;
    let host = fs::read_to_string(dir.join("host.pub")).map_err(text)?;
    fs::write(
        dir.join("known_hosts"),
        format!("[127.0.0.1]:{port} {host}"),
    )
    .map_err(text)?;
    let mut command = Command::new(server);
    command.args(["-D", "-e", "-f"]).arg(dir.join("config"));
    let leash = Leash::start(&command, "TERM")?;
    listens("sshd", port)?;
    Ok((leash, port))
}

fn sshd_config(dir: &Path, port: u16) -> String {
    let dir = dir.display();
    format!(
        "\
ListenAddress 127.0.0.1:{port}
HostKey {dir}/host
PidFile none
AuthorizedKeysFile {dir}/authorized_keys
# The repositories lie in a directory that everybody may write to.
StrictModes no
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
ForceCommand {dir}/command
AcceptEnv GIT_PROTOCOL
# By default sshd drops logins at random when ten come at once.
MaxStartups 200
"
    )
}

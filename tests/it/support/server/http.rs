//! `git http-backend` behind nginx with basic authentication: the protocol of the large hosts.

use std::fs;
use std::os::unix::net::UnixStream;
use std::path::Path;

use super::daemon::{start, start_on_port};
use super::{Server, git_program, program};
use crate::support::wait::until;
use crate::support::{Agent, Hub, Running, Sandbox};

/// The account of everybody.
const USER: &str = "rig";
/// An account that a hook on the server may give fewer rights.
const OTHER_USER: &str = "cloud";
/// The password of both.
const PASSWORD: &str = "sesame";

/// Serves every hub of a sandbox to two accounts. Nobody else may even read.
pub struct Http {
    port: u16,
    credentials: String,
    // In this order: nginx ends before what it hands its requests to.
    _nginx: Running,
    _fcgiwrap: Running,
}

impl Http {
    /// Starts nginx, and fcgiwrap to run git for it.
    #[track_caller]
    pub fn start(sandbox: &Sandbox) -> Self {
        let nginx = program("nginx", "nginx");
        let fcgiwrap = program("fcgiwrap", "fcgiwrap");
        let backend = git_program(sandbox, "git-http-backend");
        let dir = sandbox.path().join("http");
        fs::create_dir(&dir).unwrap();

        let socket = dir.join("cgi");
        // Each of the processes serves one request at a time.
        let args = [
            "-c".into(),
            "8".into(),
            "-s".into(),
            format!("unix:{}", socket.display()),
        ];
        let fcgiwrap = start(sandbox, &fcgiwrap, &args);
        until("fcgiwrap listens", || UnixStream::connect(&socket).ok());

        fs::write(
            dir.join("passwords"),
            format!("{USER}:{{PLAIN}}{PASSWORD}\n{OTHER_USER}:{{PLAIN}}{PASSWORD}\n"),
        )
        .unwrap();
        let (nginx, port) = start_on_port("event method", |port| {
            let file = dir.join("nginx.conf");
            fs::write(&file, config(sandbox.path(), &dir, &backend, port)).unwrap();
            let args = [
                "-e",
                "stderr",
                "-p",
                dir.to_str().unwrap(),
                "-c",
                file.to_str().unwrap(),
            ];
            start(sandbox, &nginx, &args.map(String::from))
        });

        let credentials = dir.join("credentials");
        fs::write(
            &credentials,
            format!("http://{USER}:{PASSWORD}@127.0.0.1:{port}\n"),
        )
        .unwrap();
        let credentials = credentials.to_str().unwrap().to_owned();
        Self {
            port,
            credentials,
            _nginx: nginx,
            _fcgiwrap: fcgiwrap,
        }
    }
}

impl Http {
    /// Clones a hub as the other account, which hooks see as `REMOTE_USER=cloud`.
    #[track_caller]
    pub fn clone_as_other(&self, hub: &Hub, agent: &str) -> Agent {
        let url = format!("http://{OTHER_USER}@127.0.0.1:{}/{}", self.port, hub.name());
        // A store of its own: git moves what it has just used to the front of one.
        let store = format!("{}-other", self.credentials);
        let entry = format!("http://{OTHER_USER}:{PASSWORD}@127.0.0.1:{}\n", self.port);
        fs::write(&store, entry).unwrap();
        let config = format!("credential.helper=store --file={store}");
        Agent::cloned(hub, agent, &url, &[config])
    }
}

impl Server for Http {
    fn url(&self, hub: &Hub) -> String {
        format!("http://127.0.0.1:{}/{}", self.port, hub.name())
    }

    fn client_config(&self) -> Vec<String> {
        vec![format!(
            "credential.helper=store --file={}",
            self.credentials
        )]
    }
}

/// One nginx process in the foreground that writes nowhere but below `dir`.
///
/// A user who is known may push: git allows that by itself once the web server names one.
fn config(root: &Path, dir: &Path, backend: &Path, port: u16) -> String {
    let [root, dir, backend] = [root, dir, backend].map(Path::display);
    format!(
        "\
daemon off;
master_process off;
pid {dir}/pid;
error_log stderr notice;
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
    auth_basic rig;
    auth_basic_user_file {dir}/passwords;
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
      fastcgi_param REMOTE_USER $remote_user;
      fastcgi_param REMOTE_ADDR $remote_addr;
    }}
  }}
}}
"
    )
}

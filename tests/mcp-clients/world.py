"""A repository that one agent has locked a file in, and the servers of it."""

import os
import re
import subprocess
import threading
from pathlib import Path


class World:
    """What the clients meet."""

    def __init__(self, program: Path, scratch: Path):
        self._program = str(program)
        self._repo = scratch / "repo"
        home = scratch / "home"
        home.mkdir()
        # Nothing of the person who runs this: not their git settings, not their agent's name.
        self._env = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("GIT_", "COORD_", "MCP_", "npm_"))
        }
        self._env |= {
            "HOME": str(home),
            "XDG_CONFIG_HOME": str(home / ".config"),
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_AUTHOR_NAME": "a",
            "GIT_AUTHOR_EMAIL": "a@example.invalid",
            "GIT_COMMITTER_NAME": "a",
            "GIT_COMMITTER_EMAIL": "a@example.invalid",
        }
        self._servers = []
        self._ports = {}
        self._lock = threading.Lock()

    def __enter__(self):
        try:
            self._begin()
        except BaseException:
            self.__exit__()
            raise
        return self

    def _begin(self):
        self._git("init", "-q", "-b", "main", str(self._repo), cwd=None)
        self._git("commit", "-q", "--allow-empty", "-m", "first")
        self._coord("--as", "holder/one", "lock", "taken.rs", "--reason", "mine")
        for tools in ["core", "all"]:
            self._serve(tools)

    def __exit__(self, *_):
        for server in self._servers:
            server.kill()
            server.wait()
            server.stderr.close()

    def _git(self, *args, cwd=""):
        where = self._repo if cwd == "" else cwd
        subprocess.run(["git", *args], cwd=where, env=self._env, check=True)

    def _coord(self, *args):
        command = [self._program, *args]
        options = {"capture_output": True, "text": True, "check": True}
        return subprocess.run(command, cwd=self._repo, env=self._env, **options).stdout.strip()

    def _serve(self, tools):
        """Starts a server for many, on a port that is free."""
        command = [self._program, "mcp", "--http", "127.0.0.1:0", "--tools", tools]
        options = {"stdin": subprocess.DEVNULL, "stderr": subprocess.PIPE, "text": True}
        server = subprocess.Popen(command, cwd=self._repo, env=self._env, **options)
        self._servers.append(server)
        said = server.stderr.readline()
        found = re.search(r"http://127\.0\.0\.1:(\d+)/mcp", said)
        if not found:
            raise OSError(f"the server said: {said}")
        self._ports[tools] = int(found[1])

    def port(self, tools):
        """Where the server with these tools listens."""
        return self._ports[tools]

    def http(self, tools, agent):
        """What a client over HTTP needs to know, to be this agent."""
        with self._lock:
            token = self._coord("mcp", "--token-for", agent)
        url = f"http://127.0.0.1:{self._ports[tools]}/mcp"
        return {"url": url, "token": token, "headers": {"Authorization": f"Bearer {token}"}}

    def stdio(self, tools, agent):
        """What a client that starts its own server needs to know."""
        args = ["--as", agent, "mcp", "--tools", tools]
        return {"command": self._program, "args": args, "cwd": str(self._repo), "env": self._env}

    def do(self, command, deadline):
        """Runs a client."""
        options = {"stdin": subprocess.DEVNULL, "capture_output": True, "text": True}
        return subprocess.run(command, cwd=self._repo, env=self._env, timeout=deadline, **options)

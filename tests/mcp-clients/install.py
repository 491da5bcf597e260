"""Other people's programs: where they are, and how they get there."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

# The inspector and the conformance suite need this one.
NODE_MIN = (22, 19)


class Clients:
    """The clients in target/mcp-clients."""

    def __init__(self, here: Path):
        self._here = here
        self._cache = here.parent.parent / "target" / "mcp-clients"
        self._modules = self._cache / "node" / "node_modules"
        self._python = self._cache / "python"

    def install(self):
        """Installs what is not there, and what was pinned anew since."""
        with ThreadPoolExecutor() as pool:
            for done in [pool.submit(self._install_node), pool.submit(self._install_python)]:
                done.result()
        # A module finds its packages beside itself.
        for script in self._here.glob("*.mjs"):
            shutil.copy(script, self._cache / "node")

    def _install_node(self):
        place = self._cache / "node"
        pins = [self._here / "package.json", self._here / "package-lock.json"]
        if _is_installed(place, pins):
            return
        _say("npm ci")
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir(parents=True)
        for pin in pins:
            shutil.copy(pin, place)
        options = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
        _run(["npm", "ci", *options], cwd=place)
        _mark_installed(place, pins)

    def _install_python(self):
        pins = [self._here / "requirements.txt"]
        if _is_installed(self._python, pins):
            return
        _say("pip install")
        shutil.rmtree(self._python, ignore_errors=True)
        _run([sys.executable, "-m", "venv", str(self._python)])
        pip = [str(self._python / "bin" / "pip"), "install", "--quiet"]
        options = ["--disable-pip-version-check", "--only-binary=:all:", "--require-hashes"]
        _run([*pip, *options, "-r", str(pins[0])])
        _mark_installed(self._python, pins)

    def _node(self):
        """A Node.js that is new enough: the one that came with the packages, or else the machine's."""
        for found in sorted(self._modules.glob("node-*/bin/node")):
            return str(found)
        node = shutil.which("node")
        if node:
            said = subprocess.run([node, "--version"], capture_output=True, text=True, check=True)
            version = tuple(int(part) for part in said.stdout.strip().lstrip("v").split(".")[:2])
            if version >= NODE_MIN:
                return node
        sys.exit(f"Node.js {'.'.join(map(str, NODE_MIN))} or newer is needed, and none is published for here")

    def command(self, program):
        """The command line of one of our programs, which use their libraries."""
        if program.endswith(".py"):
            return [str(self._python / "bin" / "python"), str(self._here / program)]
        return [self._node(), str(self._cache / "node" / program)]

    def inspector(self):
        """The command line of the inspector."""
        script = self._modules / "@modelcontextprotocol/inspector/clients/launcher/build/index.js"
        return [self._node(), str(script), "--cli"]

    def conformance(self):
        """The command line of the conformance suite."""
        script = self._modules / "@modelcontextprotocol/conformance/dist/index.js"
        return [self._node(), str(script), "server"]

    def version(self, package):
        """The installed version of a package."""
        return json.loads((self._modules / package / "package.json").read_text())["version"]

    def python_version(self):
        """The installed version of the Python client."""
        code = "import importlib.metadata as it; print(it.version('mcp'))"
        python = str(self._python / "bin" / "python")
        done = subprocess.run([python, "-c", code], capture_output=True, text=True, check=True)
        return done.stdout.strip()


def _say(what):
    print(f"installing: {what}", flush=True)


def _run(command, **more):
    env = {**os.environ, "npm_config_update_notifier": "false"}
    done = subprocess.run(command, env=env, stdin=subprocess.DEVNULL, **more)
    if done.returncode != 0:
        sys.exit(f"`{' '.join(command)}` failed")


def _stamp(pins):
    whole = hashlib.sha256()
    for pin in pins:
        whole.update(pin.read_bytes())
    return whole.hexdigest()


def _is_installed(place, pins):
    mark = place / ".installed"
    return mark.exists() and mark.read_text() == _stamp(pins)


def _mark_installed(place, pins):
    (place / ".installed").write_text(_stamp(pins))

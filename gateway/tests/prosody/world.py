"""A message server, a site, Prosody and the gateway, each on a port of its own. The site is the reference community.

Owns: starting and stopping them, and the configuration that the project ships, with other ports. Must not: know what
a test is about.
"""

from __future__ import annotations

import contextlib
import os
import pathlib
import shutil
import signal
import socket
import sqlite3
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[3]
BINARIES = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "debug"
SECONDS = 20


def free_port() -> int:
    """A port on which nothing listens."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def eventually(what: str, condition):
    """The first value of the condition that is true."""
    until = time.monotonic() + SECONDS
    while time.monotonic() < until:
        value = condition()
        if value:
            return value
        time.sleep(0.05)
    raise AssertionError(f"in {SECONDS} s: {what}")


def listens(port: int) -> bool:
    """Whether something listens on a port."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


class World:
    """All programs, until it is closed."""

    def __init__(self) -> None:
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="nextim-xmpp-"))
        self.ports = {name: free_port() for name in ("im", "site", "c2s", "component", "admin", "standby")}
        self.running: dict[str, subprocess.Popen] = {}
        self.site_url = f"http://127.0.0.1:{self.ports['site']}"
        self.write_configurations()
        try:
            self.prepare_site()
            for name in ("im", "site", "prosody", "gateway"):
                self.start(name)
        except BaseException:
            self.close()
            raise

    def endpoint(self, name: str) -> str:
        """The path of an endpoint of the site."""
        return f"/webim/{name}"

    def prepare_site(self) -> None:
        """What the site needs before it is started; the community needs nothing."""

    def site_command(self) -> list:
        """What starts the site."""
        return (
            [BINARIES / "nextim-community", "--listen", f"127.0.0.1:{self.ports['site']}"]
            + ["--im", f"http://127.0.0.1:{self.ports['im']}", "--domain", "forum.example", "--apikey", "key"]
            + ["--db", self.folder / "community.sqlite", "--xmpp", "login.example"]
        )

    def write_configurations(self) -> None:
        """The shipped configurations, with the ports and folders of this world."""
        ports = self.ports
        (self.folder / "nextim.toml").write_text(
            f'listen = ["127.0.0.1:{ports["im"]}"]\n[[domain]]\nname = "forum.example"\napikeys = ["key"]\n'
            f'undelivered_url = "{self.site_url}{self.endpoint("undelivered")}"\n'
        )
        settings = (ROOT / "gateway/nextim-xmpp.toml").read_text()
        for old, new in (
            ("127.0.0.1:5347", f"127.0.0.1:{ports['component']}"),
            ("127.0.0.1:8002", f"127.0.0.1:{ports['admin']}"),
            ("https://forum.example/webim/xmpp", self.site_url + self.endpoint("xmpp")),
            ('apikey = "change me"', 'apikey = "key"'),
        ):
            assert old in settings, old
            settings = settings.replace(old, new)
        (self.folder / "gateway.toml").write_text(settings)
        standby = settings.replace(f"127.0.0.1:{ports['admin']}", f"127.0.0.1:{ports['standby']}")
        (self.folder / "standby.toml").write_text(standby)
        self.write_prosody()

    def write_prosody(self) -> None:
        """Prosody's configuration, and a certificate."""
        data, certs = self.folder / "data", self.folder / "certs"
        for path in (data, certs):
            path.mkdir()
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=login.example"]
            + ["-keyout", certs / "login.example.key", "-out", certs / "login.example.crt"],
            check=True,
            capture_output=True,
        )
        own = (
            f'c2s_ports = {{ {self.ports["c2s"]} }}\nc2s_interfaces = {{ "127.0.0.1" }}\nrun_as_root = true\n'
            f'data_path = "{data}"\npidfile = "{self.folder}/prosody.pid"\n'
            '\nVirtualHost "login.example"'
        )
        text = (ROOT / "gateway/prosody/prosody.cfg.lua").read_text()
        for old, new in (
            ("/usr/share/nextim/prosody", str(ROOT / "gateway/prosody")),
            ("/etc/prosody/certs", str(certs)),
            ('rate = "10kb/s"', 'rate = "10mb/s"'),
            ("component_ports = { 5347 }", f"component_ports = {{ {self.ports['component']} }}"),
            ("https://forum.example/webim/xmpp", self.site_url + self.endpoint("xmpp")),
            ('nextim_apikey = "change me"', 'nextim_apikey = "key"'),
            ('VirtualHost "login.example"', own),
        ):
            assert old in text, old
            text = text.replace(old, new)
        self.log = self.folder / "prosody.log"
        (self.folder / "prosody.cfg.lua").write_text(text)

    def start(self, name: str) -> None:
        """Starts one of the programs, and waits until it is there."""
        ports, folder = self.ports, self.folder
        commands = {
            "im": [BINARIES / "nextim", "--config", folder / "nextim.toml"],
            "site": self.site_command(),
            "prosody": [shutil.which("prosody") or "prosody", "-F", "--config", folder / "prosody.cfg.lua"],
            "gateway": [BINARIES / "nextim-xmpp", "--config", folder / "gateway.toml"],
            "standby": [BINARIES / "nextim-xmpp", "--config", folder / "standby.toml"],
        }
        with open(folder / f"{name}.log", "ab") as log:
            environment = {"PATH": os.environ["PATH"] + ":/usr/sbin:/sbin", "HOME": str(folder)}
            # In a group of its own, with the processes that it starts, which PHP leaves behind.
            process = subprocess.Popen(
                [str(word) for word in commands[name]],
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                env=environment | self.environment(),
                start_new_session=True,
            )
        self.running[name] = process
        port = {"prosody": "component", "gateway": "admin"}.get(name, name)
        eventually(f"{name} listens", lambda: process.poll() is not None or listens(ports[port]))
        assert process.poll() is None, (folder / f"{name}.log").read_text()
        if name == "gateway":
            eventually("the gateway is connected", self.is_healthy)

    def environment(self) -> dict[str, str]:
        """What programs find in their environment beside the usual."""
        return {}

    def is_healthy(self, port: str = "admin") -> bool:
        """Whether the gateway with this admin listener says so."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.ports[port]}/health", timeout=5) as answer:
                return answer.read() == b"ok\n"
        except urllib.error.HTTPError:
            return False

    def kill(self, name: str, number: int = signal.SIGKILL) -> None:
        """Ends one of the programs, and waits for its end."""
        process = self.running.pop(name)
        process.send_signal(number)
        process.wait(SECONDS)

    def pause(self, name: str, is_paused: bool) -> None:
        """Stops a program, or lets it go on."""
        self.running[name].send_signal(signal.SIGSTOP if is_paused else signal.SIGCONT)

    def sql(self, statement: str, *values: object) -> None:
        """Changes the community's database."""
        with sqlite3.connect(self.folder / "community.sqlite", timeout=5) as database:
            database.execute("PRAGMA foreign_keys = ON")
            database.execute(statement, values)

    def ask(self, statement: str, *values: object) -> object:
        """The first value that the community's database answers."""
        with sqlite3.connect(self.folder / "community.sqlite", timeout=5) as database:
            return database.execute(statement, values).fetchone()[0]

    def add_user(self, user: str, nick: str, friend_of: str | None = None) -> None:
        """A user with any name, which the site's own form would not take."""
        self.sql("INSERT INTO users (id, nick, password, created) VALUES (?, ?, '', 1)", user, nick)
        if friend_of:
            self.befriend(user, friend_of)

    def befriend(self, one: str, other: str, group: str = "friend") -> None:
        """Two users become friends, each in this group of the other."""
        for pair in ((one, other), (other, one)):
            self.sql("INSERT INTO friends (user, friend, contact_group) VALUES (?, ?, ?)", *pair, group)

    def close(self) -> None:
        """Ends all programs, and removes the folder."""
        for process in self.running.values():
            process.send_signal(signal.SIGCONT)
            # There is no group any more if a program has ended by itself, with all that it started.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait(SECONDS)
        if not os.environ.get("NEXTIM_KEEP"):
            shutil.rmtree(self.folder, ignore_errors=True)

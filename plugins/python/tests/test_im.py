"""The client of the message server, over real sockets.

Owns: what becomes of answers that are late, cut, long or strange. Must not: assert a time; a call that did not
end would hang the test.
"""

from __future__ import annotations

import socket
import threading
import unittest
from collections.abc import Callable
from urllib.parse import parse_qs

from nextim_site import Config, Im
from nextim_site.im import CallError, NewSession, NoSession, NotAuthorized, Push, Pushed, Refused, Unreachable


class Peer:
    """A server that answers each connection as `act` says, and keeps the requests."""

    def __init__(self, act: Callable[[socket.socket, threading.Event], None]) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._act = act
        self._ended = threading.Event()
        self.requests: list[str] = []
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with connection:
                try:
                    self.requests.append(self._read(connection))
                    self._act(connection, self._ended)
                except OSError:
                    continue

    @staticmethod
    def _read(connection: socket.socket) -> str:
        data = b""
        while b"\r\n\r\n" not in data:
            data += connection.recv(65_536) or b"\r\n\r\n"
        head, _, body = data.partition(b"\r\n\r\n")
        length = next(
            (int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-l")), 0
        )
        while len(body) < length:
            body += connection.recv(65_536) or b" " * length
        return (head + b"\r\n\r\n" + body).decode()

    def close(self) -> None:
        self._ended.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()


def saying(answer: bytes) -> Callable[[socket.socket, threading.Event], None]:
    return lambda connection, ended: connection.sendall(answer)


def http(status: str, body: bytes, headers: str = "") -> bytes:
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n{headers}\r\n".encode() + body


class Calls(unittest.TestCase):
    def peer(self, act: Callable[[socket.socket, threading.Event], None]) -> tuple[Peer, Im]:
        peer = Peer(act)
        self.addCleanup(peer.close)
        self.lines: list[str] = []
        return peer, Im(Config(peer.url, "d&omain", "the=key"), lambda level, text: self.lines.append(text))

    def test_a_message_says_how_many_have_it(self) -> None:
        peer, im = self.peer(saying(http("200 OK", b"ok", "X-NextIM-Delivered: 2\r\nX-NextIM-Visible: 1\r\n")))
        pushed = im.message(Push("17", "unicast", "alice", "Älice", "bob", "a&b=c% 🦊", time=5, meta='{"a":1}'))
        self.assertEqual(pushed, Pushed(2, 1))
        head, _, body = peer.requests[0].partition("\r\n\r\n")
        self.assertTrue(head.startswith("POST /messages HTTP/1.1\r\n"))
        sent = {name: values[0] for name, values in parse_qs(body, strict_parsing=True, keep_blank_values=True).items()}
        self.assertEqual(
            sent,
            {
                "domain": "d&omain",
                "apikey": "the=key",
                "from": "alice",
                "nick": "Älice",
                "to": "bob",
                "style": "",
                "type": "unicast",
                "id": "17",
                "body": "a&b=c% 🦊",
                "timestamp": "5",
                "meta": '{"a":1}',
            },
        )

    def test_each_status_has_its_error(self) -> None:
        for status, error in [
            ("401 Unauthorized", NotAuthorized),
            ("404 Not Found", NoSession),
            ("429 Too Many", Refused),
            ("503 Busy", Refused),
            ("302 Found", Refused),
        ]:
            _, im = self.peer(saying(http(status, b"words", "Location: http://127.0.0.1:1/\r\n")))
            with self.subTest(status), self.assertRaises(error):
                im.offline(name="alice")

    def test_what_is_no_answer_is_unreachable(self) -> None:
        def drip(connection: socket.socket, ended: threading.Event) -> None:
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
            while not ended.wait(0.01):
                connection.sendall(b" ")

        def drip_head(connection: socket.socket, ended: threading.Event) -> None:
            connection.sendall(b"HTTP/1.1 200 OK\r\nX-Long: ")
            while not ended.wait(0.01):
                connection.sendall(b"x")

        for name, act in {
            "silent": lambda connection, ended: ended.wait(),
            "cut": saying(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n[]"[:30]),
            "closed": saying(b""),
            "no http": saying(b"hello\r\n\r\n"),
            "no json": saying(http("200 OK", b"<html>")),
            "another shape": saying(http("200 OK", b'{"a":1}')),
            "too long": saying(http("200 OK", b"[" + b" " * 4_194_304 + b"]")),
            "one byte after the other": drip,
            "one byte of the head after the other": drip_head,
        }.items():
            _, im = self.peer(act)
            with self.subTest(name), self.assertRaises(Unreachable):
                im.onlines(["alice"], seconds=0.3)

    def test_nobody_listens(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
        im = Im(Config(f"http://127.0.0.1:{port}", "d", "k"), lambda level, text: None)
        with self.assertRaises(CallError):
            im.onlines([])

    def test_a_session(self) -> None:
        buddies = b'[{"name":"b","nick":"B","show":"away","status":""}]'
        body = b'{"ticket":"t","rooms":[{"name":"r","total":3}],"buddies":' + buddies + b"}"
        peer, im = self.peer(saying(http("200 OK", body)))
        session = im.online(NewSession("a", "A", "", "", ["b", "c"], ["r"], "6", 60))
        self.assertEqual((session.ticket, session.rooms, session.buddies[0].show), ("t", {"r": 3}, "away"))
        self.assertNotIn("show=", peer.requests[0])
        self.assertIn("buddies=b%2Cc&rooms=r&expires=60", peer.requests[0])

    def test_the_log_has_no_keys_and_no_names(self) -> None:
        _, im = self.peer(saying(http("500 Oops", b"alice")))
        with self.assertRaises(Refused):
            im.offline(name="secret-name")
        self.assertNotIn("secret-name", " ".join(self.lines))
        self.assertNotIn("the=key", " ".join(self.lines))

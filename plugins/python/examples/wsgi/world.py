"""The example's records, as tests need them: `world.py [flags of app.py] reset`, `fill ONE TO TYPE COUNT`,
`shorten USER SECONDS` to let log-ins end then, or `lock` to hold the lock of the database until the input ends.

Owns: what the conformance suite asks of a host beside its forms. Must not: be run on records that anybody needs.
"""

from __future__ import annotations

import argparse
import sys
import time

from app import database, flags
from harbour import Harbour, HarbourHost

from nextim_site import Config, Im, migrate
from nextim_site.archive import NewMessage
from nextim_site.migrate import TABLES
from nextim_site.own import set_block
from nextim_site.plugin import Plugin


def reset(options: argparse.Namespace) -> None:
    """Makes the world new: seven users, and alice blocks erin."""
    site, db = Harbour(options.db), database(options)
    for table in ("sessions", "friends", "members", "subscribers", "groups", "users"):
        site.rows(f"DELETE FROM {table}")
    site.seed()
    migrate(db)
    for table in TABLES:
        if table != "meta":
            db.run(f"DELETE FROM {{p}}{table}")
    db.run("DELETE FROM {p}meta WHERE name <> 'schema'")
    set_block(db, "alice", "erin", True)


def fill(options: argparse.Namespace, one: str, to: str, kind: str, count: int) -> None:
    """Stores messages that nobody has received."""
    config = Config(options.im, options.domain)
    host = HarbourHost(Harbour(options.db))
    plugin = Plugin(host, database(options), Im(config, host.log), config)
    for number in range(count):
        plugin.archive.add(NewMessage(kind, one, one.title(), to, f"m{number}", "", None, None))


def lock(options: argparse.Namespace) -> None:
    """Lets nobody else write."""

    def wait() -> None:
        print("locked", flush=True)
        sys.stdin.read()

    database(options).atomic(wait)


def main() -> None:
    """Does what the arguments say."""
    parser = flags()
    parser.add_argument("act", choices=["reset", "fill", "shorten", "lock"])
    parser.add_argument("arguments", nargs="*")
    options = parser.parse_args()
    if options.act == "reset":
        reset(options)
    elif options.act == "shorten":
        user, seconds = options.arguments
        expires = int(time.time()) + int(seconds)
        Harbour(options.db).rows("UPDATE sessions SET expires = ? WHERE user = ?", expires, user)
    elif options.act == "lock":
        lock(options)
    else:
        one, to, kind, count = options.arguments
        fill(options, one, to, kind, int(count))


if __name__ == "__main__":
    main()

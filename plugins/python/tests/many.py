"""An archive of many messages, made by one statement a table.

Owns: who wrote to whom. Must not: use the kit to write them; that would take hours.

A tenth of the messages is alice's and bob's, a tenth is in the room walkers, and the rest is among a thousand users and
fifty rooms. But in the first half of the archive, all the rest is of one user who wrote and got much and then went:
gone. Message number i is of the time `TIME + i * 1000`.
"""

from __future__ import annotations

from .world import Counting

TIME = 1_600_000_000_000
_DIGIT = "(SELECT 0 AS d" + "".join(f" UNION ALL SELECT {n}" for n in range(1, 10)) + ")"
_NUMBERS = """(SELECT a.d + 10 * b.d + 100 * c.d + 1000 * e.d + 10000 * f.d + 100000 * g.d AS i
    FROM {digits}) n WHERE i < ? ORDER BY i""".replace("{digits}", ", ".join(f"{_DIGIT} {name}" for name in "abcefg"))
_MESSAGES = f"""INSERT INTO {{{{p}}}}messages
    (from_id, nick, to_id, type, body, time, delivered, from_gone, to_gone)
    SELECT CASE WHEN i % 20 = 0 THEN 'alice' WHEN i % 20 = 1 THEN 'bob'
    WHEN i * 2 < {{count}} AND i % 2 = 0 THEN 'gone' ELSE {{user}} END, 'x',
    CASE WHEN i % 20 = 0 THEN 'bob' WHEN i % 20 = 1 THEN 'alice' WHEN i % 20 IN (2, 3) THEN 'walkers'
    WHEN i % 1000 = 999 THEN '' WHEN i * 2 < {{count}} AND i % 2 = 1 THEN 'gone' WHEN i % 3 = 0 THEN {{room}}
    ELSE {{other}} END,
    CASE WHEN i % 20 < 2 THEN 'unicast' WHEN i % 20 < 4 THEN 'multicast' WHEN i % 1000 = 999 THEN 'broadcast'
    WHEN i * 2 < {{count}} THEN 'unicast' WHEN i % 3 = 0 THEN 'multicast' ELSE 'unicast' END,
    'x', {TIME} + i * 1000, CASE WHEN i % 100 = 1 THEN 0 ELSE 1 END, 0, 0 FROM {_NUMBERS}"""
_TALKS = f"""INSERT INTO {{{{p}}}}talks (talk, kind, a, b, last_id, last_time)
    SELECT {{key}}, 'unicast', {{user}}, {{other}}, i, {TIME} FROM {_NUMBERS}"""
_MARKS = f"INSERT INTO {{{{p}}}}marks (me, talk, upto) SELECT {{user}}, {{key}}, i FROM {_NUMBERS}"


def make(db: Counting, count: int) -> None:
    """Fills the empty tables: this many messages, and a tenth of that of conversations and marks."""
    named = {
        "key": "'t' || i",
        "user": "'u' || i % 1000",
        "room": "'r' || i % 50",
        "other": "'u' || (i * 7 + 1) % 1000",
    }
    if db.dialect == "mysql":
        named = {name: "CONCAT({}, {})".format(*text.split(" || ")) for name, text in named.items()}
    for sql, rows in ((_MESSAGES, count), (_TALKS, count // 10), (_MARKS, count // 10)):
        db.run(sql.format(**named, count=count), (rows,))
    for table in ("messages", "talks", "marks"):
        if db.dialect == "mysql":
            db.rows(f"ANALYZE TABLE {{p}}{table}")
        else:
            db.run(f"ANALYZE {{p}}{table}")


def remove(db: Counting) -> None:
    """Empties these tables at once: to delete a million rows takes minutes. SQLite has a file for each test."""
    for table in ("messages", "talks", "marks") if db.dialect != "sqlite" else ():
        db.run(f"TRUNCATE TABLE {{p}}{table}")

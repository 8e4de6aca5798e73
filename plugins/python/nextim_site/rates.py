"""How often each user may do each thing.

Owns: the table `rates`. Must not: read before it writes; of requests that come at once, each would find the same
number.

A row says when a user's allowance is full again. Taking from it moves that time on, but never further ahead of now than
the whole allowance lasts.
"""

from __future__ import annotations

from .db import Db

_TAKE_ON_CONFLICT = """INSERT INTO {p}rates (name, due) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET due =
    CASE WHEN {p}rates.due < ? THEN ? ELSE {p}rates.due END + ?
    WHERE CASE WHEN {p}rates.due < ? THEN ? ELSE {p}rates.due END + ? <= ? RETURNING due"""
_TAKE_MYSQL = """INSERT INTO {p}rates (name, due, taken) VALUES (?, ?, LAST_INSERT_ID(1)) ON DUPLICATE KEY UPDATE
    taken = LAST_INSERT_ID(IF(GREATEST(due, ?) + ? <= ?, 1, 2)),
    due = IF(taken = 1, GREATEST(due, ?) + ?, due)"""


def take(db: Db, name: str, now: int, weight: int, each_ms: int, at_once: int) -> bool:
    """Takes `weight` from an allowance of `at_once`, of which one comes back in each `each_ms`; or all of a full one.
    False if there is less."""
    cost, most = min(weight, at_once) * each_ms, now + at_once * each_ms
    if db.dialect == "mysql":
        return db.insert(_TAKE_MYSQL, (name, now + cost, now, cost, most, now, cost)) == 1
    return bool(db.rows(_TAKE_ON_CONFLICT, (name, now + cost, now, now, cost, now, now, cost, most)))

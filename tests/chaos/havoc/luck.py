"""Chance that can be repeated."""

from __future__ import annotations

from random import Random


def luck(*seed: object) -> Random:
    """A source of chance of its own, the same for the same seed."""
    return Random(" ".join(map(str, seed)))  # noqa: S311 - it picks victims, not secrets

"""What an attaching process and the reaper say to each other."""

from __future__ import annotations

import json

from attrs import asdict, frozen

from horsies_client.embedded.cluster import Cluster


@frozen
class Order:
    """Bring this cluster up within so many seconds."""

    cluster: Cluster
    seconds: float

    def to_json(self) -> str:
        return json.dumps({"cluster": self.cluster.to_plain(), "seconds": self.seconds})

    @classmethod
    def from_json(cls, text: str) -> Order:
        plain = json.loads(text)
        return cls(Cluster(**plain["cluster"]), plain["seconds"])


@frozen
class Report:
    """How far the reaper is. One that says more than progress is its last."""

    progress: str | None = None
    failed: str | None = None
    ready: bool = False
    # Another reaper is at work already: the process that started it was killed, and its start lock with it.
    gave_way: bool = False

    def to_line(self) -> bytes:
        return json.dumps(asdict(self)).encode() + b"\n"

    @classmethod
    def from_line(cls, line: bytes) -> Report:
        return cls(**json.loads(line))

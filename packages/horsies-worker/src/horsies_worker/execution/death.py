"""How a child process ended, in words and as data."""

from __future__ import annotations

import signal

from attrs import frozen

from horsies_core.verdict import Outcome
from horsies_worker.execution.given_outcomes import crashed


@frozen
class Death:
    """The end of a child process. `returncode` as `subprocess` gives it: negative for a signal."""

    pid: int
    returncode: int

    @property
    def cause(self) -> str:
        """Such as "was killed by SIGSEGV" or "exited with code 3"."""
        if self.returncode >= 0:
            return f"exited with code {self.returncode}"
        return f"was killed by {self.signal_name}"

    @property
    def signal_name(self) -> str | None:
        """The signal's name; None if it was none."""
        if self.returncode >= 0:
            return None
        try:
            return signal.Signals(-self.returncode).name
        except ValueError:
            return f"signal {-self.returncode}"

    def outcome(self) -> Outcome:
        """What becomes of a task whose code was running in this child."""
        message = f"the process running it (pid {self.pid}) {self.cause}"
        data: dict[str, object] = {"pid": self.pid}
        if self.returncode < 0:
            data |= {"signal": self.signal_name, "signal_number": -self.returncode}
        else:
            data["exit_code"] = self.returncode
        return crashed(message, data)

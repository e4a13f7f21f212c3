"""`python -m horsies_worker.execution.child SOCKET BOARD`: started by a supervisor, never by a person."""

from __future__ import annotations

import sys

from horsies_worker.execution.child.main import main

if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))

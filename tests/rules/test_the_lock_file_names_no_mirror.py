import re
from pathlib import Path

CHECKOUT = Path(__file__).parents[2]


def test_the_lock_file_names_no_mirror() -> None:
    lock = (CHECKOUT / "uv.lock").read_text(encoding="utf-8")

    hosts = set(re.findall(r'"[a-z+]+://(?:[^/"]*@)?([^/"]+)', lock))

    # A lock made with UV_DEFAULT_INDEX set would send everybody to that machine.
    assert hosts == {"pypi.org", "files.pythonhosted.org"}

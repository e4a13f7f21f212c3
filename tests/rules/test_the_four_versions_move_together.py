import re
from pathlib import Path

CHECKOUT = Path(__file__).parents[2]
PROJECTS = [CHECKOUT / "pyproject.toml", *sorted(CHECKOUT.glob("packages/*/pyproject.toml"))]


def test_there_are_four_distributions() -> None:
    names = [_only(r'^name = "(horsies[^"]*)"', project) for project in PROJECTS]

    assert names == ["horsies", "horsies-client", "horsies-core", "horsies-worker"]


def test_all_have_the_same_version() -> None:
    versions = {_only(r'^version = "([^"]+)"', project) for project in PROJECTS}

    assert len(versions) == 1


def test_each_asks_for_exactly_that_version_of_the_others() -> None:
    version = _only(r'^version = "([^"]+)"', PROJECTS[0])
    pins = [pin for project in PROJECTS for pin in _published_requirements_of_ours(project)]

    assert len(pins) == 5
    assert {re.sub(r"\[.*\]", "", pin).partition("==")[2] for pin in pins} == {version}


def test_all_ask_for_the_same_python() -> None:
    assert {_only(r'^requires-python = "([^"]+)"', project) for project in PROJECTS} == {">=3.10"}


def _only(pattern: str, project: Path) -> str:
    (found,) = re.findall(pattern, project.read_text(encoding="utf-8"), re.MULTILINE)
    return found


def _published_requirements_of_ours(project: Path) -> list[str]:
    published, _, _ = project.read_text(encoding="utf-8").partition("[dependency-groups]")
    return re.findall(r'"(horsies-[a-z]+[^"]*)"[,\]]', published)

"""Look into the built wheels: each holds every .sql file and every py.typed of its sources, the root's no module.

python tools/check_wheels.py dist
"""

import sys
import zipfile
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
PACKAGES = ("horsies-client", "horsies-core", "horsies-worker")


def files_in(wheels: Path, distribution: str) -> set[str]:
    """Return the names in a distribution's wheel, without its metadata."""
    (wheel,) = wheels.glob(f"{distribution.replace('-', '_')}-[0-9]*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    return {name for name in names if ".dist-info/" not in name}


def files_expected(distribution: str) -> set[str]:
    """Return what has to be in the wheel: each module and statement, and the mark of a typed package."""
    source = CHECKOUT / "packages" / distribution / "src"
    wanted = [path for pattern in ("*.py", "*.sql") for path in source.rglob(pattern)]
    typed = [package.parent / "py.typed" for package in source.glob("*/__init__.py")]
    return {path.relative_to(source).as_posix() for path in [*wanted, *typed]}


def main(wheels: Path) -> int:
    faults: list[str] = []
    for distribution in PACKAGES:
        held, expected = files_in(wheels, distribution), files_expected(distribution)
        faults += [f"{distribution}: {name} is missing in the wheel" for name in sorted(expected - held)]
        faults += [f"{distribution}: {name} should not be in the wheel" for name in sorted(held - expected)]
        print(f"{distribution}: {len(held)} files")
    faults += [f"horsies: {name} should not be in the wheel" for name in sorted(files_in(wheels, "horsies"))]
    print(*faults, sep="\n", end="\n" if faults else "")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))

"""Write requirements.txt beside this file, what the commands of the action need and no more.

And installer.txt, what installs that.

    .venv/bin/python .github/action/pin.py

Run it after a change of the dependencies in pyproject.toml or of their versions in constraints.txt.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import tomllib
from collections import defaultdict
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent
PYTHON = "3.12"
MACHINES = ("x86_64", "aarch64")
LINUX = ("manylinux2014", *(f"manylinux_2_{minor}" for minor in (17, 26, 27, 28, 34)))
"""What wheels for the runners of GitHub call their system, the least glibc that they run on."""
LEFT_OUT = frozenset(
    [
        "fastapi",  # the page, like the next five
        "fastapi-offline",
        "gradio",
        "jinja2",
        "mcp",
        "uvicorn",
        "matplotlib",  # maps
        "huggingface-hub",  # other encoders than the one that comes along; these three load them
        "sentence-transformers",
        "torch",
        "onnx",  # exports such an encoder
    ]
)
"""The dependencies of the package that no command of the action imports."""
HEAD = f"""\
# {{}}, for Python {PYTHON} on Linux.
# Made by pin.py from pyproject.toml and constraints.txt.
"""
COMMANDS = "What `build`, `triage`, `discover`, `decide`, `doctor` and `feed` import"
INSTALLER = "What installs requirements.txt, in a third of the time that pip takes"


def direct() -> list[str]:
    """The dependencies of the package that the action needs, and what it is built with."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wanted = [*project["project"]["dependencies"], *project["build-system"]["requires"]]
    return [one for one in wanted if canonicalize_name(Requirement(one).name) not in LEFT_OUT]


def resolved(wanted: list[str], machine: str) -> dict[str, tuple[str, str, list[str]]]:
    """Of each package that pip would install: its version, its hash, what it requires itself."""
    platforms = [f"--platform={system}_{machine}" for system in LINUX]
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        command = [sys.executable, "-m", "pip", "--isolated", "install", "--dry-run", "--quiet"]
        command += [f"--report={report}", f"--target={folder}/none"]
        command += ["--only-binary=:all:", f"--python-version={PYTHON}", *platforms]
        command += [f"--constraint={ROOT / 'constraints.txt'}", *wanted]
        subprocess.run(command, check=True)  # noqa: S603
        packages = json.loads(report.read_text(encoding="utf-8"))["install"]
    return {
        canonicalize_name(one["metadata"]["name"]): (
            one["metadata"]["version"],
            one["download_info"]["archive_info"]["hashes"]["sha256"],
            one["metadata"].get("requires_dist", []),
        )
        for one in packages
    }


def needed(wanted: list[str], packages: dict[str, tuple[str, str, list[str]]]) -> list[str]:
    """The names of what is reached from what is wanted without what is left out."""
    found: list[str] = []
    waiting = [canonicalize_name(Requirement(one).name) for one in wanted]
    while waiting:
        name = waiting.pop()
        if name in found or name in LEFT_OUT or name not in packages:
            continue  # not among packages: for another system, or an extra
        found.append(name)
        for text in packages[name][2]:
            requirement = Requirement(text)
            if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
                waiting.append(canonicalize_name(requirement.name))
    return sorted(found)


def pinned(wanted: list[str]) -> str:
    """The lines of a file of requirements, each with the hashes of its wheels."""
    versions: dict[str, str] = {}
    hashes: defaultdict[str, list[str]] = defaultdict(list)
    for machine in MACHINES:
        packages = resolved(wanted, machine)
        for name in needed(wanted, packages):
            version, digest, _ = packages[name]
            versions[name] = version
            if digest not in hashes[name]:
                hashes[name].append(digest)
    lines = []
    for name in sorted(versions):
        digests = [f"--hash=sha256:{digest}" for digest in hashes[name]]
        lines.append(" \\\n    ".join([f"{name}=={versions[name]}", *digests]))
    return "\n".join(lines) + "\n"


def main() -> None:
    """Write the files."""
    for name, what, wanted in (
        ("requirements.txt", COMMANDS, direct()),
        ("installer.txt", INSTALLER, ["uv"]),
    ):
        (HERE / name).write_text(HEAD.format(what) + pinned(wanted), encoding="utf-8")


if __name__ == "__main__":
    main()

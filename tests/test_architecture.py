"""The way of the data: what may import what, and through which door."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import ModuleType

import pytest
from conftest import ROOT

import ssm_search

PACKAGE = ROOT / "src" / "ssm_search"
PAGE = ROOT / "app" / "ssm_search_app"

LEAVES = (
    "addresses arrays arxiv_ids dates diffs downloads errors escaping files holders lines marks "
    "names occasions papers persons progress quiet shipped tex text titles vectors venues".split()
)
"""Modules at the top, which import nothing of ours but each other; everything may import them."""

MAY_IMPORT = {
    "ranking": "",
    "awesome": "",
    "awesome.writing": "awesome",
    "abstracts": "",
    "ingest": "",
    "encoding": "",
    "filters": "",
    "words": "ranking encoding",
    "segments": "ranking filters words",
    "index": "ranking abstracts encoding filters words segments",
    "search": "ranking abstracts encoding filters words index",
    "corpora": "ingest encoding words segments index",
    "stores": "ranking abstracts encoding filters words index search",
    "stores.writing": "ingest encoding filters words segments index corpora stores",
    "build": "awesome abstracts ingest encoding index search corpora stores stores.writing",
    "upkeep": "awesome awesome.writing abstracts search",
    "curation": "awesome awesome.writing abstracts search",
    "discovery": "ranking awesome awesome.writing segments index search curation",
    "views": "search upkeep curation discovery",
    "site": "ranking encoding index search views",
    "cli": "awesome abstracts encoding filters index search stores stores.writing build upkeep "
    "curation discovery views site",
    "api": "abstracts filters search upkeep curation",
}
"""Each package, those before it that it may import, and nothing that it does not."""

MOST_OFFERED = 12
"""Names that a door offers: more, and a package has two duties or lets others do its work."""


def modules() -> Iterator[tuple[str, Path]]:
    """The name of each module below ``ssm_search``, with its file."""
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        yield ".".join(part for part in parts if part != "__init__"), path


def room(module: str) -> str:
    """The package that a module stands in, or a leaf itself."""
    return max((name for name in MAY_IMPORT if f"{module}.".startswith(f"{name}.")), default=module)


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imports(path: Path, package: str, *, types: bool = True) -> Iterator[tuple[str, list[str]]]:
    """The modules of ``package`` that a file imports, each with the names taken from it.

    Args:
        types: those too that only a type checker sees.
    """
    for node in nodes(path, types):
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            top, _, rest = node.module.partition(".")
            if top == package:
                yield rest, [alias.name for alias in node.names]
        elif isinstance(node, ast.Import):
            for alias in node.names:
                top, _, rest = alias.name.partition(".")
                if top == package:
                    yield rest, []


@cache
def nodes(path: Path, types: bool) -> list[ast.AST]:
    """What may be an import."""
    body = tree_of(path).body
    if not types:
        body = [one for one in body if not (isinstance(one, ast.If) and of_types(one.test))]
    found = (node for one in body for node in ast.walk(one))
    return [node for node in found if isinstance(node, ast.Import | ast.ImportFrom)]


def of_types(test: ast.expr) -> bool:
    return "TYPE_CHECKING" in ast.unparse(test)


def crossings() -> Iterator[tuple[str, str, list[str]]]:
    """(module that imports, module that is imported, names) wherever a module leaves its room."""
    for module, path in modules():
        for imported, names in imports(path, "ssm_search"):
            if module and room(imported) != room(module):
                yield module, imported, names


def test_every_module_is_a_leaf_or_in_a_package() -> None:
    tops = {module.partition(".")[0] for module, _ in modules()} - {"", "__main__"}
    assert tops == {*LEAVES, *(name.partition(".")[0] for name in MAY_IMPORT)}


def test_packages_import_what_they_may_and_no_permission_is_idle() -> None:
    used = defaultdict(set)
    for module, imported, _ in crossings():
        if room(module) in MAY_IMPORT:
            used[room(module)] |= {room(imported)} - set(LEAVES)
        elif module != "__main__":
            assert room(imported) in LEAVES, f"{module} ← {imported}"
    allowed = {name: set(text.split()) for name, text in MAY_IMPORT.items()}
    assert {name: used[name] for name in allowed} == allowed


def test_a_package_is_entered_through_its_door() -> None:
    doors = {name: set(_offered(name)) for name in MAY_IMPORT if name != "api"}
    for module, imported, names in crossings():
        # Who writes stores may know how they are read.
        if room(imported) in doors and not room(module).startswith(f"{room(imported)}."):
            assert imported == room(imported), f"{module} reaches into {imported}"
            assert set(names) <= doors[imported], f"{module}: {imported} does not offer {names}"
        assert not any(name.startswith("_") for name in names), (module, names)


def test_a_module_that_a_door_offers_keeps_its_private_names() -> None:
    for module, path in modules():
        offered = {name for imported, names in imports(path, "ssm_search") for name in names}
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                is_private = node.attr.startswith("_") and not node.attr.startswith("__")
                assert not (is_private and node.value.id in offered), (module, ast.unparse(node))


def test_no_door_is_wide() -> None:
    widths = {name: len(_offered(name)) for name in MAY_IMPORT if name != "api"}
    assert max(widths.values()) <= MOST_OFFERED, widths


def test_no_door_offers_what_nobody_takes() -> None:
    taken = defaultdict(set)
    for path in [*PACKAGE.rglob("*.py"), PACKAGE / "__init__.pyi", *PAGE.glob("*.py")]:
        for imported, names in imports(path, "ssm_search"):
            taken[imported] |= set(names)
    for node in tree_of(PACKAGE / "__init__.pyi").body:
        if isinstance(node, ast.ImportFrom) and node.module:
            taken[node.module] |= {alias.name for alias in node.names}
    for name in MAY_IMPORT:
        if name not in ("api", "cli"):
            unused = set(_offered(name)) - taken[name] - {"parse_list"}  # users' own
            assert not unused, (name, unused)


def _offered(package: str) -> list[str]:
    tree = tree_of(PACKAGE / package.replace(".", "/") / "__init__.pyi")
    found = [node for node in tree.body if isinstance(node, ast.ImportFrom)]
    return [alias.name for node in found for alias in node.names]


def test_no_circle_inside_a_package() -> None:
    inside = {
        module: {one for one, _ in imports(path, "ssm_search", types=False) if one != module}
        for module, path in modules()
    }

    def visit(module: str, above: tuple[str, ...]) -> None:
        assert module not in above, " ← ".join([*above, module])
        for imported in inside.get(module, ()):
            if room(imported) == room(module):
                visit(imported, (*above, module))

    for module in inside:
        visit(module, ())


def test_the_page_uses_nothing_but_the_public_package() -> None:
    public = {name: getattr(ssm_search, name) for name in ssm_search.__all__}
    packages = {name for name, value in public.items() if isinstance(value, ModuleType)}
    for path in PAGE.glob("*.py"):
        for module, names in imports(path, "ssm_search"):
            assert module in packages if module else set(names) <= set(public), (path, module)
            assert not any(name.startswith("_") for name in names), (path, names)


def test_only_the_command_knows_the_page() -> None:
    knowing = {module for module, path in modules() if any(imports(path, "ssm_search_app"))}
    assert knowing == {"cli.show"}


@pytest.mark.parametrize("folder", [PACKAGE, PAGE], ids=["package", "page"])
def test_no_module_is_too_long(folder: Path) -> None:
    lengths = {path.name: len(path.read_text("utf-8").split("\n")) for path in folder.rglob("*.py")}
    assert max(lengths.values()) <= 401, lengths


@pytest.mark.parametrize("folder", [PACKAGE, PAGE], ids=["package", "page"])
def test_a_function_is_short_or_says_why_it_is_not(folder: Path) -> None:
    """More than 60 lines or 7 parameters want a comment "# Long: …", above or inside."""
    unexplained = []
    for path in folder.rglob("*.py"):
        lines = path.read_text(encoding="utf-8").splitlines()
        for node in ast.walk(tree_of(path)):
            if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                continue
            children = ast.iter_child_nodes(node.args)
            names = [one.arg for one in children if isinstance(one, ast.arg)]
            first = min(one.lineno for one in (node, *node.decorator_list)) - 1
            while lines[first - 1].lstrip().startswith("#"):
                first -= 1
            source = lines[first : node.end_lineno]
            is_long = node.end_lineno - node.lineno >= 60  # type: ignore[operator]
            is_wide = len(names) - (names[:1] in (["self"], ["cls"])) > 7
            if (is_long or is_wide) and not any("# Long: " in line for line in source):
                unexplained.append(f"{path.name}: {node.name}")
    assert unexplained == []

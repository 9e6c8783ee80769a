"""List items below list items: which are entries, which only say more about the one above."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import groupby

from ssm_search.awesome.blocks import ITEM_LEVEL, PARAGRAPH_BREAK, Block, Run
from ssm_search.awesome.grouping import closing, names_group
from ssm_search.awesome.headline import headline
from ssm_search.awesome.links import is_web, paper_ids
from ssm_search.persons import is_author_list
from ssm_search.venues import find_venue


def with_children(blocks: Iterable[Block]) -> Iterator[Block]:
    """``blocks``, where a list item takes in what stands below it without a title of its own.

    "* Title" with "[paper](…)" and "[code](…)" as its children is one entry. An item that only
    groups entries, without a link of its own, is a heading if it is as short as one; else it is
    left out.
    """
    for are_items, group in groupby(blocks, key=lambda block: block.kind == "item"):
        neighbours = list(group)
        yield from _families(neighbours) if are_items else neighbours


@dataclass(slots=True)
class _Item:
    position: int
    head: Block
    runs: list[Run]
    groups_others: bool = False

    def is_heading(self) -> bool:
        """Whether it groups others, in bold or as short as a heading, and without a link."""
        if not self.groups_others:
            return False
        words = (run for run in self.runs if run.text.strip(" :：\n"))
        return all(run.bold for run in words) or names_group(self.runs)

    def whole(self) -> Block:
        return replace(self.head, cells=(tuple(self.runs),))


def _families(blocks: list[Block]) -> Iterator[Block]:
    whole: list[_Item] = []
    open_items: list[_Item] = []
    for position, block in enumerate(blocks):
        _close(open_items, block.level, whole)
        open_items.append(_Item(position, block, list(block.cells[0])))
    _close(open_items, 0, whole)
    deepest = 0
    for item in sorted(whole, key=lambda item: item.position):
        level = item.head.level
        if level <= deepest:
            yield closing(ITEM_LEVEL + level, item.head.line)
            deepest = level - 1
        if not item.groups_others or _leads_anywhere(item.runs):
            yield item.whole()
        elif item.is_heading():
            yield replace(item.whole(), kind="heading", level=ITEM_LEVEL + level)
            deepest = level
    if deepest:
        yield closing(ITEM_LEVEL + 1, blocks[-1].line)


def _close(open_items: list[_Item], level: int, whole: list[_Item]) -> None:
    """Decide on the open items that the next one, at ``level``, does not stand below."""
    while open_items and open_items[-1].head.level >= level:
        item = open_items.pop()
        above = open_items[-1] if open_items else None
        if above is None or item.is_heading() or _stands_alone(item.whole()):
            whole.append(item)
            if above:
                above.groups_others = True
        else:
            above.runs += [Run(PARAGRAPH_BREAK, line=item.head.line), *item.runs]
            above.groups_others |= item.groups_others


def _stands_alone(item: Block) -> bool:
    runs = item.cells[0]
    if not _leads_anywhere(runs):
        return False
    title = headline(runs).title
    return bool(title) and not find_venue(title, marked=True) and not is_author_list(title)


def _leads_anywhere(runs: Iterable[Run]) -> bool:
    runs = tuple(runs)
    return any(map(is_web, runs)) or bool(paper_ids(runs))

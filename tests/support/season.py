"""Papers for three months of a list: what is on it, and what arXiv gets every week.

All invented. A title is a method and a matter; what is on the list's subject is about weather, the
rest only says a word of it.
"""

from __future__ import annotations

from datetime import date, timedelta
from itertools import cycle

from arxiv_server import FakePaper

MONDAY = date(2026, 8, 31)
"""The first on which the radar runs."""
METHODS = (
    "Diffusion models",
    "Transformers",
    "Graph networks",
    "State space models",
    "Neural operators",
    "Gaussian processes",
    "Contrastive learning",
)
MATTERS = {
    "Nowcasting": (
        "radar echo extrapolation",
        "hail at short notice",
        "cloud motion seen by satellites",
        "flash flood warnings",
        "the first hour of thunderstorms",
        "snowfall over cities",
        "lightning strikes",
        "convective cells and their lifetime",
        "fog at harbours",
        "drizzle that radar misses",
        "squall lines",
        "rain rates from microwave links",
        "tropical cyclone intensity",
        "freezing rain on roads",
    ),
    "Wind": (
        "offshore wind power forecasts",
        "turbine wakes",
        "gusts at airports",
        "ramps of wind farms",
        "boundary layer profiles",
        "sea breeze fronts",
        "mountain waves",
        "wind speed from lidar scans",
        "low-level jets at night",
        "icing losses of turbines",
        "wind atlases of coasts",
        "turbulence ahead of aircraft",
    ),
    "Downscaling": (
        "precipitation at kilometre scale",
        "regional climate emulation",
        "temperature in valleys",
        "sea ice super-resolution",
        "heat islands of cities",
        "monsoon rainfall from coarse climate models",
        "snow cover in the Alps",
        "river runoff under climate scenarios",
        "humidity fields of reanalyses",
        "extreme rainfall in climate projections",
        "frost days for orchards",
        "wind fields of climate models",
    ),
}
SAYS = {
    "Nowcasting": "We predict weather over the next hours from radar and satellite images, "
    "and verify rain forecasts against gauges.",
    "Wind": "We forecast wind in the atmosphere from weather observations and numerical weather "
    "prediction, for turbines and aircraft.",
    "Downscaling": "We downscale coarse climate and weather fields of temperature and rain to "
    "fine grids.",
}
OTHERS = (
    "speech recognition of dialects",
    "protein folding",
    "code completion",
    "question answering over tables",
    "brain tumour segmentation",
    "fraud in card payments",
    "robot grasping",
    "music transcription",
    "machine translation of legal texts",
    "federated training on phones",
    "image captions",
    "theorem proving",
    "recommendation of films",
)
ASIDES = (
    "and in any weather",
    "with photos taken in rain",
    "and on aircraft",
    "with forecasts of load",
    "that forecast demand",
    "in a changing climate of ideas",
    "at noise of the atmosphere of bars",
)
"""Words by which arXiv finds papers that are about something else."""
WEEKS = len(OTHERS)
LISTED = 6  # papers under each heading of the list
NONE_NEW = (3, 8, 12)  # weeks in which nothing on the subject appears


def _paper(month: int, number: int, title: str, says: str, day: date) -> FakePaper:
    return FakePaper(f"26{month:02}.{number:05}", title, says, published=day)


def _on_subject() -> dict[str, list[FakePaper]]:
    methods = cycle(METHODS)
    found: dict[str, list[FakePaper]] = {}
    for heading, matters in MATTERS.items():
        found[heading] = [
            _paper(
                1,
                100 * len(found) + number,
                f"{next(methods)} for {matter}",
                f"{SAYS[heading]} Here, {matter}.",
                date(2026, 1, 5),
            )
            for number, matter in enumerate(matters, start=1)
        ]
    return found


def listed() -> dict[str, list[FakePaper]]:
    """What is on the list at first, by heading."""
    return {heading: papers[:LISTED] for heading, papers in _on_subject().items()}


def list_text() -> str:
    """The list at first."""
    text = "# Awesome Weather Models\n"
    for heading, papers in listed().items():
        rows = "".join(f"- [{one.title}](https://arxiv.org/abs/{one.id})\n" for one in papers)
        text += f"\n## {heading}\n\n{rows}"
    return text


def weeks() -> list[list[FakePaper]]:
    """What arXiv gets in the week before each Monday: four on the subject, mostly, and others."""
    headings = [papers[LISTED:] for papers in _on_subject().values()]
    waiting = [papers.pop(0) for _ in range(8) for papers in headings if papers]
    found = []
    for week, other in enumerate(OTHERS):
        day = MONDAY + timedelta(weeks=week, days=-4)
        news = []
        for number in range(0 if week in NONE_NEW else 2):
            one = waiting.pop(0)
            method, _, matter = one.title.partition(" for ")
            second = METHODS[METHODS.index(method) - 3]
            for turn, title in enumerate((one.title, f"Benchmarking {second.lower()} on {matter}")):
                at = 10 * week + 2 * number + turn + 1
                news.append(_paper(day.month, at, title, one.summary, day))
        for number, method in enumerate(METHODS):
            title = f"{method} for {other}"
            says = f"We study {other}, on public benchmarks {ASIDES[number]}."
            news.append(_paper(day.month, 1000 + 10 * week + number, title, says, day))
        found.append(news)
    return found


def submitted() -> list[FakePaper]:
    """A listed paper, and one that the radar never sees."""
    listed_one = listed()["Wind"][0]
    new = FakePaper(
        "2507.00001",
        "Wind profiles over forests from weather radar",
        SAYS["Wind"],
        published=date(2025, 7, 1),
    )
    return [listed_one, new]


def heading_of(paper: FakePaper) -> str:
    """The heading that a paper belongs under; "" for what is about something else."""
    return next((name for name, says in SAYS.items() if paper.summary.startswith(says)), "")

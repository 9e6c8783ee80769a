"""A title or a sentence of a paper → a question as people ask it."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence

FORMS_OF_DEEDS = (
    "Which work {does}?",
    "Which paper {does}?",
    "Which papers {do}?",
    "What paper first {does}?",
    "Who {does}?",
    "Is there a paper that {does}?",
    "Are there studies that {do}?",
    "Has anybody published something that {does}?",
    "I am looking for an article that {does}.",
    "Could you list papers that {do}?",
    "Can you find me the paper that {does}?",
    "Do you know works that {do}?",
    "Show me research that {does}.",
    "What is the name of the paper that {does}?",
    "I remember a paper that {does}, which one was it?",
)
"""Of what a paper does, in words such as "proposes a loss for rare words"."""

FORMS_OF_TOPICS = (
    "Any work on {topic}?",
    "Are there papers about {topic}?",
    "Which papers study {topic}?",
    "What has been done on {topic}?",
    "What should I read about {topic}?",
    "Where can I find out about {topic}?",
    "Could you suggest research on {topic}?",
    "I need references on {topic}.",
    "Please list articles on {topic}.",
    "Give me something recent about {topic}.",
    "Is there anything on {topic}?",
    "Has {topic} been studied before?",
    "What are approaches to {topic}?",
    "Who works on {topic}?",
    "What is known about {topic}?",
)
"""Of what its title says."""

DEEDS = 0.6  # of the questions, where the abstract says what the authors did
_VERBS = """address analyze apply argue build compare demonstrate describe design develop evaluate
    examine explore extend find formulate identify introduce investigate present propose prove
    provide release review show study survey tackle train""".split()
_THIRD_PERSON = {
    "address": "addresses",
    "apply": "applies",
    "identify": "identifies",
    "study": "studies",
}
_DEED = re.compile(
    rf"\bwe (?:\w+ly |also |then |first |further )?({'|'.join(_VERBS)}) (.+?)(?=[,;:.](?:\s|$)|$)",
    re.IGNORECASE,
)
_MAX_WORDS = 20  # of a deed; people ask no more
_OPENING = re.compile(r"^(?:towards? )?(?:an? |the )?", re.IGNORECASE)
_OF_THE_TEXT = re.compile(r"\b(?:our|we|this|these|it|its|such|them|they)\b", re.IGNORECASE)


def asked_about(title: str, parts: Sequence[str], rng: random.Random) -> tuple[str, int | None]:
    """A question, and which of the sentences ``parts`` it was made of; None for the title."""
    deeds = [(at, *deed) for at, part in enumerate(parts) if (deed := _deed(part))]
    if deeds and rng.random() < DEEDS:
        at, does, do = rng.choice(deeds)
        return rng.choice(FORMS_OF_DEEDS).format(does=does, do=do), at
    topic = _OPENING.sub("", max(title.split(": "), key=len)).rstrip(".?! ")
    return rng.choice(FORMS_OF_TOPICS).format(topic=topic), None


def _deed(sentence: str) -> tuple[str, str] | None:
    """What the authors did, by its verb in the third person and in the plural."""
    match = _DEED.search(sentence)
    if not match or _OF_THE_TEXT.search(match[2]):
        return None
    verb, rest = match[1].lower(), " ".join(match[2].split()[:_MAX_WORDS])
    return f"{_THIRD_PERSON.get(verb, f'{verb}s')} {rest}", f"{verb} {rest}"

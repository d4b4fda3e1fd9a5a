"""The first page: three ways in, and the map of ideas."""

from __future__ import annotations

from trainers.site.pages.ideas import card, ideas
from trainers.site.pages.links import Links

_TEXT = """---
hide: [navigation, toc]
---
# Keras Fundamentals Zoo

The first week of a deep-learning course as software that runs. Every picture here is of a run of
this project, every table is written by the command beside it, and all code is the code that ran.

<div class="ways" markdown>

<div markdown>
### To understand
[Eleven ideas](ideas/index.md), each with its formula, the code that computes it, an experiment that
tests the claim, and an exercise with its solution. [Pages to play with](play/index.md) run the
models in your browser.
</div>

<div markdown>
### To train
[Models](models/index.md) with their recipes, curves and [trained weights](weights/index.md):

```bash
python -m trainers.run --model lstm
```
</div>

<div markdown>
### To build on
[Rooms](rooms/index.md) of code that each answer one question, a [reference](api/index.md), and
what it takes to [add](contributing.md) a model, a dataset, a problem.
</div>

</div>

## The map

<div class="map">
{cards}
</div>

## Is it true?

[Experiments]({experiments}) test what the lecture claims, and say so where a claim does not hold.
[Printed figures](published/index.md) of papers are run again with the settings of their source.
"""


def pages(links: Links) -> dict[str, str]:
    """Return the first page, by its path in the site."""
    cards = "\n".join(card(idea, "index.md", links) for idea in ideas())
    experiments = links.to("trainers/experiments", "index.md")
    return {"index.md": _TEXT.format(cards=cards, experiments=experiments)}

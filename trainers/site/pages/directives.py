"""What an idea's text asks of the tree: code, experiments, tables, exercises, filled in when built.

An idea is told in words; whatever else stands on its page is asked for by one of these, as in
`{{ code("zoo/mlp.py", "mlp") }}`, so that nothing is told twice and nothing can go stale.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import configs
import zoo
from trainers.experiments import experiment as experiments
from trainers.site.pages import sources, tables
from trainers.site.pages.links import Links

EXERCISES = "tests/trainers/site/exercises"


class Directives:
    """The directives of one page.

    Args:
        links: of the tree.
        page: where they stand, as in "ideas/neuron.md".
    """

    def __init__(self, links: Links, page: str) -> None:
        self._links = links
        self._page = page

    def all(self) -> dict[str, Callable[..., str]]:
        """Return every directive by the name that a text calls it by."""
        return {
            "code": self.code,
            "experiment": self.experiment,
            "command": self.command,
            "models": self.models,
            "weights": self.weights,
            "published": self.published,
            "table": self.table,
            "picture": self.picture,
            "exercise": self.exercise,
            "to": self.to,
        }

    def code(self, path: str, name: str, docstring: bool = False) -> str:
        """Return a function's, a class's or a method's source, and where it stands.

        Raises:
            ConfigError: the file is not there, or does not define the name.
        """
        source = sources.source_of(self._links.root / path, name, docstring)
        where = f"[`{path}`]({self.to(path)}), from line {source.line} on"
        return f"```python\n{source.text}\n```\n\n{where}\n{{ .where }}\n"

    def experiment(self, name: str) -> str:
        """Return an experiment's picture, claim, verdict, ranges and command.

        Raises:
            ConfigError: there is no such experiment, or it has no picture or no result.
        """
        recipe, found = experiments.load(name), tables.results(self._links).get(name)
        if found is None:
            raise configs.ConfigError(
                f"the experiment {name!r} has no row in trainers/experiments/README.md; run "
                ".github/images/make"
            )
        ranges = ["| figure | must lie | how the range came to be |", "|---|---|---|"]
        for figure, each in recipe.expected.items():
            every = "each seed " if each.every_seed else "the mean's interval "
            basis = recipe.ranges.get(figure, "")
            ranges.append(f"| {figure.replace('_', ' ')} | {every}{each} | {basis} |")
        module = f"trainers/experiments/{name}.py"
        words = found.verdict.removesuffix(".")
        verdict = words if "**" in words else f"**{words}**"
        return "\n".join(
            [
                f"{self.picture(f'{name}.png', recipe.claim)}\n",
                f"**Claim.** {recipe.claim} *({recipe.source})*\n",
                f"**Verdict:** {verdict}. Measured {found.measured}, in {found.time}.\n",
                *(line for line in ranges),
                "",
                self.command(f"python -m trainers.reproduce {name}"),
                f"The experiment itself is [`{module}`]({self.to(module)}).\n",
            ]
        )

    def command(self, *lines: str) -> str:
        """Return commands to type."""
        return "```bash\n" + "\n".join(lines) + "\n```\n"

    def models(self, *names: str) -> str:
        """Return the measured table of models."""
        return tables.models(names, self._page)

    def weights(self, *patterns: str) -> str:
        """Return the table of trained weights whose names match.

        Raises:
            ConfigError: none do.
        """
        names = [name for pattern in patterns for name in zoo.list_weights(pattern)]
        if not names:
            raise configs.ConfigError(
                f"no trained weights match {', '.join(patterns)}"
                f"{configs.instead(patterns[0] if patterns else '', zoo.list_weights())}"
            )
        return tables.weights(names, self._page)

    def published(self, *names: str) -> str:
        """Return the table of printed figures and their verdicts."""
        return tables.published(self._links, self._page, names)

    def table(self, path: str, beginning: str) -> str:
        """Return a table of a page of the tree, found by how its first line begins.

        Raises:
            ConfigError: the page is not there, or has no such table.
        """
        try:
            text = (self._links.root / path).read_text(encoding="utf-8")
        except OSError as error:
            raise configs.ConfigError(f"{path} is not there; give a page of the project") from error
        place = f"\n{text}".find(f"\n| {beginning}")
        if place < 0:
            raise configs.ConfigError(
                f"{path} has no table that begins with '| {beginning}'; give the first cells of one"
            )
        table = text[place:].partition("\n\n")[0]
        return self._links.rewritten(table, str(Path(path).parent), self._page) + "\n"

    def picture(self, name: str, alt: str) -> str:
        """Return a picture of .github/images.

        Raises:
            ConfigError: it is not there.
        """
        words = alt.replace("]", ")").replace("[", "(")
        return f"![{words}]({self.to(f'.github/images/{name}')}){{ .figure }}"

    def exercise(self, name: str) -> str:
        """Return an exercise's solution, folded: a test's imports, parts and body.

        Raises:
            ConfigError: there is no such test.
        """
        relative = f"{EXERCISES}/test_exercise_{name}.py"
        path = self._links.root / relative
        tests = [each for each in sources.definitions(path) if each.startswith("test_")]
        if len(tests) != 1:
            raise configs.ConfigError(f"{relative} has {len(tests)} tests; a solution is one")
        others = [
            each for each in sources.definitions(path) if each not in tests and "." not in each
        ]
        parts = [sources.imports_of(path)]
        parts += [sources.source_of(path, each).text for each in others]
        text = "\n\n".join([*parts, sources.body_of(path, tests[0])])
        lines = [f"```python\n{text}\n```", f"This is a test of the project: `pytest {relative}`."]
        body = "\n\n".join(lines).replace("\n", "\n    ")
        return f'??? success "A solution"\n\n    {body}\n'

    def to(self, path: str, fragment: str = "") -> str:
        """Return the link to a file or a room of the tree."""
        return self._links.to(path, self._page, fragment)

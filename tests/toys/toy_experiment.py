"""A toy: the mean of numbers is between them."""

from matplotlib.figure import Figure

from trainers.experiments.experiment import Outcome, Report


def run(settings: dict, report: Report) -> Outcome:
    """Take the mean."""
    report("taking a mean")
    return Outcome({"mean": [sum(settings["numbers"]) / len(settings["numbers"])]})


def draw(outcome: Outcome, figure: Figure) -> None:
    """Draw it."""
    figure.subplots().bar([0], outcome.samples["mean"])

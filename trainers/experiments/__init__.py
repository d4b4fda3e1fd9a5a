"""The lecture's claims as experiments: each a recipe, a run, a picture and a verdict.

An experiment called NAME is `trainers/experiments/NAME.py` with two functions,

    run(settings, report) -> Outcome        # the work; settings come from the recipe
    draw(outcome, figure) -> None           # the picture, on a matplotlib figure

and `configs/experiments/NAME.yaml` with the claim, its source, the settings, a shortened form of
them, and the range in which each figure must lie for the claim to hold.
"""

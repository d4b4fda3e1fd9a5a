"""What TensorBoard says of a chart or a picture: what it is, its unit, its range."""

from __future__ import annotations

import re
from typing import NamedTuple

_FIGURES: dict[str, str] = {
    "loss": "Mean **loss** of one prediction: what training makes smaller, without the penalty on "
    "weights. Cross-entropy is in nats; the least is 0, or what the data's chance leaves.",
    "accuracy": "Share of predictions whose most probable class is the right one, **0 to 1**; "
    "higher is better.",
    "mean_absolute_error": "Mean distance between answer and target, in the **target's own unit**, "
    "0 or more; lower is better.",
    "learning_rate": "Step size of the next update, above 0.",
    "gradient_norm": "Length of the gradient over all weights, on 256 training examples that stay "
    "the same, without dropout; 0 or more.",
    "examples_per_second": "Training examples a second since the last point, without compiling.",
    "loss_scale": "What the loss is multiplied by so that 16 bits hold its gradient.",
    "skipped_steps": "Updates left out so far, as a gradient did not fit into 16 bits.",
    "bits_per_character": "Loss in bits, loss / ln 2; lower is better.",
    "perplexity": "e^loss: as unsure as among so many equally likely characters, 1 or more.",
    "generator_loss": "What the generator makes smaller, in nats for the usual loss.",
    "discriminator_loss": "What the discriminator makes smaller; for the usual loss 2 ln 2 = 1.386 "
    "where it cannot tell samples from data.",
    "real_score": "Mean belief of the discriminator that training examples are real, 0 to 1.",
    "fake_score": "Mean belief of the discriminator that samples are real, 0 to 1.",
    "frechet_distance": "Distance between samples and data, by mean and covariance of their "
    "features; 0 or more, lower is better.",
    "frechet_of_halves": "The same distance between two halves of the data: about what is to be "
    "reached.",
    "precision": "Share of samples that look like data, 0 to 1.",
    "recall": "Share of data that samples look like, 0 to 1.",
    "classes_present": "Number of classes that more than 5 % of the samples show.",
    "smallest_class_share": "Share of the samples that show the rarest class, 0 to 1.",
    "classifier_accuracy": "Accuracy of the classifier by which samples are measured, 0 to 1.",
    "modes_covered": "Number of modes with a sample within 3 deviations.",
    "good_share": "Share of samples within 3 deviations of a mode, 0 to 1.",
    "good_share_of_real": "The same share of the data: the most that is to be expected.",
    "reverse_kl": "Divergence of the samples' shares of the modes from the data's, in nats; 0 is "
    "equal.",
    "divergence": "The same with what lies between modes, in nats; 0 is equal.",
    "mean_squared_error": "Mean squared error of a reconstructed value; of pixels from 0 to 1.",
    "repaired_mean_squared_error": "The same of pictures that noise was added to.",
    "reconstruction": "What a picture loses by its code, summed over its pixels; in nats for "
    "cross-entropy.",
    "kl": "Divergence of the codes from N(0, 1), in nats a picture, 0 or more.",
    "bound_nats": "Lower bound of ln p(picture), in nats a picture; higher is better.",
    "neighbour_accuracy": "Share of examples with the class of most of the 5 nearest codes, 0 to "
    "1; codes are learned without classes.",
    "pixel_neighbour_accuracy": "The same by pixels in the place of codes: no training changes it.",
    "mean_return": "Mean sum of rewards of an episode; higher is better.",
    "return_deviation": "Standard deviation of that sum over episodes.",
    "smallest_return": "The worst episode's sum of rewards.",
    "random_return": "Mean sum of rewards of actions drawn at random.",
    "policy_loss": "What moves the policy: mean of -log probability times advantage.",
    "value_loss": "Mean of half the squared error of the predicted return.",
    "entropy": "Mean entropy of the policy, in nats: 0 is sure, ln(actions) is chance.",
    "hessian_top_eigenvalue": "Largest curvature of the objective; gradient descent diverges above "
    "a step size of 2 over it.",
    "hessian_bottom_eigenvalue": "Smallest curvature; negative where the objective bends down.",
    "hessian_condition": "Largest over smallest curvature: how many steps descent needs.",
}
_SERIES: dict[str, str] = {
    r"share_\d+": "Share of samples that show one class, 0 to 1.",
    r"activation_mean/.*": "Mean of a layer's outputs on 256 training examples.",
    r"activation_deviation/.*": "Standard deviation of a layer's outputs.",
    r"gradient_mean/.*": "Mean of a variable's gradient.",
    r"gradient_deviation/.*": "Standard deviation of a variable's gradient.",
    r"dead_share/.*": "Share of a layer's units that are 0 on all examples, 0 to 1.",
    r"saturated_share/.*": "Share of a layer's outputs at an end of their range, 0 to 1.",
    r"weights/.*": "How a variable's values are spread, at this step.",
    r"gradients/.*": "How the gradient by a variable is spread, on 256 training examples that stay "
    "the same.",
    r"activations/.*": "How a layer's outputs are spread, on 256 training examples that stay the "
    "same.",
    r"precision_recall/.*": "Precision over recall of one class against all others, as the "
    "probability changes from which on it counts as found.",
}


class Shown(NamedTuple):
    """What a page of TensorBoard calls something, where that is not its name, and says of it."""

    title: str | None
    description: str | None


_PAGES: dict[str, Shown] = {
    "samples": Shown(
        "Samples, 8 x 8, from latents that stay",
        "What the generator draws after so many updates. A **place** has the same latent all "
        "along, so that one sees a sample change.",
    ),
    "reconstructions_validation": Shown(
        "Reconstructions of validation pictures",
        "**Columns** are pictures. **Rows**: the picture, with noise where it is trained to "
        "repair, and what comes back from its code.",
    ),
    "reconstructions_test": Shown(
        "Reconstructions of test pictures, by the best weights",
        "**Columns** are pictures. **Rows**: the picture, with noise where it is trained to "
        "repair, and what comes back from its code.",
    ),
    "interpolation": Shown(
        "From one code to another, by the best weights",
        "**Rows** go from a test picture of one class, on the left, to one of the next, on the "
        "right; between them are pictures of what lies between their codes.",
    ),
    "prior": Shown(
        "Pictures of codes drawn from N(0, 1), by the best weights", "8 x 8, always of these codes."
    ),
    "map": Shown(
        "The plane in which test codes vary most, by the best weights",
        "A **point** is a test example, coloured by its class.",
    ),
    "episode": Shown(
        "One episode from beginning to end, by the best weights", "Stills; `episode.gif` moves."
    ),
    "augmentation": Shown(
        "Training pictures, as they are and varied",
        "**Columns** are pictures. **Rows**: as they are, and as one epoch of training sees them.",
    ),
    "confusion": Shown(
        "Confusion matrix",
        "**Rows** are true classes, **columns** what their examples were taken for; a cell counts "
        "them, and is darker the larger its share of the row is. Right ones are on the diagonal.",
    ),
    "worst_mistakes": Shown(
        "Worst mistakes",
        "Examples that are taken for another class, the surest of these first. Under each: what it "
        "**is**, what it was **taken for**, and how probable both are said to be.",
    ),
    "predicted_over_true": Shown(
        "Answer over target",
        "A **point** is an example: its target to the right, the answer upwards, both in the "
        "data's own unit. On the line they are equal.",
    ),
    "sample": Shown(None, "400 characters drawn from the model at temperature 0.8."),
    "config": Shown(None, "The resolved configuration, as `config.yaml` has it."),
    "seconds": Shown(None, "Where the run's seconds went."),
}
_NOTHING = Shown(None, None)


def about(name: str) -> Shown:
    """Return what is said of a figure, a histogram, a picture or a text by its name.

    A figure in a group, as in "memory_accuracy" of the predictions that a mask marks, and one of
    the best weights, as in "Best/test/accuracy", say so. Of a name that nobody knows, as of a
    metric of the user's own, nothing is said.
    """
    page, _, _ = name.partition("/")  # as of one target of several
    if page in _PAGES:
        return _PAGES[page]
    best = re.fullmatch(r"Best/(\w+)/(.+)", name)
    if best:
        known = about(best[2]).description
        of = f"Of the **best weights**, on the {best[1]} split."
        return Shown(None, f"{of} {known}" if known else of)
    if name in _FIGURES:
        return Shown(None, _FIGURES[name])
    for pattern, words in _SERIES.items():
        if re.fullmatch(pattern, name):
            return Shown(None, words)
    mask, _, figure = name.rpartition("_")
    if mask and figure in ("loss", "accuracy"):
        return Shown(None, f"Over the predictions marked **{mask}** alone: {_FIGURES[figure]}")
    return _NOTHING

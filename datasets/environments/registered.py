"""What Gymnasium's registry says of an id, and whether a policy can act in such an environment."""

import difflib
import warnings
from typing import Any, NamedTuple

from datasets.environments.ids import gymnasium_ids
from datasets.environments.packages import import_gymnasium
from datasets.errors import DataError, UnknownDatasetError

USUAL_MOST_STEPS = 1000
MOST_STEPS = 100_000
_PLAYED = "allowed are discrete actions and observations that are vectors or numbers of states"


class Registered(NamedTuple):
    """An environment that a policy can act in.

    actions: how many there are.
    first_action: what Gymnasium calls the first one.
    features: of an observation as a vector.
    most_steps: after which an episode is truncated.
    limited: whether the registry says so, or else `USUAL_MOST_STEPS` stands for it.
    reward_threshold: the mean return at which it counts as solved, or None.
    frames_per_second: of its pictures, 0 if there are none.
    identity: what decides the dynamics, as far as it is known.
    """

    actions: int
    first_action: int
    features: int
    most_steps: int
    limited: bool
    reward_threshold: float | None
    frames_per_second: int
    identity: str


def registered(environment_id: str) -> Registered:
    """Return what the registry and the environment itself say.

    Raises:
        UnknownDatasetError: Gymnasium has no such id.
        DataError: a package is missing, the environment cannot be made, or a policy cannot act in
            it: continuous actions, pictures as observations.
    """
    gymnasium = import_gymnasium(environment_id)
    if environment_id not in gymnasium.registry:
        raise _unknown(environment_id)
    spec = gymnasium.registry[environment_id]
    single = made(environment_id)
    spaces = gymnasium.spaces
    observed, acted = single.observation_space, single.action_space
    if not isinstance(acted, spaces.Discrete):
        raise DataError(f"the actions of {environment_id} are {acted}; {_PLAYED}")
    if any(len(shape) > 1 for shape in _box_shapes(spaces, observed)):
        raise DataError(f"the observations of {environment_id} are {observed}; {_PLAYED}")
    try:
        features = spaces.flatdim(observed)
    except (NotImplementedError, ValueError):
        raise DataError(f"the observations of {environment_id} are {observed}; {_PLAYED}") from None
    limit = spec.max_episode_steps
    if limit is not None and limit > MOST_STEPS:
        raise DataError(
            f"an episode of {environment_id} may take {limit} steps; allowed are up to "
            f"{MOST_STEPS}: register it with a smaller max_episode_steps"
        )
    pictures = "rgb_array" in (single.metadata.get("render_modes") or ())
    threshold = spec.reward_threshold
    single.close()
    return Registered(
        actions=int(acted.n),
        first_action=int(acted.start),
        features=int(features),
        most_steps=limit or USUAL_MOST_STEPS,
        limited=limit is not None,
        reward_threshold=None if threshold is None else float(threshold),
        frames_per_second=int(single.metadata.get("render_fps") or 30) if pictures else 0,
        identity=f"{environment_id};{_entry_point(spec)};{sorted(spec.kwargs.items())};{limit};"
        f"gymnasium {gymnasium.__version__}",
    )


def made(environment_id: str, render_mode: str | None = None) -> Any:
    """Return one environment of a registered id.

    Raises:
        DataError: a package is missing, or its own code fails.
    """
    gymnasium = import_gymnasium(environment_id)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of newer versions, and of packages it imports
            # A simple environment of a user's own does not know of pictures.
            mode = {} if render_mode is None else {"render_mode": render_mode}
            return gymnasium.make(environment_id, disable_env_checker=True, **mode)
    except gymnasium.error.DependencyNotInstalled as error:
        raise DataError(
            f"{environment_id} needs a package that is not installed: {_line(error)}"
        ) from error
    except Exception as error:
        raise DataError(
            f"{environment_id} cannot be made: {type(error).__name__}: {_line(error)}"
        ) from error


def _box_shapes(spaces: Any, space: Any) -> list[tuple[int, ...]]:
    """Return the shapes of all arrays of numbers in a space."""
    if isinstance(space, spaces.Dict | spaces.Tuple):
        parts = space.values() if isinstance(space, spaces.Dict) else space
        return [shape for part in parts for shape in _box_shapes(spaces, part)]
    return [space.shape] if isinstance(space, spaces.Box) else []


def _unknown(environment_id: str) -> UnknownDatasetError:
    if ":" in environment_id:
        module, _, rest = environment_id.partition(":")
        return UnknownDatasetError(
            f"dataset {environment_id!r} names the module {module}; bring it with --import "
            f"{module}, and call the environment {rest!r}"
        )
    by_letters = {each.lower(): each for each in gymnasium_ids()}
    near = difflib.get_close_matches(environment_id.lower(), by_letters, n=3, cutoff=0.6)
    hint = f"did you mean {' or '.join(repr(by_letters[each]) for each in near)}? " if near else ""
    return UnknownDatasetError(
        f"unknown environment {environment_id!r}: {hint}allowed are the ids in Gymnasium's "
        "registry; --import MODULE_OR_FILE brings a module that registers more"
    )


def _entry_point(spec: Any) -> str:
    entry = spec.entry_point
    return entry if isinstance(entry, str) else f"{entry.__module__}:{entry.__qualname__}"


def _line(error: Exception) -> str:
    return " ".join(str(error).split())

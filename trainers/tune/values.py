"""The plan of a trial: what all of them share, and the values that were chosen for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import configs
from trainers.assembly.resolve import resolve
from trainers.problems.plan import Plan
from trainers.tune.study import Setting


def plan_of(setting: Setting, values: Mapping[str, Any]) -> Plan:
    """Return the plan of a trial.

    Args:
        setting: of the study.
        values: by dotted key, what was chosen.

    Raises:
        ConfigError, ModelError, DataError: it cannot run.
    """
    flat = configs.merged(configs.flattened(setting.config), values)
    config = configs.from_dict(configs.nested(flat))
    configs.check(config)
    typed = None if setting.typed is None else frozenset(setting.typed) | values.keys()
    return resolve(config, typed)

"""A configuration as the text that is printed and saved, and its values as they are typed."""

from __future__ import annotations

import io
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.representer import SafeRepresenter

from configs.schema import Config, to_dict
from configs.values import core


def to_yaml(config: Config) -> str:
    """Return the resolved configuration as the YAML that is printed and written to the run."""
    stream = io.StringIO()
    yaml = YAML(typ="safe", pure=True)
    yaml.Representer = _Representer
    yaml.default_flow_style = False
    yaml.sort_base_mapping_type_on_output = False  # type: ignore[assignment]
    yaml.dump(to_dict(config), stream)
    return stream.getvalue()


class _Representer(SafeRepresenter):
    """Quotes every text that reads as something else, by the rule that reads it."""

    def represent_str(self, data: str) -> Any:
        style = None if core(data) == data else "'"
        return self.represent_scalar("tag:yaml.org,2002:str", data, style=style)


_Representer.add_representer(str, _Representer.represent_str)


def scalar_text(value: Any) -> str:
    """Return a value as YAML and the command line spell it: null, true, 0.003, 100,50."""
    if isinstance(value, list | tuple):
        return ",".join(map(scalar_text, value)) or "[]"
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return str(value)

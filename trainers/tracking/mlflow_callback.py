"""To MLflow: a server where one is named, else a database in the current folder."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import configs
from trainers.engine.callbacks import CallbackMoment
from trainers.tracking.tracker import Tracker, require, settings_of

if TYPE_CHECKING:
    from mlflow import MlflowClient

# MLflow's own bounds: of a value's letters, and of the parameters of one call.
_LONGEST, _MOST = 500, 100
_URI = "MLFLOW_TRACKING_URI"


class MLflowCallback(Tracker):
    """Tells MLflow of a run.

    >>> trainers.fit("cnn", "digits", callbacks=[trainers.MLflowCallback("digits")])

    Args:
        experiment: which it belongs to; made if it is not there.
        tracking_uri: of a server or a database; None takes MLFLOW_TRACKING_URI or, without it,
            `mlflow.db` in the current folder, which `mlflow ui --backend-store-uri
            sqlite:///mlflow.db` shows.
        run_name: what the run is called; None for its folder's name.

    Raises:
        ConfigError: the package mlflow is missing.
    """

    def __init__(
        self,
        experiment: str = "zoo",
        *,
        tracking_uri: str | None = None,
        run_name: str | None = None,
    ) -> None:
        require("mlflow", "MLflowCallback")
        super().__init__("mlflow")
        self._experiment, self._uri, self._run_name = experiment, tracking_uri, run_name
        self._run_id = ""

    def begin(self, moment: CallbackMoment, known: str | None) -> str:
        """Begin a run of MLflow's, or go on with the one of before, and return its id."""
        import logging

        logging.getLogger("mlflow.store.db.utils").setLevel(logging.WARNING)
        from mlflow import MlflowClient
        from mlflow.entities import Param

        self._client: MlflowClient = MlflowClient(tracking_uri=self._uri or _usual_uri())
        if known is not None and self._goes_on(known):
            self._run_id = known
            return known
        run = self._client.create_run(
            self._experiment_id(), run_name=self._run_name or moment.folder.name
        )
        self._run_id = run.info.run_id
        params = [
            Param(key, configs.scalar_text(value)[:_LONGEST])
            for key, value in settings_of(moment).items()
        ]
        for start in range(0, len(params), _MOST):
            self._client.log_batch(self._run_id, params=params[start : start + _MOST])
        self._client.set_tag(self._run_id, "folder", str(moment.folder.absolute()))
        return self._run_id

    def figures(self, values: Mapping[str, float], step: int) -> None:
        """Log figures of an update."""
        from mlflow.entities import Metric

        now = int(time.time() * 1000)
        found = [Metric(name, value, now, step) for name, value in values.items() if _told(value)]
        self._client.log_batch(self._run_id, metrics=found)

    def end(self, values: Mapping[str, float], step: int, files: list[Path]) -> None:
        """Log the test figures, keep the files, and end the run."""
        self.figures(values, step)
        for path in files:
            self._client.log_artifact(self._run_id, str(path))
        self._client.set_terminated(self._run_id)

    def _experiment_id(self) -> Any:
        found = self._client.get_experiment_by_name(self._experiment)
        return (
            self._client.create_experiment(self._experiment)
            if found is None
            else found.experiment_id
        )

    def _goes_on(self, known: str) -> bool:
        """Return whether MLflow has a run, which is then running again."""
        from mlflow.exceptions import MlflowException

        try:
            self._client.update_run(known, status="RUNNING")
        except MlflowException:  # of another store, or deleted there
            return False
        return True


def _usual_uri() -> str:
    return os.environ.get(_URI) or f"sqlite:///{Path('mlflow.db').absolute().as_posix()}"


def _told(value: float) -> bool:
    return math.isfinite(value)

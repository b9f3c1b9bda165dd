"""Opens the engine that the settings name.

Used by web and by the job process. It imports an engine's module when it is needed, so that no
process loads an engine that it does not use.
"""

from importlib import import_module
from typing import Any

from avio.engines.base import Engine

ENGINES = {
    "local": "avio.engines.local.engine:LocalEngine",
    "alluxio": "avio.engines.alluxio.engine:AlluxioEngine",
}


def open_engine(settings: dict[str, Any]) -> Engine:
    """Return the engine of `Settings.engine_settings()`. ValueError names the wrong mount or tier, and the cure.

    It names a missing library, too: the one of the extra that an engine needs.
    """
    name = settings.get("engine")
    if name not in ENGINES:
        raise ValueError(f"engine: unknown engine {name!r}; choose one of {', '.join(sorted(ENGINES))}")
    module, _, attribute = ENGINES[name].partition(":")
    try:
        opened = getattr(import_module(module), attribute)
    except ModuleNotFoundError as error:
        raise ValueError(
            f"engine: {name} needs the library {error.name}, which is not installed; pip install 'avio[{name}]'"
        ) from error
    engine: Engine = opened.from_settings(settings)
    return engine

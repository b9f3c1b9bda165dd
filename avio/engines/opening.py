"""Opens the engine that the settings name.

Called by web and by the job process. An engine's module is imported when it is asked for, so that no
process pays for one that it does not use.
"""

from importlib import import_module
from typing import Any

from avio.engines.base import Engine

ENGINES = {
    "local": "avio.engines.local.engine:LocalEngine",
    "alluxio": "avio.engines.alluxio.engine:AlluxioEngine",
    "memory": "avio.engines.memory:MemoryEngine",
}


def open_engine(settings: dict[str, Any]) -> Engine:
    """Return the engine of `Settings.engine_settings()`; ValueError says which mount or tier is wrong, and the cure."""
    name = settings.get("engine")
    if name not in ENGINES:
        raise ValueError(f"engine: there is no engine {name!r}; choose one of {', '.join(sorted(ENGINES))}")
    module, _, attribute = ENGINES[name].partition(":")
    engine: Engine = getattr(import_module(module), attribute).from_settings(settings)
    return engine

"""Imported first by the programs of a server, so that they start fast. Standard library only.

While a program loads its modules, Python looks for no garbage: they stay until it ends, so a look would find none.
"""

import gc
import os

gc.disable()
os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")  # or it reads the metadata of all packages, to find none


def loaded() -> None:
    """Look for garbage from now on, but not among what is there: forked processes share its memory longer."""
    gc.freeze()
    gc.enable()

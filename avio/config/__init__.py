"""The settings of every server process: AVIO_* variables over an optional avio.toml over defaults.

Checked at the start, with all errors at once. Unknown keys are refused. Opens no connection.
"""

# A line imports only from the lines below it.
#
#   sources                    reads file and environment; all errors, and where each value came from
#   contradictions, overlap    what single settings don't show: pairs that don't fit, tiers that overlap
#   settings                   `Settings`
#   alluxio, local             its tables
#   retention, web             how long what is kept; what clients may take from web
#   size, secret_files         a number of bytes; texts that stand in files of their own

from avio.config.local import Mount, TierSpec
from avio.config.settings import Settings
from avio.config.sources import FOREIGN, Reading, config_file, given, load, load_with_origins, read
from avio.errors import SettingsError

__all__ = [
    "FOREIGN",
    "Mount",
    "Reading",
    "Settings",
    "SettingsError",
    "TierSpec",
    "config_file",
    "given",
    "load",
    "load_with_origins",
    "read",
]

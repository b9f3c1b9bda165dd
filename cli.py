"""The entry point for admins: `python cli.py COMMAND` is `avio-server COMMAND`. No module imports it."""

from avio.admin import main

main()

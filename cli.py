"""The door for admins: `python cli.py COMMAND` is `avio-server COMMAND`. Imported by nobody."""

from avio.admin import main

main()

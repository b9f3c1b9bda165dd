"""`python -m avio.admin` is `avio-server`."""

from avio.admin import main

main()

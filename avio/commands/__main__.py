"""`python -m avio.commands`: the same as `avio`."""

from avio.commands import main

main(prog_name="avio")

"""The page at `/`: its files, and the routes that serve them. Run by web alone.

The page is a client of the JSON API like the command `avio`. All that it shows comes from there.
"""

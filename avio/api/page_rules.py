"""The routes of the page: files for browsers, open to everybody, and no calls of the API. Run by web alone."""

SHELL = "/"
FILE = "/page/<path:name>"

RULES = frozenset({SHELL, FILE})

"""What commands print: cells, tables, records, JSON. Runs in the shell of a user or an admin.

Knows no command, no client and no database.
"""

"""What crosses a process boundary: states, orders, progress, events, results, paths.

Read by every process. Standard library only, and nothing else of avio.
"""

"""`make bench-data`: how soon data is there. One file a path, each with s5cmd and rclone in turn in the same run.

Results go to `bench/RESULTS.md`.
"""

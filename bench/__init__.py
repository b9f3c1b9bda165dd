"""`make bench`: one file for each thing measured, with its peer beside it in the same run. `bench-data`: see `data`."""

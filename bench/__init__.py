"""`make bench`: one file per path measured, each with its peer beside it in the same run."""

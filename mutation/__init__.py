"""`make mutate-guards`: takes out each guard in turn, in a copy of the tree; the tests that are named must go red.

A guard whose absence no test notices is a promise that nobody keeps.
"""

"""`make chaos MINUTES=n SEED=s`: a whole server under a stream of jobs, while its parts are killed and frozen.

Prints what held of the invariants, how soon each kind of fault was mended, and the seed; exits 1 on a violation.
"""

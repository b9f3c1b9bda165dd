"""`make chaos MINUTES=n SEED=s`: a whole server under a stream of jobs, while its parts are killed, frozen and sick.

Stores lie, disks go or freeze, clocks are stepped; with OLD=checkout one node is of another version. Prints what held,
how soon each fault was mended, and the seed, which plans it all; exits 1 on a violation.
"""

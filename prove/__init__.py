"""`make prove-alluxio ROUNDS=n`: what a preload calls succeeded is still in the cache five seconds later.

A whole server over a real, small and full Alluxio. A client that knows nothing of avio looks after each job's end.
Prints a table; exits 1 if anything was gone.
"""

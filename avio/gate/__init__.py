"""avio-gate: frees pods of Kubernetes from the scheduling gate avio.io/cached once their path is cached.

A client of avio and of Kubernetes, with the rights of one user there and for pods alone here. It keeps nothing.
"""

# A line imports only from the lines below it.
#
#   command          the commands `avio-gate run` and `avio-gate probe`
#   run, probe       each of them
#   controller       which pods wait for what; frees them
#   waits, notes     one wait for all pods of a path and condition; what pods are told, not too often
#   cluster          list, watch and patch of pods: the only file that knows kr8s
#   account          the login at avio
#   pods, words      what a pod asks for; what is said on it

"""The work of one job, inside its own process: list, move, verify, report.

No fork and no signals here, no database either; what is learnt goes onto the stream and into files.
"""

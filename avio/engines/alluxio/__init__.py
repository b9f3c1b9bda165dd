"""The Alluxio engine: drives a real Alluxio 2.9 cluster, whose workers move the bytes.

Used by web (tasks) and by the job process (jobs). Of the engines only `base.py` may be imported.
"""

"""The local engine: buckets mounted at paths, cached as plain files in tier directories of this node.

Used by web and the job process. Knows no database, queue or API.
"""

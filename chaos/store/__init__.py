"""The hostile store of the chaos server: an S3 server in memory that lies on purpose, and the truth about it.

`server` carries requests to `sky`, which spoils the answers of `honest` by one `weather` or two. `model` has every
version of each key with its times; `hand` is another program that changes and deletes objects.
"""

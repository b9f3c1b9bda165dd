"""Sends requests of all shapes to a real web, made from /openapi.json by Schemathesis, and checks every reply.

`make fuzz-api` runs it. It knows the product by its settings, its tables and its HTTP API alone.
"""

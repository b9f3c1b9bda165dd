"""The messages of Alluxio's gRPC that avio uses: our own minimal .proto files and what protoc makes of them.

Numbers and package names are Alluxio's. `make proto` makes the Python files anew. Standard library and protobuf only.
"""

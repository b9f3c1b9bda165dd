"""The gRPC messages of Alluxio that avio uses: our own minimal .proto files, and the Python files that protoc makes.

Numbers and package names are Alluxio's. `make proto` makes the Python files. Standard library and protobuf only.
"""

"""One client for each part of the cluster, and the plain data that they return. Makes no decisions."""

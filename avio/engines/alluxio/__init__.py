"""The Alluxio engine: drives a real Alluxio 2.9 cluster, whose workers move the bytes.

Used by web (tasks) and by the job process (jobs). It imports the shared modules of `avio.engines`, and the
modules of the lowest line.
"""

# A line imports only from the lines below it, and rooms of one line don't know each other (contract alluxio-rooms).
#
#   engine               what an engine answers, each call by a room below       web and the job process
#   ways                 chooses a carrier and a saver by what is reachable      job process
#   load, save, doctor   blocks into the cache; files into the bucket; findings  job process; `avio-server doctor`
#   view                 paths, listings and workers as they stand now           web and the job process
#   clients              one file for each server, and its data                   web and the job process
#   proto                gRPC messages, made by protoc

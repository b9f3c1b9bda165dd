"""The local engine: buckets mounted at paths, cached as plain files in tier directories of this node.

Used by web and the job process. Knows no database, queue or API.
"""

# A line imports only from the lines below it. All but the lines marked "job" are used in web too.
#
#   engine                                what an engine answers, each call by a room below
#   bulk_download                         job: small objects many at a time, the rest in threads
#   download, upload, recheck, promises   job: one file each; the room that a preload has before it moves
#   listing_page, left_paths, walks       a page with its sums; what it leaves out; the files of one side
#   silent_mounts, tier_view, empty_walk  mounts that do not answer; the tiers without a bucket; why nothing was found
#   joined_view                           bucket and tiers as one stream
#   item_stream                           items one at a time, or counted many at once
#   entries, capacity, frees              what is shown of items; free and promised bytes of the tiers; frees under way
#   cached_view, recognition              the cached files with their objects; what the bytes of a copy say
#   merge                                 two sorted streams made one
#   tier_disk, tiers                      what the disk of a tier says; cached files as they lie on disk
#   freshness                             cached, stale, gone, dirty or in conflict
#   mounts, buckets                       the bucket of a path; S3 and its like by obstore and libcurl, file://
#   upload_source, upload_journal         a file that is uploaded; notes of uploads in parts
#   scratch, tree_walk, marker            temporary files; files in their order; the id of a tier's disk
#   directory_window                      a directory in order, so many entries at a time
#   book, left_out, removal, obstacles    bytes promised; what a walk leaves out; safe removal; what is in the way
#   kept_names                            names of large directories, kept for the next page
#   root, rename, errors                  a directory that nothing leads out of; safe renames; errors as ours
#   store_errors, store_codes             what a store's refusal means; a table of its codes
#   workers, store_gate                   job: threads that take entries as they come, while the store answers
#   stamps, kernel_copy, directories      the version of a copy's source; bytes of open files; open directories
#   tier_safety, memory_disks, sticky     who can change what a tier holds; tiers in memory; what the sticky bit keeps
#   birth, open_writers                   when an inode was made; who has a file open, and what its mtime then says
#   byte_locks, clock_ticks               locks on bytes of a file; when a second write changes the mtime

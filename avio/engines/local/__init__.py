"""The local engine: buckets mounted at paths, cached as plain files in tier directories of this node.

Used by web and the job process. Knows no database, queue or API.
"""

# A line imports only from the lines below it. All but the lines marked "job" are used in web too.
#
#   engine                                what an engine answers, each call by a room below
#   both_sides, bucket_objects            job: the files of both sides; new objects, past the cache
#   transfer                              job: preloads, saves and the checks after them
#   admissions, comparison, listings      job: the room of a preload; copies against objects; what is below a path
#   listing_page, left_paths, walks, whole_promises  a page of all levels; what it leaves out; one side; room for all
#   listing_stream, level_entries, promises, evictions  job: all entries in one pass; those of a page; room; its making
#   level_page, directory_sums            the names of such a page; the sums of its directories within a budget
#   silent_mounts, tier_view, empty_walk, survey  silent mounts; tiers without a bucket; nothing found; all copies
#   joined_view, paths_in_use             bucket and tiers as one stream; job: where no eviction touches a file
#   item_stream, file_run                 items one at a time, or counted many at once; many as lines at once
#   entries, capacity, frees, file_facts  items as shown; free and promised bytes; frees under way; listed files
#   claims, owner_watch, cached_view, recognition  files moved now, and by whom; cached files with objects; their bytes
#   merge, followed                       two sorted streams made one; tiers with what symlinks lead to
#   tier_disk, tiers                      what the disk of a tier says; cached files as they lie on disk
#   freshness                             cached, stale, gone, dirty or in conflict
#   mounts, buckets                       the bucket of a path; S3 and its like by obstore and libcurl, file://
#   upload_source, upload_journal         a file that is uploaded; notes of uploads in parts
#   scratch                               job: temporary files
#   tree_walk, marker                     files in their order; the id of a tier's disk
#   directory_window                      a directory in order, so many entries at a time
#   kept_names, book, left_out, removal, obstacles  names for the next page; bytes promised; what walks leave out
#   root, beneath, rename, errors         a directory that nothing leads out of; safe renames; errors as ours
#   store_errors, store_codes             what a store's refusal means; a table of its codes
#   workers, store_gate, retry_after      job: threads that take entries; while a store answers; pauses that it asks for
#   stamps, kernel_copy, directories      the version of a copy's source; bytes of open files; open directories
#   tier_safety, memory_disks, sticky     who can change what a tier holds; tiers in memory; what the sticky bit keeps
#   birth, open_writers                   when an inode was made; who has a file open, and what its mtime then says
#   byte_locks, clock_ticks               locks on bytes of a file; when a second write changes the mtime

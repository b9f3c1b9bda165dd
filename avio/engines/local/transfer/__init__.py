"""Preloads, saves and the checks after them: how the local engine moves files, in the job process and in its movers.

Used in the job process and in its movers. Web uses `recheck.look_up` alone.
"""

# A line imports only from the lines below it.
#
#   mover_tasks                      what a mover does
#   mover_save, mover_spans          a mover's part of a save; spans of very large objects that it fetches
#   mover_confirm                    a mover's part of the check after a save
#   preloads, saves                  preloads and saves, in this process or shared with movers
#   shared_preload, shared_save      hand files out to movers, and read what they say of them
#   shared_recheck, shared_confirm   the same for the check after the last byte of a preload, of a save
#   shared_check                     the same for a check job
#   bulk_upload                      small files many at a time, the rest in threads
#   bulk_download                    the same for objects
#   download, upload, recheck        one file each
#   wanted                           a file to download
#   thread_side, mover_spread        files that threads move; one very large object that all movers fetch
#   saved_copies                     copies that are the objects of a listing after their save
#   outgoing, listed_again           small files that are read to be sent; objects listed again after a save
#   sent                             small files that were sent, with their stamps
#   placing, placed                  new files, synced together; those that are in place
#   claimed_files                    files that are claimed before they are moved
#   file_room                        where the bytes of a file go
#   entry_supply                     files as they come
#   seen_rows, saved_rows            what a mover has found at a check, and the outcome of a file of a save, as rows
#   group_sync, request_flow         one sync for several files; when the next small objects may be moved
#   adaptive_width, partial_bytes    how many requests at once; what has come of those under way

"""Puts small new files in place, many in one pass: all are written, synced at once, stamped and named.

Used in a mover. It brings what comes as planned. A file that meets a surprise, such as a taken name or a disk that
fails, and those behind it, are left to `download`, which finds out what to do or to say.
"""

import os
from collections import defaultdict
from contextlib import suppress
from time import monotonic_ns

from avio.engines.base import Moved
from avio.engines.content import Content
from avio.engines.local.buckets.multiget import Body
from avio.engines.local.kernel_copy import write_all
from avio.engines.local.rename import move
from avio.engines.local.scratch import OPEN_FLAGS, Scratch
from avio.engines.local.stamps import OWN_NS, renew_stamp, stamp_new
from avio.engines.local.tiers import Copy, TierDirectory, Tiers
from avio.engines.local.transfer.file_room import AssignedRoom
from avio.engines.local.transfer.group_sync import sync_within
from avio.engines.local.transfer.placed import Placed
from avio.engines.local.transfer.wanted import Wanted
from avio.engines.run import Run
from avio.errors import EngineError
from avio.faults import fault
from avio.wire.results import Outcome

File = tuple[Wanted, Body]
Written = tuple[File, str, int]  # the file, its temporary name, its open descriptor

new = tuple.__new__


class NewFiles:
    """The new files of one transfer."""

    def __init__(self, tiers: Tiers, room: AssignedRoom, placed: Placed, run: Run) -> None:
        self._room = room
        self._placed = placed
        self._run = run
        self._scratch = {tier: Scratch(tier.root, run.name) for tier in tiers}

    def bring(self, files: list[File]) -> tuple[list[Moved], list[File]]:
        """Return the outcomes of files that are in place now, and the files that are left to `download`.

        After the attempt must stop, the rest is in neither.
        """
        groups: dict[TierDirectory, list[File]] = defaultdict(list)
        left: list[File] = []
        for file in files:
            wanted = file[0]
            tier = self._room.reserved(wanted.entry.path, wanted.source.size)
            (left if tier is None or wanted.copies else groups[tier]).append(file)
        moved: list[Moved] = []
        for tier, group in groups.items():
            there = self._bring(tier, group)
            moved += there
            if len(there) < len(group) and not self._run.stopping():
                left += group[len(there) :]
        return moved, left

    def _bring(self, tier: TierDirectory, group: list[File]) -> list[Moved]:
        """Return the outcomes of the first files of `group`, up to the first surprise."""
        written: list[Written] = []
        moved: list[Moved] = []
        directory = -1
        try:
            held, names = self._scratch[tier].place()
            directory = held.fd
            for file in group:
                wanted, body = file
                name = next(names)
                fd = os.open(name, OPEN_FLAGS, wanted.mount.bucket.copy_mode(wanted.source), dir_fd=directory)
                written.append((file, name, fd))
                fault("download.temporary")
                write_all(fd, body.data)
                fault("download.fetched")
            size = sum([len(body.data) for _, body in group])
            sync_within([fd for _, _, fd in written], size, self._run)
            self._name(tier, directory, written, moved)
        except (OSError, EngineError):
            pass
        finally:
            for place, (_, name, fd) in enumerate(written):
                os.close(fd)
                if place >= len(moved):
                    with suppress(OSError):
                        os.unlink(name, dir_fd=directory)
        return moved

    def _name(self, tier: TierDirectory, directory: int, written: list[Written], moved: list[Moved]) -> None:
        """Give each file its stamp, and right after that its name: a later change is another program's."""
        above = parent = None
        for (wanted, body), temporary, fd in written:
            fault("scratch.synced")
            if self._run.stopping():
                return
            entry, source, _, mount, _ = wanted
            path, size, mtime_ns = entry.path, source.size, source.mtime_ns
            folder, _, last = path[1:].rpartition("/")
            if parent is None or folder != above:
                above, (parent, _) = folder, tier.root.parent(path[1:], make=True)
            name = mount.object_name(path)
            begin = monotonic_ns()
            os.utime(fd, ns=(mtime_ns, mtime_ns))
            stamped = stamp_new(fd, name, size, mtime_ns, source.etag)
            fault("download.publish")
            move((directory, temporary), (parent.fd, last))
            fault("scratch.renamed")
            if monotonic_ns() - begin > OWN_NS // 2:
                renew_stamp(fd, name)
            if stamped and entry.token:
                now = os.fstat(fd)
                # With the mtime of before the rename: a program that wrote since has changed it.
                copy = new(Copy, (tier, size, mtime_ns, now.st_ctime_ns, now.st_ino))
                self._placed.add(path, entry.token, copy)
            fault("download.published")
            content = body.content or Content.UNKNOWN
            moved.append(new(Moved, (entry, Outcome.DONE, size, tier.alias, 1, None, content)))

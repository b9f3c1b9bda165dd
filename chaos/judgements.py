"""Judges the bytes of jobs on the hostile mount by the model of the store. Each line returned is a violation.

Pure: it reads the model, the cache and the times of a job.
"""

from collections.abc import Iterable, Iterator

from chaos.cached import Cached
from chaos.store.model import AVIO, Model


class Judgements:
    """The judge of one store and its cache."""

    def __init__(self, model: Model, cached: Cached) -> None:
        self._model, self._cached = model, cached

    def preload(self, tree: str, begin: float, end: float, *, succeeded: bool, checked: bool = False) -> list[str]:
        """Judge a preload that was ordered at `begin` and ended at `end`; `checked` if it compared checksums.

        A job can compare only what was in the bucket all the time. Without checksums a copy may have the wrong bytes
        that the store sent as a version, if it may have that version.
        """
        wrong = []
        for key in self._model.keys(f"{tree}/"):
            found = self._cached.read(key)
            strict = succeeded and self._model.existed_throughout(key, begin, end)
            if found is None:
                wrong += [f"{key} is not cached, and existed all the time"] if strict else []
            elif strict and checked and found != self._model.truth(key, found):
                story = self._model.story(key)
                wrong.append(f"{key} is cached with wrong bytes, and the job compared checksums: {story}")
            elif (truth := self._model.truth(key, found)) not in self._may_have(key, begin if strict else None):
                old = truth in self._may_have(key, None)
                wrong.append(f"{key} is cached with bytes that {'were old' if old else 'never were'}")
        known = set(self._model.keys(f"{tree}/"))
        return wrong + [
            f"{key} is cached, and never was"
            for key in self._cached.below(tree)
            if key not in known and not self._cached.written(key)
        ]

    def save(self, tree: str, keys: Iterable[str], *, succeeded: bool) -> list[str]:
        """Judge a save of the files `keys`."""
        wrong = [f"{key} is not in the bucket" for key in keys if succeeded and not self._is_saved(key)]
        return wrong + [f"{key}: {why}" for key in self._model.keys(f"{tree}/") for why in self._of_avio(key)]

    def written(self) -> tuple[int, list[str]]:
        """Judge what the user wrote into the cache: it is there, or avio has saved it. Return how many, too."""
        keys = self._cached.keys()
        wrong = [
            f"{key}: what was written is lost"
            for key in keys
            if self._cached.read(key) != self._cached.written(key)[-1].md5 and not self._is_saved(key)
        ]
        return len(keys), wrong

    def stored(self) -> tuple[int, list[str]]:
        """Judge everything that avio did to the bucket. Return how many keys were looked at, too."""
        keys = self._model.keys()
        return len(keys), [f"{key}: {why}" for key in keys for why in self._of_avio(key)]

    def _is_saved(self, key: str) -> bool:
        wanted = self._cached.written(key)[-1].md5
        return any(version.md5 == wanted for version in self._model.versions(key))

    def _of_avio(self, key: str) -> Iterator[str]:
        """Yield what avio did to an object and must not do."""
        written = self._cached.written(key)
        own = {each.md5 for each in written}
        bases = {None if each.base is None else self._model.truth(key, each.base) for each in written}
        versions = self._model.versions(key)
        for place, version in enumerate(versions):
            if version.by == AVIO and version.md5 not in own:
                yield "avio stored bytes that the cache never had"
            if version.ended_by != AVIO:
                continue
            if place + 1 == len(versions) or versions[place + 1].begin != version.end:
                yield "avio deleted an object"
            elif version.md5 not in bases | own:
                yield f"avio overwrote the version of {version.by}, which it had not seen: {self._model.story(key)}"

    def _may_have(self, key: str, begin: float | None) -> set[str]:
        """Return the MD5s that a copy may have: of a version since `begin`, or of any, or what the user wrote."""
        versions = self._model.current_since(key, float("-inf") if begin is None else begin)
        return versions | {written.md5 for written in self._cached.written(key)}

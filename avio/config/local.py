"""The tables of the local engine: [mounts] and [[tiers]].

Opens nothing.
"""

from pathlib import Path

from pydantic import BaseModel, ByteSize, ConfigDict, Field, SecretStr, field_validator


class Mount(BaseModel):
    """A path that is tied to a bucket, or to a folder (prefix) of one."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: str = Field(description="Where the files are: s3://bucket/prefix, file:///dir, or any URL that obstore opens.")
    options: dict[str, str | SecretStr] = Field(
        default_factory=dict,
        description="Options of the store, by obstore's names: endpoint, region, access_key_id, secret_access_key ...",
    )

    @field_validator("url")
    @classmethod
    def _has_scheme(cls, value: str) -> str:
        if "://" not in value:
            raise ValueError("is no URL; write s3://bucket/prefix or file:///dir")
        return value

    @field_validator("options")
    @classmethod
    def _hide_secrets(cls, value: dict[str, str | SecretStr]) -> dict[str, str | SecretStr]:
        hidden = ("secret", "token", "password", "account_key")
        return {
            name: SecretStr(text) if isinstance(text, str) and any(word in name.lower() for word in hidden) else text
            for name, text in value.items()
        }


class TierSpec(BaseModel):
    """A directory that holds cached files, best first in the list."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    alias: str = Field(pattern=r"^[A-Za-z0-9_-]{1,32}$", description="Its name in replies: MEM, SSD, HDD ...")
    path: Path = Field(description="The directory; a cached file lies at <path>/<its path>.")
    capacity: ByteSize = Field(gt=0, description="Bytes that it may hold, e.g. 200GiB.")

    @field_validator("path")
    @classmethod
    def _is_absolute(cls, value: Path) -> Path:
        if not value.is_absolute():
            raise ValueError("is not absolute; begin it with /")
        return value


def readable(text: str | SecretStr) -> str:
    """Return an option as the store needs it."""
    return text.get_secret_value() if isinstance(text, SecretStr) else text

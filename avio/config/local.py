"""The tables of the local engine: [mounts] and [[tiers]].

Opens no connection.
"""

import re
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import SplitResult, urlsplit

from pydantic import AfterValidator, ConfigDict, Field, SecretStr, field_validator

from avio.config.secret_files import from_file
from avio.config.size import Bandwidth, Size
from avio.config.table import Table
from avio.config.urls import refuse_login, require_port
from avio.wire.paths import PathError, canonical

SCHEMES = ("file", "s3", "s3a", "gs", "az", "azure", "adl", "abfs", "abfss", "http", "https")
WEB = ("http", "https")
CONTAINER_FIRST = ("abfs", "abfss")  # abfss://container@account.dfs.core.windows.net


def _canonical_path(path: str) -> str:
    try:
        if canonical(path) != path:
            raise ValueError(f"path {path!r} should be written {canonical(path)!r}")
    except PathError as error:
        raise ValueError(f"path {path!r} {error}") from None
    return path


MountPath = Annotated[str, AfterValidator(_canonical_path)]

# Options that hold no secret, with the prefix of a store (aws_region) or without. All others are taken for secrets.
PLAIN = re.compile(
    r"(?:aws_|azure_storage_|azure_|google_|s3_)?(?:region|default_region|access_key_id|client_id|tenant_id|endpoint|endpoint_url|bucket|bucket_name"
    r"|container_name|account_name|allow_http|allow_invalid_certificates|virtual_hosted_style_request|skip_signature"
    r"|unsigned_payload|checksum_algorithm|conditional_put|copy_if_not_exists|imdsv1_fallback|s3_express|request_payer"
    r"|metadata_endpoint|use_emulator|use_fabric_endpoint|timeout|connect_timeout|user_agent|http1_only|http2_only"
    r"|pool_idle_timeout|pool_max_idle_per_host|proxy_url|proxy_excludes|key_order|etag)"
)


class Mount(Table):
    """A path and its bucket, or a folder (prefix) of one."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: str = Field(description="Where the files are: s3://bucket/prefix, file:///dir, or any URL that obstore opens.")
    options: dict[str, str | SecretStr] = Field(
        default_factory=dict,
        description="Options of the store, by obstore's names: endpoint, region, access_key_id, secret_access_key ...",
    )

    bandwidth: Bandwidth | None = Field(
        None, description="Bytes per second that all jobs on the mount together may move; absent: no limit."
    )

    @property
    def bucket(self) -> str:
        """The bucket of the URL, with the endpoint of its store if it has one; a file:// mount is its own."""
        parts = _split(self.url)
        endpoints = [
            str(text) for name, text in self.options.items() if name.lower().endswith(("endpoint", "endpoint_url"))
        ]
        return " at ".join([f"{parts.scheme}://{parts.netloc}", *endpoints]) if parts.netloc else self.url

    @field_validator("url")
    @classmethod
    def _is_complete(cls, value: str) -> str:
        scheme, mark, _ = value.partition("://")
        if not mark:
            raise ValueError("is not a URL; write s3://bucket/prefix or file:///dir")
        if scheme not in SCHEMES:
            raise ValueError(f"{scheme}:// is not a known scheme; write one of {', '.join(SCHEMES)}")
        _refuse_secrets(scheme, value)
        parts = _split(value)
        if parts.scheme == "file" and parts.netloc:
            directory = f"/{parts.netloc}{parts.path}"
            raise ValueError(f"names the host {parts.netloc!r}; for a directory write file://{directory}, 3 slashes")
        return require_port(value) if scheme in WEB else value

    @field_validator("options", mode="before")
    @classmethod
    def _are_texts(cls, value: Any) -> Any:
        """Refuse other values here: a message about them would quote the types of this table, and the value."""
        if not isinstance(value, dict):
            raise ValueError('is no table; write { region = "us-east-1" }')
        texts = {name: from_file(str(name), text) for name, text in value.items()}
        for name, text in texts.items():
            if not isinstance(text, str | SecretStr):
                raise ValueError(f"{name} is not a text; write its value in quotes")
            if isinstance(text, str) and name.lower().endswith(("endpoint", "endpoint_url")):
                _refuse_login_of(name, text)
        return texts

    @field_validator("options")
    @classmethod
    def _hide_secrets(cls, value: dict[str, str | SecretStr]) -> dict[str, str | SecretStr]:
        return {
            name: SecretStr(text) if isinstance(text, str) and not PLAIN.fullmatch(name.lower()) else text
            for name, text in value.items()
        }


def _refuse_secrets(scheme: str, url: str) -> None:
    """Raise ValueError for a user or password, also one with a character that ends the host: messages quote URLs."""
    if scheme in CONTAINER_FIRST:
        if ":" in url.partition("://")[2].rpartition("@")[0]:
            raise ValueError("has a password, which messages and logs would show; write it into options")
        return
    refuse_login(url, "and write the keys of the store into options")
    if scheme not in WEB:
        if ":" in url.partition("://")[2].partition("/")[0]:
            raise ValueError("has a colon in the name of the bucket; write the address of a store as option endpoint")
        if "?" in url or "#" in url:
            raise ValueError("has a ? or #, which would end the path; write them as %3F and %23, and keys into options")


def _split(url: str) -> SplitResult:
    try:
        return urlsplit(url)
    except ValueError:  # a bracket without its other one
        raise ValueError("has no valid host; write s3://bucket/prefix or https://host:port/dir") from None


def _refuse_login_of(name: str, text: str) -> None:
    try:
        refuse_login(text, "and write the keys of the store as options of their own")
    except ValueError as error:
        raise ValueError(f"{name} {error}") from None


class TierSpec(Table):
    """A directory that holds cached files, best first in the list."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    alias: str = Field(pattern=r"^[A-Za-z0-9_-]{1,32}$", description="Its name in replies: MEM, SSD, HDD ...")
    path: Path = Field(description="The directory; a cached file lies at <path>/<its path>.")
    capacity: Size = Field(gt=0, description="Bytes that it may hold, e.g. 200GiB.")
    shared: bool = Field(
        default=False,
        description="Accept a directory that other users own or may write to: they can change what training reads.",
    )

    @field_validator("path")
    @classmethod
    def _is_absolute(cls, value: Path) -> Path:
        if not value.is_absolute():
            raise ValueError("is not absolute; start it with /")
        return value


def readable(text: str | SecretStr) -> str:
    """Return an option as text for the store."""
    return text.get_secret_value() if isinstance(text, SecretStr) else text

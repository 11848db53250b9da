"""Values that the server tells about: users, storage configs, commits, branches, tags, drafts."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any, TypeVar

from tensorbay._util.names import camel
from tensorbay.wire import ROOT_COMMIT_ID

__all__ = [
    "ROOT_COMMIT_ID",
    "Branch",
    "Commit",
    "Draft",
    "StorageConfig",
    "StorageCredentials",
    "Tag",
    "TeamInfo",
    "User",
    "UserInfo",
    "_NamedCommit",
]

_C = TypeVar("_C", bound="Commit")


@dataclass
class User:
    """Who did something, and when (Unix seconds)."""

    name: str
    date: int

    @classmethod
    def loads(cls, contents: dict[str, Any]) -> User:
        return cls(contents["name"], contents["date"])

    def dumps(self) -> dict[str, Any]:
        return {"name": self.name, "date": self.date}


@dataclass
class Commit:
    """An immutable version of a dataset."""

    commit_id: str
    parent_commit_id: str | None
    title: str
    description: str
    committer: User

    @classmethod
    def loads(cls: type[_C], contents: dict[str, Any]) -> _C:
        return cls(**cls._fields(contents))

    @classmethod
    def _fields(cls, contents: dict[str, Any]) -> dict[str, Any]:
        return {
            "commit_id": contents["commitId"],
            "parent_commit_id": contents["parentCommitId"],
            "title": contents["title"],
            "description": contents.get("description", ""),
            "committer": User.loads(contents["committer"]),
        }

    def dumps(self) -> dict[str, Any]:
        contents: dict[str, Any] = {
            "commitId": self.commit_id,
            "parentCommitId": self.parent_commit_id,
            "title": self.title,
            "committer": self.committer.dumps(),
        }
        if self.description:
            contents["description"] = self.description
        return contents


@dataclass
class _NamedCommit(Commit):
    name: str = ""

    def __init__(
        self,
        name: str,
        commit_id: str,
        parent_commit_id: str | None,
        title: str,
        description: str,
        committer: User,
    ) -> None:
        super().__init__(commit_id, parent_commit_id, title, description, committer)
        self.name = name

    @classmethod
    def _fields(cls, contents: dict[str, Any]) -> dict[str, Any]:
        return {"name": contents["name"], **super()._fields(contents)}

    def dumps(self) -> dict[str, Any]:
        return {"name": self.name, **super().dumps()}


class Tag(_NamedCommit):
    """A fixed name of a commit."""


class Branch(_NamedCommit):
    """A moving name of a commit.

    A branch without a commit has only `name` and `commit_id` (`ROOT_COMMIT_ID`); its other attributes are absent.
    """

    @classmethod
    def loads(cls, contents: dict[str, Any]) -> Branch:
        if contents["commitId"] != ROOT_COMMIT_ID:
            return super().loads(contents)
        branch = cls.__new__(cls)
        branch.name = contents["name"]
        branch.commit_id = ROOT_COMMIT_ID
        return branch

    def dumps(self) -> dict[str, Any]:
        if self.commit_id == ROOT_COMMIT_ID:
            return {"name": self.name, "commitId": self.commit_id}
        return super().dumps()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Branch) and self.__dict__ == other.__dict__

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        members = ", ".join(f"{key}={value!r}" for key, value in self.__dict__.items())
        return f"Branch({members})"

    def __getattr__(self, name: str) -> Any:
        if name in {"parent_commit_id", "title", "description", "committer"}:
            raise AttributeError(f"The '{name}' is not available due to this branch has no commit history.")
        raise AttributeError(f"'Branch' object has no attribute '{name}'")


@dataclass
class Draft:
    """A version of a dataset that is still being written; `status` is OPEN, CLOSED or COMMITTED."""

    number: int
    title: str
    branch_name: str
    status: str
    parent_commit_id: str
    author: User
    updated_at: int
    description: str = ""

    @classmethod
    def loads(cls, contents: dict[str, Any]) -> Draft:
        return cls(
            contents["number"],
            contents["title"],
            contents["branchName"],
            contents["status"],
            contents["parentCommitId"],
            User.loads(contents["author"]),
            contents["updatedAt"],
            contents.get("description", ""),
        )

    def dumps(self) -> dict[str, Any]:
        contents: dict[str, Any] = {
            "number": self.number,
            "title": self.title,
            "branchName": self.branch_name,
            "status": self.status,
            "parentCommitId": self.parent_commit_id,
            "author": self.author.dumps(),
            "updatedAt": self.updated_at,
        }
        if self.description:
            contents["description"] = self.description
        return contents


@dataclass
class TeamInfo:
    name: str
    email: str | None = None
    description: str = ""
    id: str | None = None

    @classmethod
    def loads(cls, contents: dict[str, Any]) -> TeamInfo:
        return cls(contents["name"], contents.get("email"), contents.get("description", ""), contents.get("id"))

    def dumps(self) -> dict[str, Any]:
        return _given(name=self.name, email=self.email, description=self.description, id=self.id)


@dataclass
class UserInfo:
    """The user an access key belongs to."""

    name: str
    email: str | None = None
    mobile: str | None = None
    description: str = ""
    team: TeamInfo | None = None

    @classmethod
    def loads(cls, contents: dict[str, Any]) -> UserInfo:
        team = contents.get("team")
        return cls(
            contents["nickname"],
            contents.get("email"),
            contents.get("mobile"),
            contents.get("description", ""),
            TeamInfo.loads(team) if team else None,
        )

    def dumps(self) -> dict[str, Any]:
        return _given(
            nickname=self.name,
            email=self.email,
            mobile=self.mobile,
            description=self.description,
            team=self.team.dumps() if self.team else None,
        )


def _given(**members: Any) -> dict[str, Any]:
    return {key: value for key, value in members.items() if value}


@dataclass
class StorageConfig:
    """A configured storage: `type` is s3, oss, azure, gcs or local; secrets never come back from the server.

    `is_graviti_storage` tells the server's own (managed) storage from the user's. The rest is what the kind of storage
    has: `credentials` tells their type and what of them is not secret, `datasets` names those that use the config.
    """

    name: str
    file_path: str
    type: str
    is_graviti_storage: bool
    endpoint: str | None = None
    region: str | None = None
    bucket_name: str | None = None
    account_name: str | None = None
    account_type: str | None = None
    container_name: str | None = None
    credentials: dict[str, Any] | None = None
    created: int | None = None
    datasets: list[str] = field(default_factory=list)

    @classmethod
    def loads(cls, contents: dict[str, Any]) -> StorageConfig:
        given = {name: contents[key] for name, key in _CONFIG_KEYS.items() if key in contents}
        return cls(contents["name"], contents["filePath"], contents["type"], contents["isGravitiStorage"], **given)

    def dumps(self) -> dict[str, Any]:
        members = {key: getattr(self, name) for name, key in _CONFIG_KEYS.items()}
        return {
            "name": self.name,
            "filePath": self.file_path,
            "type": self.type,
            "isGravitiStorage": self.is_graviti_storage,
            **{key: value for key, value in members.items() if value not in (None, [])},
        }


# Beyond the four of 1.x.
_CONFIG_KEYS = {item.name: camel(item.name) for item in fields(StorageConfig)[4:]}


@dataclass(frozen=True)
class StorageCredentials:
    """A key of S3, lent for what lies below `prefix` of the bucket until `expire_at` (Unix seconds)."""

    endpoint: str
    region: str | None
    bucket_name: str
    prefix: str
    access_key_id: str
    secret_access_key: str = field(repr=False)
    session_token: str | None = field(repr=False)
    expire_at: float

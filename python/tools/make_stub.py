# SPDX-License-Identifier: Apache-2.0
"""Writes tidegate/_core.pyi: the template with a class for each list of fields of the module.

Usage: python make_stub.py [--check], with the module to be described importable. With --check it
writes nothing and fails if the stub is not what it would write.
"""

import pathlib
import sys
from types import ModuleType

TOOLS = pathlib.Path(__file__).resolve().parent
STUB = TOOLS.parent / "tidegate" / "_core.pyi"
TEMPLATE = TOOLS / "_core.pyi.in"
MARKER = "# @values@\n"
# What value classes have beside their fields.
EXTRAS = {
    "Replica": ["    @property\n    def serving(self) -> bool: ...\n"],
    "Observation": [
        "    @staticmethod\n    def all_ready(\n        count: int, since: Time = 0.0,"
        ' prefix: str = "replica-"\n    ) -> Observation: ...\n'
    ],
}


def keywords(fields: tuple[tuple[str, str, str, str], ...]) -> str:
    return "".join(f"        {name}: {accepts} = ...,\n" for name, accepts, _, _ in fields)


def value_class(name: str, cls: type) -> str:
    fields = cls.__fields__  # type: ignore[attr-defined]
    doc = (cls.__doc__ or "").splitlines()[0]
    lines = [f'class {name}:\n    """{doc}"""\n\n']
    lines.append(f"    def __init__(\n        self,\n        *,\n{keywords(fields)}    ) -> None: ...\n")
    for field, _, gives, field_doc in fields:
        lines.append(f"    @property\n    def {field}(self) -> {gives}:\n")
        lines.append(f'        """{field_doc}"""\n')
    lines += EXTRAS.get(name, [])
    lines.append(f"    def replace(\n        self,\n        *,\n{keywords(fields)}    ) -> Self: ...\n")
    lines.append("    def to_dict(self) -> dict[str, Any]: ...\n    @staticmethod\n")
    lines.append(f"    def from_dict(fields: Mapping[str, Any]) -> {name}: ...\n")
    lines.append("    __match_args__: ClassVar[tuple[str, ...]]\n")
    lines.append("    __hash__: ClassVar[None]  # type: ignore[assignment]\n")
    return "".join(lines)


def stub(module: ModuleType) -> str:
    classes = [
        value_class(name, cls) for name, cls in vars(module).items() if hasattr(cls, "__fields__")
    ]
    return TEMPLATE.read_text().replace(MARKER, "\n".join(classes))


def main() -> int:
    import tidegate._core

    wanted = stub(tidegate._core)
    if sys.argv[1:] != ["--check"]:
        STUB.write_text(wanted)
        return 0
    if STUB.read_text() == wanted:
        return 0
    print(f"{STUB} is not up to date; run {sys.argv[0]}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())

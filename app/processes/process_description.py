"""What an organisation writes down about a process (`process.yaml`): goal, inputs, outputs, roles, interfaces, KPIs."""

from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from app.errors import Problem, Refused

MAX_BYTES = 256 * 1024


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


class Exchange(_Part):
    """Something that comes in or goes out; `identifier` is one of the catalogue's, where there is one."""

    name: str = Field(min_length=1, max_length=200)
    identifier: str = ""
    description: str = ""


class RoleDescription(_Part):
    """A role of the process and what it answers for."""

    role: str = Field(min_length=1, max_length=100)
    responsibilities: list[str] = Field(min_length=1)


class Interface(_Part):
    """What passes between this process and another; `area` is the other one's folder name, or `any`."""

    area: str
    direction: str = Field(pattern="^(in|out)$")
    name: str = Field(min_length=1, max_length=200)
    identifier: str = ""
    message: str = ""


class Policy(_Part):
    """A rule that the organisation gave itself for this process, or where it stands."""

    name: str = Field(min_length=1, max_length=200)
    text: str = ""
    document: str = ""


class Kpi(_Part):
    """A key performance indicator: how it is measured and what is aimed at."""

    key: str = Field(pattern="^[a-z][a-z0-9_]{0,63}$")
    name: str = Field(min_length=1, max_length=200)
    measure: str = Field(min_length=1)
    unit: str = ""
    target: str = ""
    frequency: str = ""


class Procedure(_Part):
    """A way of working in detail: usually one of the area's diagrams."""

    diagram: str = ""
    name: str = Field(min_length=1, max_length=200)
    document: str = ""


class ProcessDescription(_Part):
    """The documented definition of a process; FitSM GR2.2 lists what belongs into it. Activities: the diagrams."""

    name: str = Field(min_length=1, max_length=200)
    code: str = ""
    owner: str = ""
    goals: list[str] = Field(min_length=1)
    scope: str = ""
    inputs: list[Exchange] = Field(min_length=1)
    outputs: list[Exchange] = Field(min_length=1)
    roles: list[RoleDescription] = Field(min_length=1)
    interfaces: list[Interface] = []
    policies: list[Policy] = []
    procedures: list[Procedure] = []
    kpis: list[Kpi] = []
    review_months: int = Field(default=12, ge=1, le=60)


class _Loader(yaml.SafeLoader):
    """Plain YAML: no aliases (a few lines of them expand to gigabytes) and no key twice."""

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            event = self.peek_event()  # type: ignore[no-untyped-call]
            raise yaml.composer.ComposerError(None, None, "aliases are not allowed", event.start_mark)
        return super().compose_node(parent, index)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if key.value in seen:
                problem = f"'{key.value}' stands twice"
                raise yaml.constructor.ConstructorError(None, None, problem, key.start_mark)
            seen.add(key.value)
        return super().construct_mapping(node, deep)


def load_process(content: bytes, file: str = "") -> ProcessDescription:
    """Return a process description from YAML.

    Raises:
        Refused: too big, not YAML, a part missing, unknown or of the wrong type; all problems at once.
    """
    if len(content) > MAX_BYTES:
        message = f"The file has {len(content)} bytes; {MAX_BYTES} are allowed."
        raise Refused([Problem("process-size", message, "Move long texts to documents.", file)])
    try:
        data = yaml.load(content, Loader=_Loader)  # noqa: S506 (a SafeLoader)
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        message = f"This is not plain YAML: {getattr(error, 'problem', None) or type(error).__name__}."
        line = mark.line + 1 if mark else 0
        advice = "Correct the indentation and quoting; write each value out."
        raise Refused([Problem("process-yaml", message, advice, file, line=line)]) from None
    try:
        return ProcessDescription.model_validate(data)
    except ValidationError as error:
        raise Refused(
            [
                Problem(
                    "process-content",
                    f"{'.'.join(str(part) for part in fault['loc']) or 'the file'}: {fault['msg']}.",
                    "A process description has a name, goals, inputs, outputs and roles.",
                    file,
                )
                for fault in error.errors(include_url=False)
            ]
        ) from None

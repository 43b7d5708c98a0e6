"""What a method is: one Protocol for search and networks alike, so that the verbs, `train` and the bench see no
difference."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Generic, Protocol, TypeVar

from dawbridge.audio import Audio
from dawbridge.methods.findings import Findings
from dawbridge.progress import Progress
from dawbridge.render import Farm
from dawbridge.session import Rendered, Session

Task = TypeVar("Task", contravariant=True)
FindingsType = TypeVar("FindingsType", bound=Findings)


@dataclass(frozen=True)
class Found(Generic[FindingsType]):
    """What a method gives.

    session:   the mix, its tracks' audio named as in the folder of the task
    rendered:  that session as it sounds
    findings:  what was measured, and what there is to say
    reference: what the mix was to be like; None where there is no such thing
    baselines: name → audio to listen to beside it, such as "sum"
    curves:    name → values to draw, such as the null after each step
    """

    session: Session
    rendered: Rendered
    findings: FindingsType
    reference: Audio | None = None
    baselines: Mapping[str, Audio] = field(default_factory=dict)
    curves: Mapping[str, Sequence[float]] = field(default_factory=dict)


class Method(Protocol[Task, FindingsType]):
    """One way from a task to a session.

    name:     as the registry, `session.made_by.method` and `dawbridge train` have it
    findings: the model of its `metrics.json`
    """

    name: str
    findings: type[FindingsType]

    def run(self, task: Task, farm: Farm, progress: Progress) -> Found[FindingsType]:
        """The session that the method makes of the task; `farm` renders its strips.

        The same task gives the same session, whatever the number of workers. Raises InputError for a task that
        cannot be done, PluginError for a plugin that is missing or fails.
        """
        ...


class Trainable(Protocol):
    """A method with a network that `dawbridge train` trains."""

    def train(self, config: Path, out: Path, resume: bool, workers: int | None, progress: Progress) -> Path:
        """Train by the TOML file `config` into the folder `out`; the file of weights. Raises InputError."""
        ...

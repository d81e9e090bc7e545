# SPDX-License-Identifier: Apache-2.0
# Made from _core.pyi.in and the module's field lists by python/tools/make_stub.py.
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from types import TracebackType
from typing import Any, ClassVar, Literal, Protocol, SupportsFloat, Union

from typing_extensions import Buffer, Self, TypeAlias

__version__: str

# Float seconds (time.time()), int nanoseconds (time.time_ns()) or an aware datetime.
Time: TypeAlias = Union[float, int, datetime]
# Seconds, a timedelta or text such as "5m".
Seconds: TypeAlias = Union[float, timedelta, str]
# A number or a quantity of Kubernetes such as "1500m".
Quantity: TypeAlias = Union[float, SupportsFloat, str]

class _Policy(Protocol):
    def propose(self, input: PolicyInput, /) -> Proposal: ...

_PolicyLike: TypeAlias = Union[_Policy, Callable[..., _Policy]]
_Policies: TypeAlias = Union[PolicyRegistry, Mapping[str, _PolicyLike], None]

class Error(Exception):
    """What Tidegate raises; `code` says what to do next."""

    code: ClassVar[str]
    @property
    def message(self) -> str: ...

class InvalidArgumentError(Error, ValueError): ...
class NotFoundError(Error, LookupError): ...
class NoDataError(Error): ...
class UnavailableError(Error): ...
class DeadlineExceededError(Error): ...
class ConflictError(Error): ...
class PermissionDeniedError(Error): ...
class InternalError(Error): ...

class MetricTarget:
    """What a metric should be; one value is normally set."""

    def __init__(
        self,
        *,
        type: Literal['Utilization', 'Value', 'AverageValue'] = ...,
        value: Quantity | None = ...,
        average_value: Quantity | None = ...,
        average_utilization: int | None = ...,
    ) -> None: ...
    @property
    def type(self) -> Literal['Utilization', 'Value', 'AverageValue']:
        """Which of the values is meant."""
    @property
    def value(self) -> float | None:
        """The metric as a whole."""
    @property
    def average_value(self) -> float | None:
        """Per replica."""
    @property
    def average_utilization(self) -> int | None:
        """Percent of the replicas' requests."""
    def replace(
        self,
        *,
        type: Literal['Utilization', 'Value', 'AverageValue'] = ...,
        value: Quantity | None = ...,
        average_value: Quantity | None = ...,
        average_utilization: int | None = ...,
    ) -> Self: ...
    def to_dict(self) -> dict[str, Any]: ...
    @staticmethod
    def from_dict(fields: Mapping[str, Any]) -> MetricTarget: ...
    __match_args__: ClassVar[tuple[str, ...]]
    __hash__: ClassVar[None]  # type: ignore[assignment]

class ObjectReference:
    """Names an object by kind and name."""

    def __init__(
        self,
        *,
        api_version: str = ...,
        kind: str = ...,
        name: str = ...,
    ) -> None: ...
    @property
    def api_version(self) -> str:
        """Such as apps/v1."""
    @property
    def kind(self) -> str:
        """Such as Deployment."""
    @property
    def name(self) -> str:
        """The object's name."""
    def replace(
        self,
        *,
        api_version: str = ...,
        kind: str = ...,
        name: str = ...,
    ) -> Self: ...
    def to_dict(self) -> dict[str, Any]: ...
    @staticmethod
    def from_dict(fields: Mapping[str, Any]) -> ObjectReference: ...
    __match_args__: ClassVar[tuple[str, ...]]
    __hash__: ClassVar[None]  # type: ignore[assignment]

class LabelSelectorRequirement:
    """What one label has to be like."""

    def __init__(
        self,
        *,
        key: str = ...,
        op: str = ...,
        values: Sequence[str] = ...,
    ) -> None: ...
    @property
    def key(self) -> str:
        """The label's name."""
    @property
    def op(self) -> str:
        """In, NotIn, Exists or DoesNotExist."""
    @property
    def values(self) -> tuple[str, ...]:
        """For In and NotIn."""
    def replace(
        self,
        *,
        key: str = ...,
        op: str = ...,
        values: Sequence[str] = ...,
    ) -> Self: ...
    def to_dict(self) -> dict[str, Any]: ...
    @staticmethod
    def from_dict(fields: Mapping[str, Any]) -> LabelSelectorRequirement: ...
    __match_args__: ClassVar[tuple[str, ...]]
    __hash__: ClassVar[None]  # type: ignore[assignment]

class LabelSelector:
    """All of it has to match."""

    def __init__(
        self,
        *,
        match_labels: Mapping[str, str] = ...,
        match_expressions: Sequence[LabelSelectorRequirement | Mapping[str, Any]] = ...,
    ) -> None: ...
    @property
    def match_labels(self) -> Mapping[str, str]:
        """Labels and their values."""
    @property
    def match_expressions(self) -> tuple[LabelSelectorRequirement, ...]:
        """Further requirements."""
    def replace(
        self,
        *,
        match_labels: Mapping[str, str] = ...,
        match_expressions: Sequence[LabelSelectorRequirement | Mapping[str, Any]] = ...,
    ) -> Self: ...
    def to_dict(self) -> dict[str, Any]: ...
    @staticmethod
    def from_dict(fields: Mapping[str, Any]) -> LabelSelector: ...
    __match_args__: ClassVar[tuple[str, ...]]
    __hash__: ClassVar[None]  # type: ignore[assignment]

class MetricSpec:
    """One metric of a workload and its target value."""

    def __init__(
        self,
        *,
        type: Literal['Resource', 'ContainerResource', 'Pods', 'Object', 'External', 'Unknown'] = ...,
        name: str = ...,
        container: str = ...,
        selector: LabelSelector | Mapping[str, Any] | None = ...,
        described_object: ObjectReference | Mapping[str, Any] = ...,
        target: MetricTarget | Mapping[str, Any] = ...,
    ) -> None: ...
    @property
    def type(self) -> Literal['Resource', 'ContainerResource', 'Pods', 'Object', 'External', 'Unknown']:
        """What the metric is measured on."""
    @property
    def name(self) -> str:
        """The metric's name; for Resource kinds the resource."""
    @property
    def container(self) -> str:
        """ContainerResource only."""
    @property
    def selector(self) -> LabelSelector | None:
        """What its series must match; None: no filter."""
    @property
    def described_object(self) -> ObjectReference:
        """Object only."""
    @property
    def target(self) -> MetricTarget:
        """What the metric should be."""
    def replace(
        self,
        *,
        type: Literal['Resource', 'ContainerResource', 'Pods', 'Object', 'External', 'Unknown'] = ...,
        name: str = ...,
        container: str = ...,
        selector: LabelSelector | Mapping[str, Any] | None = ...,
        described_object: ObjectReference | Mapping[str, Any] = ...,
        target: MetricTarget | Mapping[str, Any] = ...,
    ) -> Self: ...
    def to_dict(self) -> dict[str, Any]: ...
    @staticmethod
    def from_dict(fields: Mapping[str, Any]) -> MetricSpec: ...
    __match_args__: ClassVar[tuple[str, ...]]
    __hash__: ClassVar[None]  # type: ignore[assignment]

class ScalingPolicy:
    """At most so many replicas, or percent, per period."""

    def __init__(
        self,
        *,
        type: Literal['Pods', 'Percent'] = ...,
        value: int = ...,
        period_seconds: Seconds = ...,
    ) -> None: ...
    @property
    def type(self) -> Literal['Pods', 'Percent']:
        """Replicas or percent of them."""
    @property
    def value(self) -> int:
        """How many."""
    @property
    def period_seconds(self) -> float:
        """The period, in which they count."""
    def replace(
        self,
        *,
        type: Literal['Pods', 'Percent'] = ...,
        value: int = ...,
        period_seconds: Seconds = ...,
    ) -> Self: ...
    def to_dict(self) -> dict[str, Any]: ...
    @staticmethod
    def from_dict(fields: Mapping[str, Any]) -> ScalingPolicy: ...
    __match_args__: ClassVar[tuple[str, ...]]
    __hash__: ClassVar[None]  # type: ignore[assignment]

class ScalingRules:
    """Window and rate limits of one direction."""

    def __init__(
        self,
        *,
        stabilization_window_seconds: Seconds | None = ...,
        select_policy: Literal['Max', 'Min', 'Disabled'] = ...,
        policies: Sequence[ScalingPolicy | Mapping[str, Any]] = ...,
        tolerance: float | None = ...,
    ) -> None: ...
    @property
    def stabilization_window_seconds(self) -> float | None:
        """None: 0 on the way up, 5 minutes on the way down."""
    @property
    def select_policy(self) -> Literal['Max', 'Min', 'Disabled']:
        """Which policy wins."""
    @property
    def policies(self) -> tuple[ScalingPolicy, ...]:
        """The rate limits."""
    @property
    def tolerance(self) -> float | None:
        """None: HpaOptions.tolerance."""
    def replace(
        self,
        *,
        stabilization_window_seconds: Seconds | None = ...,
        select_policy: Literal['Max', 'Min', 'Disabled'] = ...,
        policies: Sequence[ScalingPolicy | Mapping[str, Any]] = ...,
        tolerance: float | None = ...,
    ) -> Self: ...
    def to_dict(self) -> dict[str, Any]: ...
    @staticmethod
    def from_dict(fields: Mapping[str, Any]) -> ScalingRules: ...
    __match_args__: ClassVar[tuple[str, ...]]
    __hash__: ClassVar[None]  # type: ignore[assignment]

class Behavior:
    """Windows and rate limits; what is left out is as HPA's API defaults it."""

    def __init__(
        self,
        *,
        scale_up: ScalingRules | Mapping[str, Any] = ...,
        scale_down: ScalingRules | Mapping[str, Any] = ...,
    ) -> None: ...
    @property
    def scale_up(self) -> ScalingRules:
        """On the way up."""
    @property
    def scale_down(self) -> ScalingRules:
        """On the way down."""
    def replace(
        self,
        *,
        scale_up: ScalingRules | Mapping[str, Any] = ...,
        scale_down: ScalingRules | Mapping[str, Any] = ...,
    ) -> Self: ...
    def to_dict(self) -> dict[str, Any]: ...
    @staticmethod
    def from_dict(fields: Mapping[str, Any]) -> Behavior: ...
    __match_args__: ClassVar[tuple[str, ...]]
    __hash__: ClassVar[None]  # type: ignore[assignment]

class PolicySpec:
    """A policy by its registered name."""

    def __init__(
        self,
        *,
        name: str = ...,
        options: Mapping[str, str] = ...,
    ) -> None: ...
    @property
    def name(self) -> str:
        """The name in the registry."""
    @property
    def options(self) -> Mapping[str, str]:
        """Its options, as text."""
    def replace(
        self,
        *,
        name: str = ...,
        options: Mapping[str, str] = ...,
    ) -> Self: ...
    def to_dict(self) -> dict[str, Any]: ...
    @staticmethod
    def from_dict(fields: Mapping[str, Any]) -> PolicySpec: ...
    __match_args__: ClassVar[tuple[str, ...]]
    __hash__: ClassVar[None]  # type: ignore[assignment]

class HpaOptions:
    """What Kubernetes has as flags of kube-controller-manager, with its defaults."""

    def __init__(
        self,
        *,
        tolerance: float = ...,
        downscale_stabilization: Seconds = ...,
        cpu_initialization_period: Seconds = ...,
        initial_readiness_delay: Seconds = ...,
    ) -> None: ...
    @property
    def tolerance(self) -> float:
        """A ratio this near to 1 changes nothing."""
    @property
    def downscale_stabilization(self) -> float:
        """The window on the way down where behavior gives none."""
    @property
    def cpu_initialization_period(self) -> float:
        """For so long CPU values of a new replica count only if it is ready."""
    @property
    def initial_readiness_delay(self) -> float:
        """For so long a replica that was never ready counts as starting."""
    def replace(
        self,
        *,
        tolerance: float = ...,
        downscale_stabilization: Seconds = ...,
        cpu_initialization_period: Seconds = ...,
        initial_readiness_delay: Seconds = ...,
    ) -> Self: ...
    def to_dict(self) -> dict[str, Any]: ...
    @staticmethod
    def from_dict(fields: Mapping[str, Any]) -> HpaOptions: ...
    __match_args__: ClassVar[tuple[str, ...]]
    __hash__: ClassVar[None]  # type: ignore[assignment]

class Fallback:
    """What stands in for the reading of a metric that has none."""

    def __init__(
        self,
        *,
        metric: str = ...,
        last_known: Seconds = ...,
        after: Seconds = ...,
        behavior: Literal['Hold', 'Static', 'CurrentReplicas', 'CurrentReplicasIfHigher', 'CurrentReplicasIfLower'] = ...,
        replicas: int = ...,
    ) -> None: ...
    @property
    def metric(self) -> str:
        """Empty: every metric that has no own fallback."""
    @property
    def last_known(self) -> float:
        """How long the last reading stands in."""
    @property
    def after(self) -> float:
        """How long it is missing before the behavior counts."""
    @property
    def behavior(self) -> Literal['Hold', 'Static', 'CurrentReplicas', 'CurrentReplicasIfHigher', 'CurrentReplicasIfLower']:
        """What the metric asks for then."""
    @property
    def replicas(self) -> int:
        """See behavior."""
    def replace(
        self,
        *,
        metric: str = ...,
        last_known: Seconds = ...,
        after: Seconds = ...,
        behavior: Literal['Hold', 'Static', 'CurrentReplicas', 'CurrentReplicasIfHigher', 'CurrentReplicasIfLower'] = ...,
        replicas: int = ...,
    ) -> Self: ...
    def to_dict(self) -> dict[str, Any]: ...
    @staticmethod
    def from_dict(fields: Mapping[str, Any]) -> Fallback: ...
    __match_args__: ClassVar[tuple[str, ...]]
    __hash__: ClassVar[None]  # type: ignore[assignment]

class MissingReplicas:
    """When replicas without a value of a metric are left out."""

    def __init__(
        self,
        *,
        ignore_after: Seconds = ...,
        at_most_percent: int = ...,
    ) -> None: ...
    @property
    def ignore_after(self) -> float:
        """How long it has to be without one."""
    @property
    def at_most_percent(self) -> int:
        """Only while no more have none."""
    def replace(
        self,
        *,
        ignore_after: Seconds = ...,
        at_most_percent: int = ...,
    ) -> Self: ...
    def to_dict(self) -> dict[str, Any]: ...
    @staticmethod
    def from_dict(fields: Mapping[str, Any]) -> MissingReplicas: ...
    __match_args__: ClassVar[tuple[str, ...]]
    __hash__: ClassVar[None]  # type: ignore[assignment]

class SliceSize:
    """A size of slice that a moldable workload may run on."""

    def __init__(
        self,
        *,
        profile: str = ...,
        capacity: Quantity = ...,
    ) -> None: ...
    @property
    def profile(self) -> str:
        """Such as 1g.5gb."""
    @property
    def capacity(self) -> float:
        """Replicas that one is worth."""
    def replace(
        self,
        *,
        profile: str = ...,
        capacity: Quantity = ...,
    ) -> Self: ...
    def to_dict(self) -> dict[str, Any]: ...
    @staticmethod
    def from_dict(fields: Mapping[str, Any]) -> SliceSize: ...
    __match_args__: ClassVar[tuple[str, ...]]
    __hash__: ClassVar[None]  # type: ignore[assignment]

class SliceSpec:
    """The slice of a GPU that each replica runs on."""

    def __init__(
        self,
        *,
        profile: str = ...,
        memory: Quantity = ...,
        sm_count: int = ...,
        priority: int = ...,
        sizes: Sequence[SliceSize | Mapping[str, Any]] = ...,
    ) -> None: ...
    @property
    def profile(self) -> str:
        """Such as 1g.5gb; empty: any that will do."""
    @property
    def memory(self) -> float:
        """At least so many bytes."""
    @property
    def sm_count(self) -> int:
        """At least so many streaming multiprocessors."""
    @property
    def priority(self) -> int:
        """Higher ones are served first."""
    @property
    def sizes(self) -> tuple[SliceSize, ...]:
        """Any of these will do: replicas are units of capacity."""
    def replace(
        self,
        *,
        profile: str = ...,
        memory: Quantity = ...,
        sm_count: int = ...,
        priority: int = ...,
        sizes: Sequence[SliceSize | Mapping[str, Any]] = ...,
    ) -> Self: ...
    def to_dict(self) -> dict[str, Any]: ...
    @staticmethod
    def from_dict(fields: Mapping[str, Any]) -> SliceSpec: ...
    __match_args__: ClassVar[tuple[str, ...]]
    __hash__: ClassVar[None]  # type: ignore[assignment]

class ScalingSpec:
    """Everything that a decision depends on besides what is observed."""

    def __init__(
        self,
        *,
        workload: str = ...,
        scale_target_ref: ObjectReference | Mapping[str, Any] = ...,
        min_replicas: int = ...,
        max_replicas: int = ...,
        metrics: Sequence[MetricSpec | Mapping[str, Any]] = ...,
        behavior: Behavior | Mapping[str, Any] | None = ...,
        policies: Sequence[PolicySpec | Mapping[str, Any]] = ...,
        missing_data: Literal['Hold', 'Fill'] = ...,
        missing_replicas: MissingReplicas | Mapping[str, Any] | None = ...,
        fallbacks: Sequence[Fallback | Mapping[str, Any]] = ...,
        compatibility: Literal['1.33', '1.34', '1.35', '1.36', '1.37', '1.38'] = ...,
        feature_gates: Mapping[str, bool] = ...,
        hpa: HpaOptions | Mapping[str, Any] = ...,
        slice: SliceSpec | Mapping[str, Any] | None = ...,
    ) -> None: ...
    @property
    def workload(self) -> str:
        """Its name, or namespace/name."""
    @property
    def scale_target_ref(self) -> ObjectReference:
        """The object that is scaled."""
    @property
    def min_replicas(self) -> int:
        """Never fewer."""
    @property
    def max_replicas(self) -> int:
        """Never more."""
    @property
    def metrics(self) -> tuple[MetricSpec, ...]:
        """The metrics; the largest proposal wins."""
    @property
    def behavior(self) -> Behavior | None:
        """None: HPA's legacy limits (doubling, at least 4)."""
    @property
    def policies(self) -> tuple[PolicySpec, ...]:
        """Empty: target_tracking alone."""
    @property
    def missing_data(self) -> Literal['Hold', 'Fill']:
        """What happens when readings are in doubt."""
    @property
    def missing_replicas(self) -> MissingReplicas | None:
        """When some are left out; None: never."""
    @property
    def fallbacks(self) -> tuple[Fallback, ...]:
        """Of metrics that have no reading; none: hold."""
    @property
    def compatibility(self) -> Literal['1.33', '1.34', '1.35', '1.36', '1.37', '1.38']:
        """Release of Kubernetes to behave like."""
    @property
    def feature_gates(self) -> Mapping[str, bool]:
        """That are not at their defaults."""
    @property
    def hpa(self) -> HpaOptions:
        """Settings that Kubernetes has as flags."""
    @property
    def slice(self) -> SliceSpec | None:
        """None: replicas need no slice of a GPU."""
    def replace(
        self,
        *,
        workload: str = ...,
        scale_target_ref: ObjectReference | Mapping[str, Any] = ...,
        min_replicas: int = ...,
        max_replicas: int = ...,
        metrics: Sequence[MetricSpec | Mapping[str, Any]] = ...,
        behavior: Behavior | Mapping[str, Any] | None = ...,
        policies: Sequence[PolicySpec | Mapping[str, Any]] = ...,
        missing_data: Literal['Hold', 'Fill'] = ...,
        missing_replicas: MissingReplicas | Mapping[str, Any] | None = ...,
        fallbacks: Sequence[Fallback | Mapping[str, Any]] = ...,
        compatibility: Literal['1.33', '1.34', '1.35', '1.36', '1.37', '1.38'] = ...,
        feature_gates: Mapping[str, bool] = ...,
        hpa: HpaOptions | Mapping[str, Any] = ...,
        slice: SliceSpec | Mapping[str, Any] | None = ...,
    ) -> Self: ...
    def to_dict(self) -> dict[str, Any]: ...
    @staticmethod
    def from_dict(fields: Mapping[str, Any]) -> ScalingSpec: ...
    __match_args__: ClassVar[tuple[str, ...]]
    __hash__: ClassVar[None]  # type: ignore[assignment]

class Container:
    """One container of a replica and what it requests."""

    def __init__(
        self,
        *,
        name: str = ...,
        requests: Mapping[str, Quantity] = ...,
        restartable_init: bool = ...,
    ) -> None: ...
    @property
    def name(self) -> str:
        """The container's name."""
    @property
    def requests(self) -> Mapping[str, float]:
        """By resource, such as cpu."""
    @property
    def restartable_init(self) -> bool:
        """It is a sidecar."""
    def replace(
        self,
        *,
        name: str = ...,
        requests: Mapping[str, Quantity] = ...,
        restartable_init: bool = ...,
    ) -> Self: ...
    def to_dict(self) -> dict[str, Any]: ...
    @staticmethod
    def from_dict(fields: Mapping[str, Any]) -> Container: ...
    __match_args__: ClassVar[tuple[str, ...]]
    __hash__: ClassVar[None]  # type: ignore[assignment]

class ProcessId:
    """A process on this machine, for good."""

    def __init__(
        self,
        *,
        pid: int = ...,
        start_ticks: int = ...,
    ) -> None: ...
    @property
    def pid(self) -> int:
        """Its number."""
    @property
    def start_ticks(self) -> int:
        """When it started, since boot."""
    def replace(
        self,
        *,
        pid: int = ...,
        start_ticks: int = ...,
    ) -> Self: ...
    def to_dict(self) -> dict[str, Any]: ...
    @staticmethod
    def from_dict(fields: Mapping[str, Any]) -> ProcessId: ...
    __match_args__: ClassVar[tuple[str, ...]]
    __hash__: ClassVar[None]  # type: ignore[assignment]

class SelectorProblem:
    """Why a workload's replicas cannot be told from others."""

    def __init__(
        self,
        *,
        fault: Literal['missing', 'invalid', 'ambiguous'] = ...,
        message: str = ...,
    ) -> None: ...
    @property
    def fault(self) -> Literal['missing', 'invalid', 'ambiguous']:
        """What is wrong with its selector."""
    @property
    def message(self) -> str:
        """In HPA's words."""
    def replace(
        self,
        *,
        fault: Literal['missing', 'invalid', 'ambiguous'] = ...,
        message: str = ...,
    ) -> Self: ...
    def to_dict(self) -> dict[str, Any]: ...
    @staticmethod
    def from_dict(fields: Mapping[str, Any]) -> SelectorProblem: ...
    __match_args__: ClassVar[tuple[str, ...]]
    __hash__: ClassVar[None]  # type: ignore[assignment]

class ReplicaSlice:
    """A slice of a GPU that is taken for a replica."""

    def __init__(
        self,
        *,
        id: str = ...,
        device: str = ...,
        profile: str = ...,
        start: int = ...,
        replica: str = ...,
        replaces: str = ...,
    ) -> None: ...
    @property
    def id(self) -> str:
        """What CUDA_VISIBLE_DEVICES takes."""
    @property
    def device(self) -> str:
        """The GPU's id."""
    @property
    def profile(self) -> str:
        """Such as 1g.5gb."""
    @property
    def start(self) -> int:
        """The first of its memory slices."""
    @property
    def replica(self) -> str:
        """Who runs there; empty: nobody yet."""
    @property
    def replaces(self) -> str:
        """The slice that it takes the place of; a move."""
    def replace(
        self,
        *,
        id: str = ...,
        device: str = ...,
        profile: str = ...,
        start: int = ...,
        replica: str = ...,
        replaces: str = ...,
    ) -> Self: ...
    def to_dict(self) -> dict[str, Any]: ...
    @staticmethod
    def from_dict(fields: Mapping[str, Any]) -> ReplicaSlice: ...
    __match_args__: ClassVar[tuple[str, ...]]
    __hash__: ClassVar[None]  # type: ignore[assignment]

class Replica:
    """One running instance of a workload."""

    def __init__(
        self,
        *,
        name: str = ...,
        phase: Literal['Pending', 'Running', 'Succeeded', 'Failed', 'Unknown'] = ...,
        ready: bool | Literal['Unknown'] | None = ...,
        ready_transition: Time = ...,
        start_time: Time | None = ...,
        terminating: bool = ...,
        containers: Sequence[Container | Mapping[str, Any]] = ...,
        pod_requests: Mapping[str, Quantity] | None = ...,
        host: str = ...,
        ports: Mapping[str, int] = ...,
        restarts: int = ...,
        restart_reason: str = ...,
        message: str = ...,
        process: ProcessId | Mapping[str, Any] | None = ...,
    ) -> None: ...
    @property
    def name(self) -> str:
        """Unique in its workload."""
    @property
    def phase(self) -> Literal['Pending', 'Running', 'Succeeded', 'Failed', 'Unknown']:
        """How far its life has come."""
    @property
    def ready(self) -> bool | Literal['Unknown'] | None:
        """None: there is no Ready condition yet."""
    @property
    def ready_transition(self) -> int:
        """When ready last changed."""
    @property
    def start_time(self) -> int | None:
        """When it started; None: not known."""
    @property
    def terminating(self) -> bool:
        """Asked to go."""
    @property
    def containers(self) -> tuple[Container, ...]:
        """With what they request."""
    @property
    def pod_requests(self) -> Mapping[str, float] | None:
        """Of the pod as a whole."""
    @property
    def host(self) -> str:
        """Where it serves; empty: not known."""
    @property
    def ports(self) -> Mapping[str, int]:
        """By name: http, metrics, …"""
    @property
    def restarts(self) -> int:
        """How often it has been started again."""
    @property
    def restart_reason(self) -> str:
        """What ended the run before."""
    @property
    def message(self) -> str:
        """Why it is not ready."""
    @property
    def process(self) -> ProcessId | None:
        """On this machine; None: not known."""
    @property
    def serving(self) -> bool: ...
    def replace(
        self,
        *,
        name: str = ...,
        phase: Literal['Pending', 'Running', 'Succeeded', 'Failed', 'Unknown'] = ...,
        ready: bool | Literal['Unknown'] | None = ...,
        ready_transition: Time = ...,
        start_time: Time | None = ...,
        terminating: bool = ...,
        containers: Sequence[Container | Mapping[str, Any]] = ...,
        pod_requests: Mapping[str, Quantity] | None = ...,
        host: str = ...,
        ports: Mapping[str, int] = ...,
        restarts: int = ...,
        restart_reason: str = ...,
        message: str = ...,
        process: ProcessId | Mapping[str, Any] | None = ...,
    ) -> Self: ...
    def to_dict(self) -> dict[str, Any]: ...
    @staticmethod
    def from_dict(fields: Mapping[str, Any]) -> Replica: ...
    __match_args__: ClassVar[tuple[str, ...]]
    __hash__: ClassVar[None]  # type: ignore[assignment]

class Observation:
    """What a backend saw of one workload."""

    def __init__(
        self,
        *,
        spec_replicas: int = ...,
        status_replicas: int = ...,
        replicas: Sequence[Replica | Mapping[str, Any]] = ...,
        selector_problem: SelectorProblem | Mapping[str, Any] | None = ...,
        slices: Sequence[ReplicaSlice | Mapping[str, Any]] = ...,
    ) -> None: ...
    @property
    def spec_replicas(self) -> int:
        """How many are wanted."""
    @property
    def status_replicas(self) -> int:
        """How many there are."""
    @property
    def replicas(self) -> tuple[Replica, ...]:
        """Each of them."""
    @property
    def selector_problem(self) -> SelectorProblem | None:
        """Set: no metric is looked at."""
    @property
    def slices(self) -> tuple[ReplicaSlice, ...]:
        """What is taken for its replicas."""
    @staticmethod
    def all_ready(
        count: int, since: Time = 0.0, prefix: str = "replica-"
    ) -> Observation: ...
    def replace(
        self,
        *,
        spec_replicas: int = ...,
        status_replicas: int = ...,
        replicas: Sequence[Replica | Mapping[str, Any]] = ...,
        selector_problem: SelectorProblem | Mapping[str, Any] | None = ...,
        slices: Sequence[ReplicaSlice | Mapping[str, Any]] = ...,
    ) -> Self: ...
    def to_dict(self) -> dict[str, Any]: ...
    @staticmethod
    def from_dict(fields: Mapping[str, Any]) -> Observation: ...
    __match_args__: ClassVar[tuple[str, ...]]
    __hash__: ClassVar[None]  # type: ignore[assignment]

class Doubt:
    """Why a value, or its absence, is not to be trusted."""

    def __init__(
        self,
        *,
        kind: Literal['missing', 'stale', 'reset', 'partial', 'invalid'] = ...,
        replica: str = ...,
        detail: str = ...,
    ) -> None: ...
    @property
    def kind(self) -> Literal['missing', 'stale', 'reset', 'partial', 'invalid']:
        """What is wrong with it."""
    @property
    def replica(self) -> str:
        """Empty: the reading as a whole."""
    @property
    def detail(self) -> str:
        """In words."""
    def replace(
        self,
        *,
        kind: Literal['missing', 'stale', 'reset', 'partial', 'invalid'] = ...,
        replica: str = ...,
        detail: str = ...,
    ) -> Self: ...
    def to_dict(self) -> dict[str, Any]: ...
    @staticmethod
    def from_dict(fields: Mapping[str, Any]) -> Doubt: ...
    __match_args__: ClassVar[tuple[str, ...]]
    __hash__: ClassVar[None]  # type: ignore[assignment]

class ReplicaReading:
    """A metric's value on one replica."""

    def __init__(
        self,
        *,
        replica: str = ...,
        value: Quantity = ...,
        timestamp: Time = ...,
        window: Seconds = ...,
    ) -> None: ...
    @property
    def replica(self) -> str:
        """The replica's name."""
    @property
    def value(self) -> float:
        """The value."""
    @property
    def timestamp(self) -> int:
        """Of the newest sample it was made from."""
    @property
    def window(self) -> float:
        """The range that it covers; 0: an instant."""
    def replace(
        self,
        *,
        replica: str = ...,
        value: Quantity = ...,
        timestamp: Time = ...,
        window: Seconds = ...,
    ) -> Self: ...
    def to_dict(self) -> dict[str, Any]: ...
    @staticmethod
    def from_dict(fields: Mapping[str, Any]) -> ReplicaReading: ...
    __match_args__: ClassVar[tuple[str, ...]]
    __hash__: ClassVar[None]  # type: ignore[assignment]

class Reading:
    """What a metric spec evaluated to at a tick."""

    def __init__(
        self,
        *,
        replicas: Sequence[ReplicaReading | Mapping[str, Any]] = ...,
        values: Sequence[Quantity] = ...,
        doubts: Sequence[Doubt | Mapping[str, Any]] = ...,
        error: Error | Mapping[str, str] | None = ...,
        age: Seconds = ...,
        fallback: int | None = ...,
        ignored: Sequence[str] = ...,
    ) -> None: ...
    @property
    def replicas(self) -> tuple[ReplicaReading, ...]:
        """Resource, ContainerResource and Pods metrics."""
    @property
    def values(self) -> tuple[float, ...]:
        """Object (one) and External (any number) metrics."""
    @property
    def doubts(self) -> tuple[Doubt, ...]:
        """What is doubtful about it."""
    @property
    def error(self) -> Error | None:
        """Set: there is no reading, and this is why."""
    @property
    def age(self) -> float:
        """Of the oldest sample that was relied on."""
    @property
    def fallback(self) -> int | None:
        """Set: there is none, and so many are asked for."""
    @property
    def ignored(self) -> tuple[str, ...]:
        """Replicas that missing_replicas leaves out."""
    def replace(
        self,
        *,
        replicas: Sequence[ReplicaReading | Mapping[str, Any]] = ...,
        values: Sequence[Quantity] = ...,
        doubts: Sequence[Doubt | Mapping[str, Any]] = ...,
        error: Error | Mapping[str, str] | None = ...,
        age: Seconds = ...,
        fallback: int | None = ...,
        ignored: Sequence[str] = ...,
    ) -> Self: ...
    def to_dict(self) -> dict[str, Any]: ...
    @staticmethod
    def from_dict(fields: Mapping[str, Any]) -> Reading: ...
    __match_args__: ClassVar[tuple[str, ...]]
    __hash__: ClassVar[None]  # type: ignore[assignment]

class Step:
    """A stage that changed or held the number, and why."""

    def __init__(
        self,
        *,
        stage: Literal['metrics', 'policy', 'combine', 'hold', 'stabilize', 'rateLimit', 'bounds', 'place'] = ...,
        replicas: int = ...,
        reason: str = ...,
        cause: Literal['unobserved', 'disabledAtZero', 'aboveMaxReplicas', 'belowMinReplicas', 'proposal', 'largest', 'failed', 'doubt', 'scaleDownWindow', 'scaleUpWindow', 'scaleUpPolicies', 'scaleDownPolicies', 'defaultScaleUp', 'maxReplicas', 'minReplicas', 'minReplicasAtZero', 'noRoom', 'overBudget', 'move', 'fallback', 'missingReplicas'] = ...,
        wanted: int = ...,
        window: Seconds = ...,
        until: Time | None = ...,
    ) -> None: ...
    @property
    def stage(self) -> Literal['metrics', 'policy', 'combine', 'hold', 'stabilize', 'rateLimit', 'bounds', 'place']:
        """Which stage."""
    @property
    def replicas(self) -> int:
        """After the stage."""
    @property
    def reason(self) -> str:
        """In words."""
    @property
    def cause(self) -> Literal['unobserved', 'disabledAtZero', 'aboveMaxReplicas', 'belowMinReplicas', 'proposal', 'largest', 'failed', 'doubt', 'scaleDownWindow', 'scaleUpWindow', 'scaleUpPolicies', 'scaleDownPolicies', 'defaultScaleUp', 'maxReplicas', 'minReplicas', 'minReplicasAtZero', 'noRoom', 'overBudget', 'move', 'fallback', 'missingReplicas']:
        """What made it do so."""
    @property
    def wanted(self) -> int:
        """Before the stage."""
    @property
    def window(self) -> float:
        """Of a stabilization window."""
    @property
    def until(self) -> int | None:
        """When what bit lets go, if nothing else happens."""
    def replace(
        self,
        *,
        stage: Literal['metrics', 'policy', 'combine', 'hold', 'stabilize', 'rateLimit', 'bounds', 'place'] = ...,
        replicas: int = ...,
        reason: str = ...,
        cause: Literal['unobserved', 'disabledAtZero', 'aboveMaxReplicas', 'belowMinReplicas', 'proposal', 'largest', 'failed', 'doubt', 'scaleDownWindow', 'scaleUpWindow', 'scaleUpPolicies', 'scaleDownPolicies', 'defaultScaleUp', 'maxReplicas', 'minReplicas', 'minReplicasAtZero', 'noRoom', 'overBudget', 'move', 'fallback', 'missingReplicas'] = ...,
        wanted: int = ...,
        window: Seconds = ...,
        until: Time | None = ...,
    ) -> Self: ...
    def to_dict(self) -> dict[str, Any]: ...
    @staticmethod
    def from_dict(fields: Mapping[str, Any]) -> Step: ...
    __match_args__: ClassVar[tuple[str, ...]]
    __hash__: ClassVar[None]  # type: ignore[assignment]

class MetricTrace:
    """How one metric was computed."""

    def __init__(
        self,
        *,
        metric: str = ...,
        spec_metric: int | None = ...,
        proposal: int = ...,
        usage: Quantity = ...,
        target: Quantity = ...,
        utilization: int | None = ...,
        ratio: float = ...,
        filled_ratio: float | None = ...,
        groups: Sequence[Literal['ready', 'unready', 'missing', 'ignored']] = ...,
        error: Error | Mapping[str, str] | None = ...,
        fallback: bool = ...,
    ) -> None: ...
    @property
    def metric(self) -> str:
        """HPA's name for it."""
    @property
    def spec_metric(self) -> int | None:
        """Which of spec.metrics it is; None: none."""
    @property
    def proposal(self) -> int:
        """Replicas that it asks for."""
    @property
    def usage(self) -> float:
        """Current value: per replica, or as a whole."""
    @property
    def target(self) -> float:
        """Target value in the same unit."""
    @property
    def utilization(self) -> int | None:
        """Percent of requests."""
    @property
    def ratio(self) -> float:
        """usage / target."""
    @property
    def filled_ratio(self) -> float | None:
        """After unready and missing were filled in."""
    @property
    def groups(self) -> tuple[Literal['ready', 'unready', 'missing', 'ignored'], ...]:
        """What each replica's value is worth, in their order."""
    @property
    def error(self) -> Error | None:
        """Why there is no proposal."""
    @property
    def fallback(self) -> bool:
        """The proposal is that of the metric's fallback."""
    def replace(
        self,
        *,
        metric: str = ...,
        spec_metric: int | None = ...,
        proposal: int = ...,
        usage: Quantity = ...,
        target: Quantity = ...,
        utilization: int | None = ...,
        ratio: float = ...,
        filled_ratio: float | None = ...,
        groups: Sequence[Literal['ready', 'unready', 'missing', 'ignored']] = ...,
        error: Error | Mapping[str, str] | None = ...,
        fallback: bool = ...,
    ) -> Self: ...
    def to_dict(self) -> dict[str, Any]: ...
    @staticmethod
    def from_dict(fields: Mapping[str, Any]) -> MetricTrace: ...
    __match_args__: ClassVar[tuple[str, ...]]
    __hash__: ClassVar[None]  # type: ignore[assignment]

class Proposal:
    """How many replicas a policy believes in, and why."""

    def __init__(
        self,
        *,
        replicas: int | None = ...,
        reason: str = ...,
        traces: Sequence[MetricTrace | Mapping[str, Any]] = ...,
        decided_by: int | None = ...,
        error: Error | Mapping[str, str] | None = ...,
    ) -> None: ...
    @property
    def replicas(self) -> int | None:
        """How many; None: error says why there is no answer."""
    @property
    def reason(self) -> str:
        """Why, with the numbers that led to it."""
    @property
    def traces(self) -> tuple[MetricTrace, ...]:
        """One for each metric looked at."""
    @property
    def decided_by(self) -> int | None:
        """Which of traces decided; None: none of them."""
    @property
    def error(self) -> Error | None:
        """Some metrics failed: it may raise, never lower."""
    def replace(
        self,
        *,
        replicas: int | None = ...,
        reason: str = ...,
        traces: Sequence[MetricTrace | Mapping[str, Any]] = ...,
        decided_by: int | None = ...,
        error: Error | Mapping[str, str] | None = ...,
    ) -> Self: ...
    def to_dict(self) -> dict[str, Any]: ...
    @staticmethod
    def from_dict(fields: Mapping[str, Any]) -> Proposal: ...
    __match_args__: ClassVar[tuple[str, ...]]
    __hash__: ClassVar[None]  # type: ignore[assignment]

class Recommendation:
    """What the stabilization windows remember."""

    def __init__(
        self,
        *,
        replicas: int = ...,
        time: Time = ...,
    ) -> None: ...
    @property
    def replicas(self) -> int:
        """How many."""
    @property
    def time(self) -> int:
        """When."""
    def replace(
        self,
        *,
        replicas: int = ...,
        time: Time = ...,
    ) -> Self: ...
    def to_dict(self) -> dict[str, Any]: ...
    @staticmethod
    def from_dict(fields: Mapping[str, Any]) -> Recommendation: ...
    __match_args__: ClassVar[tuple[str, ...]]
    __hash__: ClassVar[None]  # type: ignore[assignment]

class ScaleEvent:
    """A change of scale that the rate limits remember."""

    def __init__(
        self,
        *,
        change: int = ...,
        time: Time = ...,
        outdated: bool = ...,
    ) -> None: ...
    @property
    def change(self) -> int:
        """Absolute number of replicas."""
    @property
    def time(self) -> int:
        """When."""
    @property
    def outdated(self) -> bool:
        """The slot may be reused."""
    def replace(
        self,
        *,
        change: int = ...,
        time: Time = ...,
        outdated: bool = ...,
    ) -> Self: ...
    def to_dict(self) -> dict[str, Any]: ...
    @staticmethod
    def from_dict(fields: Mapping[str, Any]) -> ScaleEvent: ...
    __match_args__: ClassVar[tuple[str, ...]]
    __hash__: ClassVar[None]  # type: ignore[assignment]

class MissingReplica:
    """A replica without a value of a metric."""

    def __init__(
        self,
        *,
        replica: str = ...,
        since: Time = ...,
    ) -> None: ...
    @property
    def replica(self) -> str:
        """Its name."""
    @property
    def since(self) -> int:
        """The first tick in a row without one."""
    def replace(
        self,
        *,
        replica: str = ...,
        since: Time = ...,
    ) -> Self: ...
    def to_dict(self) -> dict[str, Any]: ...
    @staticmethod
    def from_dict(fields: Mapping[str, Any]) -> MissingReplica: ...
    __match_args__: ClassVar[tuple[str, ...]]
    __hash__: ClassVar[None]  # type: ignore[assignment]

class MetricMemory:
    """What is remembered of a metric."""

    def __init__(
        self,
        *,
        metric: str = ...,
        lost_since: Time | None = ...,
        read_at: Time | None = ...,
        replicas: Sequence[ReplicaReading | Mapping[str, Any]] = ...,
        values: Sequence[Quantity] = ...,
        missing: Sequence[MissingReplica | Mapping[str, Any]] = ...,
    ) -> None: ...
    @property
    def metric(self) -> str:
        """Its place and its name."""
    @property
    def lost_since(self) -> int | None:
        """The first tick without a reading."""
    @property
    def read_at(self) -> int | None:
        """The last tick with one …"""
    @property
    def replicas(self) -> tuple[ReplicaReading, ...]:
        """… and that one, if it may stand in."""
    @property
    def values(self) -> tuple[float, ...]:
        """Likewise, of Object and External metrics."""
    @property
    def missing(self) -> tuple[MissingReplica, ...]:
        """Replicas without a value, with missing_replicas."""
    def replace(
        self,
        *,
        metric: str = ...,
        lost_since: Time | None = ...,
        read_at: Time | None = ...,
        replicas: Sequence[ReplicaReading | Mapping[str, Any]] = ...,
        values: Sequence[Quantity] = ...,
        missing: Sequence[MissingReplica | Mapping[str, Any]] = ...,
    ) -> Self: ...
    def to_dict(self) -> dict[str, Any]: ...
    @staticmethod
    def from_dict(fields: Mapping[str, Any]) -> MetricMemory: ...
    __match_args__: ClassVar[tuple[str, ...]]
    __hash__: ClassVar[None]  # type: ignore[assignment]

class SliceRequests:
    """What a workload on slices has asked for."""

    def __init__(
        self,
        *,
        wanted: int = ...,
        asked: Mapping[str, float] = ...,
    ) -> None: ...
    @property
    def wanted(self) -> int:
        """Replicas, when it was asked last."""
    @property
    def asked(self) -> Mapping[str, float]:
        """Slices by profile; old ones fade."""
    def replace(
        self,
        *,
        wanted: int = ...,
        asked: Mapping[str, float] = ...,
    ) -> Self: ...
    def to_dict(self) -> dict[str, Any]: ...
    @staticmethod
    def from_dict(fields: Mapping[str, Any]) -> SliceRequests: ...
    __match_args__: ClassVar[tuple[str, ...]]
    __hash__: ClassVar[None]  # type: ignore[assignment]

class History:
    """What a workload remembers between ticks."""

    def __init__(
        self,
        *,
        recommendations: Sequence[Recommendation | Mapping[str, Any]] | None = ...,
        scale_up_events: Sequence[ScaleEvent | Mapping[str, Any]] = ...,
        scale_down_events: Sequence[ScaleEvent | Mapping[str, Any]] = ...,
        last_scale_time: Time | None = ...,
        scaled_to_zero: bool = ...,
        metrics: Sequence[MetricMemory | Mapping[str, Any]] = ...,
        slices: SliceRequests | Mapping[str, Any] | None = ...,
    ) -> None: ...
    @property
    def recommendations(self) -> tuple[Recommendation, ...] | None:
        """None: nothing was ever recommended."""
    @property
    def scale_up_events(self) -> tuple[ScaleEvent, ...]:
        """For the rate limits."""
    @property
    def scale_down_events(self) -> tuple[ScaleEvent, ...]:
        """For the rate limits."""
    @property
    def last_scale_time(self) -> int | None:
        """None: never scaled."""
    @property
    def scaled_to_zero(self) -> bool:
        """It was us who scaled to zero."""
    @property
    def metrics(self) -> tuple[MetricMemory, ...]:
        """Those of which something is remembered."""
    @property
    def slices(self) -> SliceRequests | None:
        """None: it never asked for slices."""
    def replace(
        self,
        *,
        recommendations: Sequence[Recommendation | Mapping[str, Any]] | None = ...,
        scale_up_events: Sequence[ScaleEvent | Mapping[str, Any]] = ...,
        scale_down_events: Sequence[ScaleEvent | Mapping[str, Any]] = ...,
        last_scale_time: Time | None = ...,
        scaled_to_zero: bool = ...,
        metrics: Sequence[MetricMemory | Mapping[str, Any]] = ...,
        slices: SliceRequests | Mapping[str, Any] | None = ...,
    ) -> Self: ...
    def to_dict(self) -> dict[str, Any]: ...
    @staticmethod
    def from_dict(fields: Mapping[str, Any]) -> History: ...
    __match_args__: ClassVar[tuple[str, ...]]
    __hash__: ClassVar[None]  # type: ignore[assignment]

class Decision:
    """What came out for one workload; the steps say why."""

    def __init__(
        self,
        *,
        workload: str = ...,
        current: int = ...,
        desired: int = ...,
        proposed: int | None = ...,
        reason: str = ...,
        steps: Sequence[Step | Mapping[str, Any]] = ...,
        metrics: Sequence[MetricTrace | Mapping[str, Any]] = ...,
        decided_by: int | None = ...,
        error: Error | Mapping[str, str] | None = ...,
    ) -> None: ...
    @property
    def workload(self) -> str:
        """Its name."""
    @property
    def current(self) -> int:
        """Replicas that were wanted before."""
    @property
    def desired(self) -> int:
        """Replicas that are wanted now."""
    @property
    def proposed(self) -> int | None:
        """The raw proposal; None: there was none."""
    @property
    def reason(self) -> str:
        """HPA's rescale reason; empty if nothing changes."""
    @property
    def steps(self) -> tuple[Step, ...]:
        """Each stage that changed or held the number."""
    @property
    def metrics(self) -> tuple[MetricTrace, ...]:
        """How each metric was computed."""
    @property
    def decided_by(self) -> int | None:
        """Which of metrics decided; None: none of them."""
    @property
    def error(self) -> Error | None:
        """Why it holds, or which metrics failed."""
    def replace(
        self,
        *,
        workload: str = ...,
        current: int = ...,
        desired: int = ...,
        proposed: int | None = ...,
        reason: str = ...,
        steps: Sequence[Step | Mapping[str, Any]] = ...,
        metrics: Sequence[MetricTrace | Mapping[str, Any]] = ...,
        decided_by: int | None = ...,
        error: Error | Mapping[str, str] | None = ...,
    ) -> Self: ...
    def to_dict(self) -> dict[str, Any]: ...
    @staticmethod
    def from_dict(fields: Mapping[str, Any]) -> Decision: ...
    __match_args__: ClassVar[tuple[str, ...]]
    __hash__: ClassVar[None]  # type: ignore[assignment]

class ScaleCommand:
    """An absolute count, and who has to go."""

    def __init__(
        self,
        *,
        workload: str = ...,
        replicas: int = ...,
        victims: Sequence[str] = ...,
        slices: Sequence[ReplicaSlice | Mapping[str, Any]] = ...,
    ) -> None: ...
    @property
    def workload(self) -> str:
        """Its name."""
    @property
    def replicas(self) -> int:
        """How many shall run."""
    @property
    def victims(self) -> tuple[str, ...]:
        """Replicas to stop."""
    @property
    def slices(self) -> tuple[ReplicaSlice, ...]:
        """Slices that shall have a replica each."""
    def replace(
        self,
        *,
        workload: str = ...,
        replicas: int = ...,
        victims: Sequence[str] = ...,
        slices: Sequence[ReplicaSlice | Mapping[str, Any]] = ...,
    ) -> Self: ...
    def to_dict(self) -> dict[str, Any]: ...
    @staticmethod
    def from_dict(fields: Mapping[str, Any]) -> ScaleCommand: ...
    __match_args__: ClassVar[tuple[str, ...]]
    __hash__: ClassVar[None]  # type: ignore[assignment]

class Device:
    """A GPU in MIG mode."""

    def __init__(
        self,
        *,
        id: str = ...,
        model: str = ...,
        node: str = ...,
        domain: str = ...,
        state: Literal['open', 'cordoned', 'draining'] = ...,
    ) -> None: ...
    @property
    def id(self) -> str:
        """Such as its UUID."""
    @property
    def model(self) -> str:
        """Such as a100-40gb."""
    @property
    def node(self) -> str:
        """The machine; may be empty."""
    @property
    def domain(self) -> str:
        """The NVLink domain; may be empty."""
    @property
    def state(self) -> Literal['open', 'cordoned', 'draining']:
        """Whether it takes new slices."""
    def replace(
        self,
        *,
        id: str = ...,
        model: str = ...,
        node: str = ...,
        domain: str = ...,
        state: Literal['open', 'cordoned', 'draining'] = ...,
    ) -> Self: ...
    def to_dict(self) -> dict[str, Any]: ...
    @staticmethod
    def from_dict(fields: Mapping[str, Any]) -> Device: ...
    __match_args__: ClassVar[tuple[str, ...]]
    __hash__: ClassVar[None]  # type: ignore[assignment]

class DeviceLimit:
    """How many devices of a model may be in use."""

    def __init__(
        self,
        *,
        model: str = ...,
        devices: int = ...,
    ) -> None: ...
    @property
    def model(self) -> str:
        """Such as a100-40gb."""
    @property
    def devices(self) -> int:
        """So many."""
    def replace(
        self,
        *,
        model: str = ...,
        devices: int = ...,
    ) -> Self: ...
    def to_dict(self) -> dict[str, Any]: ...
    @staticmethod
    def from_dict(fields: Mapping[str, Any]) -> DeviceLimit: ...
    __match_args__: ClassVar[tuple[str, ...]]
    __hash__: ClassVar[None]  # type: ignore[assignment]

class DeviceSlice:
    """A slice that exists, whoever made it."""

    def __init__(
        self,
        *,
        id: str = ...,
        device: str = ...,
        profile: str = ...,
        start: int = ...,
        usable: bool = ...,
        removable: bool = ...,
    ) -> None: ...
    @property
    def id(self) -> str:
        """What CUDA_VISIBLE_DEVICES takes."""
    @property
    def device(self) -> str:
        """The GPU's id."""
    @property
    def profile(self) -> str:
        """Such as 3g.20gb."""
    @property
    def start(self) -> int:
        """The first of its memory slices."""
    @property
    def usable(self) -> bool:
        """A replica may get it."""
    @property
    def removable(self) -> bool:
        """May be destroyed where its room is needed."""
    def replace(
        self,
        *,
        id: str = ...,
        device: str = ...,
        profile: str = ...,
        start: int = ...,
        usable: bool = ...,
        removable: bool = ...,
    ) -> Self: ...
    def to_dict(self) -> dict[str, Any]: ...
    @staticmethod
    def from_dict(fields: Mapping[str, Any]) -> DeviceSlice: ...
    __match_args__: ClassVar[tuple[str, ...]]
    __hash__: ClassVar[None]  # type: ignore[assignment]

class RefusedLayout:
    """Profiles that a driver refused to make together."""

    def __init__(
        self,
        *,
        model: str = ...,
        profiles: Sequence[str] = ...,
    ) -> None: ...
    @property
    def model(self) -> str:
        """Such as a100-40gb."""
    @property
    def profiles(self) -> tuple[str, ...]:
        """With repetitions."""
    def replace(
        self,
        *,
        model: str = ...,
        profiles: Sequence[str] = ...,
    ) -> Self: ...
    def to_dict(self) -> dict[str, Any]: ...
    @staticmethod
    def from_dict(fields: Mapping[str, Any]) -> RefusedLayout: ...
    __match_args__: ClassVar[tuple[str, ...]]
    __hash__: ClassVar[None]  # type: ignore[assignment]

class DriverSlices:
    """What a driver says of the devices."""

    def __init__(
        self,
        *,
        slices: Sequence[DeviceSlice | Mapping[str, Any]] = ...,
        reconfigure: bool = ...,
        refused: Sequence[RefusedLayout | Mapping[str, Any]] = ...,
        notes: Sequence[str] = ...,
    ) -> None: ...
    @property
    def slices(self) -> tuple[DeviceSlice, ...]:
        """Those that exist."""
    @property
    def reconfigure(self) -> bool:
        """Others can be made."""
    @property
    def refused(self) -> tuple[RefusedLayout, ...]:
        """Never planned again."""
    @property
    def notes(self) -> tuple[str, ...]:
        """What is left out, what is wrong."""
    def replace(
        self,
        *,
        slices: Sequence[DeviceSlice | Mapping[str, Any]] = ...,
        reconfigure: bool = ...,
        refused: Sequence[RefusedLayout | Mapping[str, Any]] = ...,
        notes: Sequence[str] = ...,
    ) -> Self: ...
    def to_dict(self) -> dict[str, Any]: ...
    @staticmethod
    def from_dict(fields: Mapping[str, Any]) -> DriverSlices: ...
    __match_args__: ClassVar[tuple[str, ...]]
    __hash__: ClassVar[None]  # type: ignore[assignment]

class Inventory:
    """GPUs whose slices workloads share."""

    def __init__(
        self,
        *,
        devices: Sequence[Device | Mapping[str, Any]] = ...,
        budgets: Sequence[DeviceLimit | Mapping[str, Any]] = ...,
        repack_after: Seconds | None = ...,
        driver: DriverSlices | Mapping[str, Any] | None = ...,
    ) -> None: ...
    @property
    def devices(self) -> tuple[Device, ...]:
        """The GPUs."""
    @property
    def budgets(self) -> tuple[DeviceLimit, ...]:
        """How many of a model may be in use."""
    @property
    def repack_after(self) -> float | None:
        """At rest for so long: replicas may move."""
    @property
    def driver(self) -> DriverSlices | None:
        """None: every slice that fits can be had."""
    def replace(
        self,
        *,
        devices: Sequence[Device | Mapping[str, Any]] = ...,
        budgets: Sequence[DeviceLimit | Mapping[str, Any]] = ...,
        repack_after: Seconds | None = ...,
        driver: DriverSlices | Mapping[str, Any] | None = ...,
    ) -> Self: ...
    def to_dict(self) -> dict[str, Any]: ...
    @staticmethod
    def from_dict(fields: Mapping[str, Any]) -> Inventory: ...
    __match_args__: ClassVar[tuple[str, ...]]
    __hash__: ClassVar[None]  # type: ignore[assignment]

class WorkloadInput:
    """One workload at one tick."""

    def __init__(
        self,
        *,
        spec: ScalingSpec | Mapping[str, Any] = ...,
        observation: Observation | Mapping[str, Any] = ...,
        readings: Sequence[Reading | Mapping[str, Any]] = ...,
        history: History | Mapping[str, Any] = ...,
        error: Error | Mapping[str, str] | None = ...,
    ) -> None: ...
    @property
    def spec(self) -> ScalingSpec:
        """What is asked."""
    @property
    def observation(self) -> Observation:
        """What was seen."""
    @property
    def readings(self) -> tuple[Reading, ...]:
        """One for each of spec.metrics, in its order."""
    @property
    def history(self) -> History:
        """What is remembered."""
    @property
    def error(self) -> Error | None:
        """The backend could not be observed: hold."""
    def replace(
        self,
        *,
        spec: ScalingSpec | Mapping[str, Any] = ...,
        observation: Observation | Mapping[str, Any] = ...,
        readings: Sequence[Reading | Mapping[str, Any]] = ...,
        history: History | Mapping[str, Any] = ...,
        error: Error | Mapping[str, str] | None = ...,
    ) -> Self: ...
    def to_dict(self) -> dict[str, Any]: ...
    @staticmethod
    def from_dict(fields: Mapping[str, Any]) -> WorkloadInput: ...
    __match_args__: ClassVar[tuple[str, ...]]
    __hash__: ClassVar[None]  # type: ignore[assignment]

class TickInput:
    """All that plan_tick() looks at."""

    def __init__(
        self,
        *,
        now: Time = ...,
        workloads: Sequence[WorkloadInput | Mapping[str, Any]] = ...,
        inventory: Inventory | Mapping[str, Any] = ...,
        held: Mapping[str, Sequence[ReplicaSlice | Mapping[str, Any]]] = ...,
    ) -> None: ...
    @property
    def now(self) -> int:
        """The tick's time."""
    @property
    def workloads(self) -> tuple[WorkloadInput, ...]:
        """Each workload's part."""
    @property
    def inventory(self) -> Inventory:
        """For workloads on slices."""
    @property
    def held(self) -> Mapping[str, tuple[ReplicaSlice, ...]]:
        """Slices of workloads not in this tick."""
    def replace(
        self,
        *,
        now: Time = ...,
        workloads: Sequence[WorkloadInput | Mapping[str, Any]] = ...,
        inventory: Inventory | Mapping[str, Any] = ...,
        held: Mapping[str, Sequence[ReplicaSlice | Mapping[str, Any]]] = ...,
    ) -> Self: ...
    def to_dict(self) -> dict[str, Any]: ...
    @staticmethod
    def from_dict(fields: Mapping[str, Any]) -> TickInput: ...
    __match_args__: ClassVar[tuple[str, ...]]
    __hash__: ClassVar[None]  # type: ignore[assignment]

class WorkloadOutput:
    """What came out for one workload."""

    def __init__(
        self,
        *,
        decision: Decision | Mapping[str, Any] = ...,
        command: ScaleCommand | Mapping[str, Any] | None = ...,
        next: History | Mapping[str, Any] = ...,
    ) -> None: ...
    @property
    def decision(self) -> Decision:
        """What was decided and why."""
    @property
    def command(self) -> ScaleCommand | None:
        """None: leave the backend alone."""
    @property
    def next(self) -> History:
        """The history to hand in at the next tick."""
    def replace(
        self,
        *,
        decision: Decision | Mapping[str, Any] = ...,
        command: ScaleCommand | Mapping[str, Any] | None = ...,
        next: History | Mapping[str, Any] = ...,
    ) -> Self: ...
    def to_dict(self) -> dict[str, Any]: ...
    @staticmethod
    def from_dict(fields: Mapping[str, Any]) -> WorkloadOutput: ...
    __match_args__: ClassVar[tuple[str, ...]]
    __hash__: ClassVar[None]  # type: ignore[assignment]

class TickOutput:
    """What plan_tick() came to."""

    def __init__(
        self,
        *,
        workloads: Sequence[WorkloadOutput | Mapping[str, Any]] = ...,
    ) -> None: ...
    @property
    def workloads(self) -> tuple[WorkloadOutput, ...]:
        """In the order of the input."""
    def replace(
        self,
        *,
        workloads: Sequence[WorkloadOutput | Mapping[str, Any]] = ...,
    ) -> Self: ...
    def to_dict(self) -> dict[str, Any]: ...
    @staticmethod
    def from_dict(fields: Mapping[str, Any]) -> TickOutput: ...
    __match_args__: ClassVar[tuple[str, ...]]
    __hash__: ClassVar[None]  # type: ignore[assignment]

class Applied:
    """What applying a decision came to."""

    def __init__(
        self,
        *,
        scaled: bool = ...,
        error: Error | Mapping[str, str] | None = ...,
    ) -> None: ...
    @property
    def scaled(self) -> bool:
        """The backend accepted a new count."""
    @property
    def error(self) -> Error | None:
        """Retried at the next tick."""
    def replace(
        self,
        *,
        scaled: bool = ...,
        error: Error | Mapping[str, str] | None = ...,
    ) -> Self: ...
    def to_dict(self) -> dict[str, Any]: ...
    @staticmethod
    def from_dict(fields: Mapping[str, Any]) -> Applied: ...
    __match_args__: ClassVar[tuple[str, ...]]
    __hash__: ClassVar[None]  # type: ignore[assignment]

class TickReport:
    """What happened at a tick, for on_tick."""

    def __init__(
        self,
        *,
        input: TickInput | Mapping[str, Any] = ...,
        output: TickOutput | Mapping[str, Any] = ...,
        applied: Sequence[Applied | Mapping[str, Any]] = ...,
        histories: Sequence[History | Mapping[str, Any]] = ...,
        gather_duration: Seconds = ...,
        plan_duration: Seconds = ...,
        apply_duration: Seconds = ...,
        lateness: Seconds = ...,
    ) -> None: ...
    @property
    def input(self) -> TickInput:
        """What went in."""
    @property
    def output(self) -> TickOutput:
        """What came out."""
    @property
    def applied(self) -> tuple[Applied, ...]:
        """What became of it, workload by workload."""
    @property
    def histories(self) -> tuple[History, ...]:
        """What the next tick starts from."""
    @property
    def gather_duration(self) -> float:
        """Observing and reading."""
    @property
    def plan_duration(self) -> float:
        """Deciding."""
    @property
    def apply_duration(self) -> float:
        """Applying."""
    @property
    def lateness(self) -> float:
        """How late the tick began."""
    def replace(
        self,
        *,
        input: TickInput | Mapping[str, Any] = ...,
        output: TickOutput | Mapping[str, Any] = ...,
        applied: Sequence[Applied | Mapping[str, Any]] = ...,
        histories: Sequence[History | Mapping[str, Any]] = ...,
        gather_duration: Seconds = ...,
        plan_duration: Seconds = ...,
        apply_duration: Seconds = ...,
        lateness: Seconds = ...,
    ) -> Self: ...
    def to_dict(self) -> dict[str, Any]: ...
    @staticmethod
    def from_dict(fields: Mapping[str, Any]) -> TickReport: ...
    __match_args__: ClassVar[tuple[str, ...]]
    __hash__: ClassVar[None]  # type: ignore[assignment]

class PolicyInput:
    """What a policy may look at."""

    def __init__(
        self,
        *,
        spec: ScalingSpec | Mapping[str, Any] = ...,
        observation: Observation | Mapping[str, Any] = ...,
        readings: Sequence[Reading | Mapping[str, Any]] = ...,
        history: History | Mapping[str, Any] = ...,
        now: Time = ...,
    ) -> None: ...
    @property
    def spec(self) -> ScalingSpec:
        """What is asked."""
    @property
    def observation(self) -> Observation:
        """What was seen."""
    @property
    def readings(self) -> tuple[Reading, ...]:
        """One for each of spec.metrics, in its order."""
    @property
    def history(self) -> History:
        """What is remembered."""
    @property
    def now(self) -> int:
        """The tick's time."""
    def replace(
        self,
        *,
        spec: ScalingSpec | Mapping[str, Any] = ...,
        observation: Observation | Mapping[str, Any] = ...,
        readings: Sequence[Reading | Mapping[str, Any]] = ...,
        history: History | Mapping[str, Any] = ...,
        now: Time = ...,
    ) -> Self: ...
    def to_dict(self) -> dict[str, Any]: ...
    @staticmethod
    def from_dict(fields: Mapping[str, Any]) -> PolicyInput: ...
    __match_args__: ClassVar[tuple[str, ...]]
    __hash__: ClassVar[None]  # type: ignore[assignment]

class Workload:
    """One workload of a Controller."""

    def __init__(
        self,
        *,
        spec: ScalingSpec | Mapping[str, Any] = ...,
        queries: Mapping[str, str] = ...,
        period: Seconds = ...,
        max_sample_age: Seconds = ...,
        min_window_coverage: float = ...,
    ) -> None: ...
    @property
    def spec(self) -> ScalingSpec:
        """What is asked."""
    @property
    def queries(self) -> Mapping[str, str]:
        """Metric name to PromQL; absent: its selector."""
    @property
    def period(self) -> float:
        """Between its ticks."""
    @property
    def max_sample_age(self) -> float:
        """Older samples are stale."""
    @property
    def min_window_coverage(self) -> float:
        """Below this share of a window a reading is partial: no scale-down."""
    def replace(
        self,
        *,
        spec: ScalingSpec | Mapping[str, Any] = ...,
        queries: Mapping[str, str] = ...,
        period: Seconds = ...,
        max_sample_age: Seconds = ...,
        min_window_coverage: float = ...,
    ) -> Self: ...
    def to_dict(self) -> dict[str, Any]: ...
    @staticmethod
    def from_dict(fields: Mapping[str, Any]) -> Workload: ...
    __match_args__: ClassVar[tuple[str, ...]]
    __hash__: ClassVar[None]  # type: ignore[assignment]

class SeriesStoreOptions:
    """Limits; what exceeds them is refused and counted."""

    def __init__(
        self,
        *,
        retention: Seconds = ...,
        max_series: int = ...,
        max_samples_per_series: int = ...,
        max_samples_per_page: int = ...,
        max_labels: int = ...,
        max_label_name_length: int = ...,
        max_label_value_length: int = ...,
        metrics: Sequence[str] = ...,
        max_bytes: int = ...,
        legacy_names: bool = ...,
    ) -> None: ...
    @property
    def retention(self) -> float:
        """Older samples are overwritten."""
    @property
    def max_series(self) -> int:
        """In the store."""
    @property
    def max_samples_per_series(self) -> int:
        """Ring size."""
    @property
    def max_samples_per_page(self) -> int:
        """More fails the page."""
    @property
    def max_labels(self) -> int:
        """Of one series."""
    @property
    def max_label_name_length(self) -> int:
        """In bytes."""
    @property
    def max_label_value_length(self) -> int:
        """In bytes."""
    @property
    def metrics(self) -> tuple[str, ...]:
        """Of pages, only these are kept; empty: all."""
    @property
    def max_bytes(self) -> int:
        """Then nothing new."""
    @property
    def legacy_names(self) -> bool:
        """Refuse names that need quotes."""
    def replace(
        self,
        *,
        retention: Seconds = ...,
        max_series: int = ...,
        max_samples_per_series: int = ...,
        max_samples_per_page: int = ...,
        max_labels: int = ...,
        max_label_name_length: int = ...,
        max_label_value_length: int = ...,
        metrics: Sequence[str] = ...,
        max_bytes: int = ...,
        legacy_names: bool = ...,
    ) -> Self: ...
    def to_dict(self) -> dict[str, Any]: ...
    @staticmethod
    def from_dict(fields: Mapping[str, Any]) -> SeriesStoreOptions: ...
    __match_args__: ClassVar[tuple[str, ...]]
    __hash__: ClassVar[None]  # type: ignore[assignment]

class SeriesStoreStats:
    """What a store holds and has refused."""

    def __init__(
        self,
        *,
        series: int = ...,
        samples: int = ...,
        bytes: int = ...,
        ingested_total: int = ...,
        pages_total: int = ...,
        refused_series_total: int = ...,
        refused_page_samples_total: int = ...,
        refused_labels_total: int = ...,
        refused_label_length_total: int = ...,
        out_of_order_total: int = ...,
        too_far_ahead_total: int = ...,
        duplicate_total: int = ...,
        skipped_total: int = ...,
        parse_errors_total: int = ...,
        skipped_lines_total: int = ...,
    ) -> None: ...
    @property
    def series(self) -> int:
        """Now."""
    @property
    def samples(self) -> int:
        """Now."""
    @property
    def bytes(self) -> int:
        """Memory kept, about."""
    @property
    def ingested_total(self) -> int:
        """Samples taken."""
    @property
    def pages_total(self) -> int:
        """Pages taken."""
    @property
    def refused_series_total(self) -> int:
        """Over max_series."""
    @property
    def refused_page_samples_total(self) -> int:
        """Over max_samples_per_page."""
    @property
    def refused_labels_total(self) -> int:
        """Over max_labels."""
    @property
    def refused_label_length_total(self) -> int:
        """Too long a name or value."""
    @property
    def out_of_order_total(self) -> int:
        """Older than the newest."""
    @property
    def too_far_ahead_total(self) -> int:
        """Timestamps of a page more than 10 minutes after its scrape."""
    @property
    def duplicate_total(self) -> int:
        """As old as the newest."""
    @property
    def skipped_total(self) -> int:
        """Samples of metrics that are not kept."""
    @property
    def parse_errors_total(self) -> int:
        """Pages refused."""
    @property
    def skipped_lines_total(self) -> int:
        """By lenient rules."""
    def replace(
        self,
        *,
        series: int = ...,
        samples: int = ...,
        bytes: int = ...,
        ingested_total: int = ...,
        pages_total: int = ...,
        refused_series_total: int = ...,
        refused_page_samples_total: int = ...,
        refused_labels_total: int = ...,
        refused_label_length_total: int = ...,
        out_of_order_total: int = ...,
        too_far_ahead_total: int = ...,
        duplicate_total: int = ...,
        skipped_total: int = ...,
        parse_errors_total: int = ...,
        skipped_lines_total: int = ...,
    ) -> Self: ...
    def to_dict(self) -> dict[str, Any]: ...
    @staticmethod
    def from_dict(fields: Mapping[str, Any]) -> SeriesStoreStats: ...
    __match_args__: ClassVar[tuple[str, ...]]
    __hash__: ClassVar[None]  # type: ignore[assignment]

class PageSummary:
    """What a page held."""

    def __init__(
        self,
        *,
        samples: int = ...,
        left_out: int = ...,
        series_added: int = ...,
        dropped: int = ...,
        skipped: int = ...,
        skipped_lines: int = ...,
        first_skipped: str = ...,
    ) -> None: ...
    @property
    def samples(self) -> int:
        """Samples taken."""
    @property
    def left_out(self) -> int:
        """Not newer, or too far ahead."""
    @property
    def series_added(self) -> int:
        """Series that were new."""
    @property
    def dropped(self) -> int:
        """Samples that rules left out."""
    @property
    def skipped(self) -> int:
        """Of metrics that are not kept."""
    @property
    def skipped_lines(self) -> int:
        """By lenient rules."""
    @property
    def first_skipped(self) -> str:
        """What is wrong with it."""
    def replace(
        self,
        *,
        samples: int = ...,
        left_out: int = ...,
        series_added: int = ...,
        dropped: int = ...,
        skipped: int = ...,
        skipped_lines: int = ...,
        first_skipped: str = ...,
    ) -> Self: ...
    def to_dict(self) -> dict[str, Any]: ...
    @staticmethod
    def from_dict(fields: Mapping[str, Any]) -> PageSummary: ...
    __match_args__: ClassVar[tuple[str, ...]]
    __hash__: ClassVar[None]  # type: ignore[assignment]

class VectorSample:
    """One element of a query's answer."""

    def __init__(
        self,
        *,
        labels: Mapping[str, str] = ...,
        value: float = ...,
    ) -> None: ...
    @property
    def labels(self) -> Mapping[str, str]:
        """Its labels."""
    @property
    def value(self) -> float:
        """Its value."""
    def replace(
        self,
        *,
        labels: Mapping[str, str] = ...,
        value: float = ...,
    ) -> Self: ...
    def to_dict(self) -> dict[str, Any]: ...
    @staticmethod
    def from_dict(fields: Mapping[str, Any]) -> VectorSample: ...
    __match_args__: ClassVar[tuple[str, ...]]
    __hash__: ClassVar[None]  # type: ignore[assignment]

class MatrixPoint:
    """One value of a series."""

    def __init__(
        self,
        *,
        time: Time = ...,
        value: float = ...,
    ) -> None: ...
    @property
    def time(self) -> int:
        """When it was."""
    @property
    def value(self) -> float:
        """What it was."""
    def replace(
        self,
        *,
        time: Time = ...,
        value: float = ...,
    ) -> Self: ...
    def to_dict(self) -> dict[str, Any]: ...
    @staticmethod
    def from_dict(fields: Mapping[str, Any]) -> MatrixPoint: ...
    __match_args__: ClassVar[tuple[str, ...]]
    __hash__: ClassVar[None]  # type: ignore[assignment]

class MatrixSeries:
    """One series of a query's answer over time."""

    def __init__(
        self,
        *,
        labels: Mapping[str, str] = ...,
        points: Sequence[MatrixPoint | Mapping[str, Any]] = ...,
    ) -> None: ...
    @property
    def labels(self) -> Mapping[str, str]:
        """Its labels."""
    @property
    def points(self) -> tuple[MatrixPoint, ...]:
        """Times and values, in time order."""
    def replace(
        self,
        *,
        labels: Mapping[str, str] = ...,
        points: Sequence[MatrixPoint | Mapping[str, Any]] = ...,
    ) -> Self: ...
    def to_dict(self) -> dict[str, Any]: ...
    @staticmethod
    def from_dict(fields: Mapping[str, Any]) -> MatrixSeries: ...
    __match_args__: ClassVar[tuple[str, ...]]
    __hash__: ClassVar[None]  # type: ignore[assignment]

class EvaluateQuality:
    """What a scaler has to know about an answer."""

    def __init__(
        self,
        *,
        newest: Time | None = ...,
        min_coverage: float = ...,
        counter_reset: bool = ...,
        no_series: bool = ...,
        ended_series: bool = ...,
        non_finite: bool = ...,
    ) -> None: ...
    @property
    def newest(self) -> int | None:
        """Newest sample of the oldest series used."""
    @property
    def min_coverage(self) -> float:
        """Smallest share of a window covered."""
    @property
    def counter_reset(self) -> bool:
        """A counter fell inside a window."""
    @property
    def no_series(self) -> bool:
        """Some selector matched nothing."""
    @property
    def ended_series(self) -> bool:
        """A series in a window has ended."""
    @property
    def non_finite(self) -> bool:
        """A sample is NaN or infinite."""
    def replace(
        self,
        *,
        newest: Time | None = ...,
        min_coverage: float = ...,
        counter_reset: bool = ...,
        no_series: bool = ...,
        ended_series: bool = ...,
        non_finite: bool = ...,
    ) -> Self: ...
    def to_dict(self) -> dict[str, Any]: ...
    @staticmethod
    def from_dict(fields: Mapping[str, Any]) -> EvaluateQuality: ...
    __match_args__: ClassVar[tuple[str, ...]]
    __hash__: ClassVar[None]  # type: ignore[assignment]

class QueryResult:
    """A query's answer."""

    def __init__(
        self,
        *,
        type: Literal['scalar', 'vector', 'matrix', 'string'] = ...,
        scalar: float = ...,
        text: str = ...,
        vector: Sequence[VectorSample | Mapping[str, Any]] = ...,
        matrix: Sequence[MatrixSeries | Mapping[str, Any]] = ...,
        quality: EvaluateQuality | Mapping[str, Any] = ...,
        warnings: Sequence[str] = ...,
        infos: Sequence[str] = ...,
    ) -> None: ...
    @property
    def type(self) -> Literal['scalar', 'vector', 'matrix', 'string']:
        """Which of the four it is."""
    @property
    def scalar(self) -> float:
        """Where it is a scalar."""
    @property
    def text(self) -> str:
        """Where it is a string."""
    @property
    def vector(self) -> tuple[VectorSample, ...]:
        """Where it is a vector."""
    @property
    def matrix(self) -> tuple[MatrixSeries, ...]:
        """Where it is a matrix; sorted by labels."""
    @property
    def quality(self) -> EvaluateQuality:
        """How far to trust it."""
    @property
    def warnings(self) -> tuple[str, ...]:
        """PromQL's warnings."""
    @property
    def infos(self) -> tuple[str, ...]:
        """PromQL's infos."""
    def replace(
        self,
        *,
        type: Literal['scalar', 'vector', 'matrix', 'string'] = ...,
        scalar: float = ...,
        text: str = ...,
        vector: Sequence[VectorSample | Mapping[str, Any]] = ...,
        matrix: Sequence[MatrixSeries | Mapping[str, Any]] = ...,
        quality: EvaluateQuality | Mapping[str, Any] = ...,
        warnings: Sequence[str] = ...,
        infos: Sequence[str] = ...,
    ) -> Self: ...
    def to_dict(self) -> dict[str, Any]: ...
    @staticmethod
    def from_dict(fields: Mapping[str, Any]) -> QueryResult: ...
    __match_args__: ClassVar[tuple[str, ...]]
    __hash__: ClassVar[None]  # type: ignore[assignment]

def decide(
    spec: ScalingSpec | Mapping[str, Any],
    observation: Observation | Mapping[str, Any],
    readings: Sequence[Reading | Mapping[str, Any]],
    history: History | Mapping[str, Any] | None,
    now: Time,
    *,
    policies: _Policies = None,
    error: Error | None = None,
) -> WorkloadOutput: ...
def plan_tick(
    input: TickInput | Mapping[str, Any], *, policies: _Policies = None
) -> TickOutput: ...
def record_scale(
    spec: ScalingSpec | Mapping[str, Any],
    before: int,
    after: int,
    now: Time,
    history: History | Mapping[str, Any] | None,
) -> History: ...
def default_behavior() -> Behavior: ...

class PolicyRegistry:
    """Names to policies; has those that Tidegate ships."""

    def __init__(self) -> None: ...
    def add(self, policy: _PolicyLike, name: str | None = None) -> None: ...
    def names(self) -> list[str]: ...

class SeriesStore:
    """The samples of the recent past, bounded."""

    def __init__(
        self,
        *,
        retention: Seconds = ...,
        max_series: int = ...,
        max_samples_per_series: int = ...,
        max_samples_per_page: int = ...,
        max_labels: int = ...,
        max_label_name_length: int = ...,
        max_label_value_length: int = ...,
        metrics: Sequence[str] = ...,
        max_bytes: int = ...,
        legacy_names: bool = ...,
    ) -> None: ...
    def ingest(
        self, metric: str, labels: Mapping[str, str] | None, value: float, at: Time
    ) -> None: ...
    def observe_many(
        self, metric: str, labels: Mapping[str, str] | None, rows: Buffer
    ) -> int: ...
    def ingest_page(
        self,
        page: str | bytes,
        at: Time,
        target: Mapping[str, str] | None = None,
        *,
        lenient: bool = False,
    ) -> PageSummary: ...
    def mark_stale(self, target: Mapping[str, str], at: Time) -> None: ...
    def stats(self) -> SeriesStoreStats: ...

class Query:
    """A PromQL expression, compiled once."""

    @staticmethod
    def compile(text: str) -> Query: ...
    def evaluate(
        self,
        store: SeriesStore,
        at: Time,
        *,
        matchers: Mapping[str, str] | None = None,
        lookback: Seconds | None = None,
    ) -> QueryResult: ...
    def evaluate_range(
        self,
        store: SeriesStore,
        start: Time,
        end: Time,
        step: Seconds,
        *,
        matchers: Mapping[str, str] | None = None,
        lookback: Seconds | None = None,
    ) -> QueryResult: ...
    @property
    def text(self) -> str: ...
    @property
    def longest_range(self) -> float: ...

class SimClock:
    """Time that stands still until it is moved."""

    def __init__(self, start: Time = 0.0) -> None: ...
    def now(self) -> int: ...
    def advance(self, seconds: Seconds) -> None: ...
    def move_to(self, time: Time) -> None: ...

class Controller:
    """The loop: gather, plan, apply, report. Leaving its `with` block stops and joins its thread."""

    def __init__(
        self,
        workloads: Sequence[Workload | ScalingSpec | Mapping[str, Any]],
        *,
        policies: _Policies = None,
        clock: SimClock | None = None,
        histories: Mapping[str, History | Mapping[str, Any]] | None = None,
        on_tick: Callable[[TickReport], object] | None = None,
        gather_timeout: Seconds | None = None,
        apply_wait: Seconds | None = None,
        apply_timeout: Seconds | None = None,
        dry_run: bool = False,
        series: SeriesStoreOptions | Mapping[str, Any] | None = None,
    ) -> None: ...
    def tick(self) -> TickOutput: ...
    def run(self) -> None: ...
    def run_in_thread(self) -> None: ...
    def stop(self) -> None: ...
    @property
    def running(self) -> bool: ...
    def ingest(
        self, metric: str, labels: Mapping[str, str] | None, value: float, at: Time | None = None
    ) -> None: ...
    def observe_many(
        self, metric: str, labels: Mapping[str, str] | None, rows: Buffer
    ) -> int: ...
    def set_replicas(
        self, workload: str, observation: Observation | Mapping[str, Any]
    ) -> None: ...
    def replace(
        self, workloads: Sequence[Workload | ScalingSpec | Mapping[str, Any]]
    ) -> None: ...
    @property
    def store(self) -> SeriesStore: ...
    def __enter__(self) -> Self: ...
    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
        /,
    ) -> None: ...

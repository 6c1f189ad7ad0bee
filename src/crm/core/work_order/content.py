"""Reads the folder `workorders/`: types, queues and calendars, and names every mistake in it."""

import re
from datetime import date, time, timedelta
from pathlib import Path

import msgspec

from crm.core.staff.schemas import Permission
from crm.core.work_order.content_file import ContentFile, near
from crm.core.work_order.content_types import CODE, read_type
from crm.core.work_order.errors import QueueMissing, TypeMissing
from crm.core.work_order.schemas import QueueView, Resolution, Span, TypeView, Unit
from crm.core.work_order.sla import WorkCalendar, Year
from crm.platform.clock import SHANGHAI
from crm.platform.content import ContentProblem

_HOURS = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)")


class WorkOrderContent(msgspec.Struct, frozen=True):
    """Everything the folder says, checked."""

    types: dict[str, TypeView]
    queues: dict[str, QueueView]
    calendar: WorkCalendar

    def type_of(self, code_or_name: str) -> TypeView:
        """The type with this code or Chinese name. Raises `TypeMissing` with the nearest name."""
        found = self.types.get(code_or_name)
        if found is None:
            found = next((each for each in self.types.values() if each.name == code_or_name), None)
        if found is None:
            names = [name for each in self.types.values() for name in (each.code, each.name)]
            hint = near(code_or_name, names, "").removeprefix("是不是 ").removesuffix("？")
            raise TypeMissing(code_or_name, hint or None)
        return found

    def queue_of(self, code: str) -> QueueView:
        """The queue with this code. Raises `QueueMissing`."""
        found = self.queues.get(code)
        if found is None:
            raise QueueMissing(code)
        return found

    def kind_of(self, code: str) -> TypeView:
        """The type an existing order has; one that left the folder keeps its orders workable."""
        return self.types.get(code) or _retired(code)

    def place_of(self, code: str) -> QueueView:
        """The queue an existing order lies in; one that left the folder is still shown."""
        return self.queues.get(code) or QueueView(
            code=code, name=f"{code}（已停用）", group=code, handled_with=(Permission.HANDLE_WORK_ORDER,)
        )

    def choices(self, kind: TypeView) -> tuple[QueueView, ...]:
        """The queues a creator may send an order of this type to, the usual one first."""
        chosen = [self.queues[kind.queue]]
        for pattern in kind.queue_choices:
            chosen += [
                each for each in self.queues.values() if _fits(each.code, pattern) and each not in chosen
            ]
        return tuple(chosen)


class _Queue(msgspec.Struct, forbid_unknown_fields=True):
    code: str
    name: str
    group: str
    description: str = ""
    handled_with: tuple[str, ...] = (Permission.HANDLE_WORK_ORDER.value,)


class _Holiday(msgspec.Struct, rename={"from_": "from"}):
    name: str
    from_: date
    to: date


class _Calendar(msgspec.Struct):
    year: int
    hours: tuple[str, ...]
    working_days: tuple[date, ...] = ()
    note: str = ""


def load_work_orders(folder: Path) -> tuple[WorkOrderContent, tuple[ContentProblem, ...]]:
    """What the folder says and what is wrong with it; a wrong entry is left out. Only reads files."""
    problems: list[ContentProblem] = []
    queues = _read_queues(folder, problems)
    types: dict[str, TypeView] = {}
    for path in sorted((folder / "types").glob("*.toml")):
        file = ContentFile(path, f"types/{path.name}")
        kind = read_type(file, queues)
        if kind is not None and (
            kind.code in types or any(kind.name == other.name for other in types.values())
        ):
            file.add(
                f"编号 {kind.code} 或名称“{kind.name}”已在另一个文件里用过", "换一个编号和名称", key="code"
            )
        elif kind is not None:
            types[kind.code] = kind
        problems += file.problems
    if not types:
        problems.append(
            ContentProblem("types", None, "没有任何可用的工单类型", "检查 workorders/types 文件夹")
        )
    types = dict(sorted(types.items(), key=lambda entry: entry[1].place))
    years = {year.year: year for year in _read_years(folder, problems)}
    return WorkOrderContent(types, queues, WorkCalendar(years, SHANGHAI)), tuple(problems)


def check_work_orders(folder: Path) -> list[ContentProblem]:
    """What is wrong with the folder; empty when everything is right."""
    return list(load_work_orders(folder)[1])


def _retired(code: str) -> TypeView:
    return TypeView(
        code=code,
        name=f"{code}（已停用的类型）",
        description="",
        source="",
        queue="",
        queue_choices=(),
        created_by=(),
        create_permission=Permission.CREATE_WORK_ORDER,
        title="",
        form=(),
        contact_within=None,
        result_within=Span(24, Unit.HOURS),
        pauses_on_hold=False,
        closed_by=(),
        members_close=True,
        creator_may_close=False,
        close_needs=("reply",),
        call_back=False,
        resolutions=tuple(Resolution),
        needs_checks=(),
        customer_needed=False,
        on_menu=False,
        place=999,
        product_needed=False,
        one_per_product=False,
    )


def _fits(code: str, pattern: str) -> bool:
    return code.startswith(pattern[:-1]) if pattern.endswith("*") else code == pattern


def _read_queues(folder: Path, problems: list[ContentProblem]) -> dict[str, QueueView]:
    file = ContentFile(folder / "queues.toml", "queues.toml")
    permissions = {permission.value: permission for permission in Permission}
    queues: dict[str, QueueView] = {}
    for index, raw in enumerate(file.raw.get("queue", [])):
        queue = file.read(raw, _Queue, "queue", index)
        if queue is None:
            continue
        if not CODE.fullmatch(queue.code):
            file.add(
                f"队列编号“{queue.code}”不合规",
                "用小写英文、数字、下划线，营业厅用 store:名称",
                "queue",
                index,
                "code",
            )
        if queue.code in queues:
            file.add(f"队列编号 {queue.code} 重复", "换一个编号", "queue", index, "code")
        for word in queue.handled_with:
            if word not in permissions:
                file.add(
                    f"没有“{word}”这项权限",
                    near(word, permissions, "见权限表"),
                    "queue",
                    index,
                    "handled_with",
                )
        rights = tuple(permissions[word] for word in queue.handled_with if word in permissions)
        queues[queue.code] = QueueView(
            code=queue.code,
            name=queue.name,
            group=queue.group,
            handled_with=rights,
            description=queue.description,
        )
    problems += file.problems
    return queues


def _read_years(folder: Path, problems: list[ContentProblem]) -> list[Year]:
    years: list[Year] = []
    for path in sorted((folder / "calendars").glob("*.toml")):
        file = ContentFile(path, f"calendars/{path.name}")
        raw = dict(file.raw)
        holidays = raw.pop("holiday", [])
        source = file.read(raw, _Calendar) if raw else None
        if source is not None:
            free = _read_holidays(file, holidays, source.year)
            years.append(
                Year(source.year, free, _working_days(file, source, free), _read_hours(file, source))
            )
            if path.stem != str(source.year):
                file.add(
                    f"文件名与 year = {source.year} 不一致", f"文件名改为 {source.year}.toml", key="year"
                )
        problems += file.problems
    if not years:
        problems.append(
            ContentProblem("calendars", None, "没有任何工作日历", "至少放一个年份文件，写法见 2026.toml")
        )
    return years


def _read_holidays(file: ContentFile, entries: list[object], year: int) -> frozenset[date]:
    free: set[date] = set()
    for index, raw in enumerate(entries):
        holiday = file.read(raw, _Holiday, "holiday", index)
        if holiday is None:
            continue
        length = (holiday.to - holiday.from_).days
        if not 0 <= length <= 15:
            file.add(
                f"{holiday.name} 的起止日期不对",
                "to 不早于 from，一次放假不超过 16 天",
                "holiday",
                index,
                "to",
            )
            continue
        days = {holiday.from_ + timedelta(days=n) for n in range(length + 1)}
        if any(day.year != year for day in days):
            file.add(
                f"{holiday.name} 有日子不在 {year} 年",
                "跨年的假期分别写进两年的文件",
                "holiday",
                index,
                "from",
            )
        free |= days
    return frozenset(free)


def _working_days(file: ContentFile, source: _Calendar, free: frozenset[date]) -> frozenset[date]:
    for day in source.working_days:
        if day.year != source.year or day in free:
            file.add(f"调休上班日 {day} 不在本年或同时写成放假", "核对放假安排，二者留一", key="working_days")
        elif day.weekday() < 5:
            file.add(f"调休上班日 {day} 本来就是工作日", "调休上班日只写周六、周日", key="working_days")
    return frozenset(source.working_days)


def _read_hours(file: ContentFile, source: _Calendar) -> tuple[tuple[time, time], ...]:
    hours: list[tuple[time, time]] = []
    for text in source.hours:
        match = _HOURS.fullmatch(text)
        start, end = (time.fromisoformat(part) for part in text.split("-")) if match else (time(1), time(0))
        if start >= end or (hours and start < hours[-1][1]):
            file.add(f"上班时段“{text}”不对", '写成 "08:30-12:00"，由早到晚，不要重叠', key="hours")
            continue
        hours.append((start, end))
    if not hours:
        file.add("没有上班时段", '补上 hours = ["08:30-12:00", "13:30-17:30"]', key="hours")
        return ((time(9), time(18)),)
    return tuple(hours)

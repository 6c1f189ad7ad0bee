"""Reads one file of `workorders/types/`."""

import re
from collections.abc import Mapping
from typing import TypeVar

import msgspec

from crm.core.staff.schemas import ROLE_NAMES, Permission, Role
from crm.core.work_order.content_file import ContentFile, near
from crm.core.work_order.schemas import (
    RESOLUTION_NAMES,
    FieldKind,
    FormField,
    QueueView,
    Resolution,
    Span,
    TypeView,
    Unit,
)

CODE = re.compile(r"[a-z][a-z0-9_]*(:[a-z0-9][a-z0-9-]*)?")
CHECKS = {"service_password": "服务密码", "sms_code": "短信验证码", "own_number": "本机号码"}
_SPAN = re.compile(r"\s*(\d{1,4})\s*个?\s*(小时|工作小时|工作日)\s*")
_NEEDS = {"答复": "reply", "满意度": "satisfaction", "责任单位": "responsible_unit"}
_T = TypeVar("_T")
_PLACEHOLDER = re.compile(r"\{(\w*)\}")


class _Create(msgspec.Struct):
    roles: tuple[str, ...]
    permission: str = Permission.CREATE_WORK_ORDER.value


class _Deadline(msgspec.Struct):
    result: str
    contact: str | None = None
    pauses_on_hold: bool = False


class _Close(msgspec.Struct):
    needs: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    members: bool = True
    creator: bool = False
    call_back: bool = False
    resolutions: tuple[str, ...] = tuple(RESOLUTION_NAMES.values())


class _Type(msgspec.Struct):
    code: str
    name: str
    queue: str
    title: str
    description: str = ""
    source: str = ""
    queue_choices: tuple[str, ...] = ()
    needs_check: str | tuple[str, ...] = ()
    customer_needed: bool = True
    on_menu: bool = True
    place: int = 500
    product_needed: bool = False
    one_per_product: bool = False

    @property
    def checks(self) -> tuple[str, ...]:
        return (self.needs_check,) if isinstance(self.needs_check, str) else self.needs_check


def read_type(file: ContentFile, queues: Mapping[str, QueueView]) -> TypeView | None:
    """The type a file describes, or None after noting what is wrong with it."""
    if not file.raw:
        return None
    before = len(file.problems)
    raw = dict(file.raw)
    sections = {name: raw.pop(name, {}) for name in ("create", "deadline", "close")}
    entries = raw.pop("form", [])
    head = file.read(raw, _Type)
    create = file.read(sections["create"], _Create, "create")
    due = file.read(sections["deadline"], _Deadline, "deadline")
    close = file.read(sections["close"], _Close, "close")
    fields = [file.read(entry, FormField, "form", index) for index, entry in enumerate(entries)]
    if head is None or create is None or due is None or close is None or len(file.problems) > before:
        return None
    form = tuple(field for field in fields if field is not None)
    _check_head(file, head, form, queues)
    _check_form(file, form)
    kind = _view(file, head, create, due, close, form)
    return kind if len(file.problems) == before else None


def _view(
    file: ContentFile,
    head: _Type,
    create: _Create,
    due: _Deadline,
    close: _Close,
    form: tuple[FormField, ...],
) -> TypeView | None:
    permission = _word(
        file, create.permission, {each.value: each for each in Permission}, "create", "permission"
    )
    result = _span(file, due.result, "result")
    resolutions = {name: resolution for resolution, name in RESOLUTION_NAMES.items()}
    roles = {name: role for role, name in ROLE_NAMES.items()}
    created_by = tuple(_word(file, word, roles, "create", "roles") for word in create.roles)
    closed_by = tuple(_word(file, word, roles, "close", "roles") for word in close.roles)
    needs = tuple(_word(file, word, _NEEDS, "close", "needs") for word in close.needs)
    ends = tuple(_word(file, word, resolutions, "close", "resolutions") for word in close.resolutions)
    contact = _span(file, due.contact, "contact") if due.contact else None
    if not ends:
        file.add("没有任何办结结果", 'resolutions 至少写一个，如 ["已办好"]', "close", key="resolutions")
    if permission is None or result is None:
        return None
    return TypeView(
        code=head.code, name=head.name, description=head.description, source=head.source,
        queue=head.queue, queue_choices=head.queue_choices, title=head.title, form=form,
        created_by=tuple(role for role in created_by if isinstance(role, Role)), create_permission=permission,
        contact_within=contact, result_within=result, pauses_on_hold=due.pauses_on_hold,
        closed_by=tuple(role for role in closed_by if isinstance(role, Role)),
        members_close=close.members, creator_may_close=close.creator,
        close_needs=tuple(need for need in needs if need is not None), call_back=close.call_back,
        resolutions=tuple(end for end in ends if isinstance(end, Resolution)),
        needs_checks=head.checks, customer_needed=head.customer_needed, on_menu=head.on_menu,
        place=head.place, product_needed=head.product_needed,
        one_per_product=head.one_per_product,
    )  # fmt: skip


def _word(file: ContentFile, word: str, known: Mapping[str, _T], table: str, key: str) -> _T | None:
    if word not in known:
        file.add(
            f"{key} 里的“{word}”没有定义", near(word, known, f"可选：{'、'.join(known)}"), table, key=key
        )
    return known.get(word)


def _span(file: ContentFile, text: str, key: str) -> Span | None:
    match = _SPAN.fullmatch(text)
    if match is None or int(match.group(1)) == 0:
        remedy = '写成 "24 小时"、"8 个工作小时" 或 "5 个工作日"'
        file.add(f"时限“{text}”看不懂", remedy, "deadline", key=key)
        return None
    return Span(int(match.group(1)), Unit(match.group(2)))


def _check_head(
    file: ContentFile, head: _Type, form: tuple[FormField, ...], queues: Mapping[str, QueueView]
) -> None:
    if not CODE.fullmatch(head.code):
        file.add(f"编号“{head.code}”不合规", "用小写英文、数字和下划线，如 complaint", key="code")
    if head.queue not in queues:
        file.add(f"没有队列 {head.queue}", near(head.queue, queues, "先在 queues.toml 里登记"), key="queue")
    for pattern in head.queue_choices:
        if not any(
            code.startswith(pattern[:-1]) if pattern.endswith("*") else code == pattern for code in queues
        ):
            file.add(
                f"没有队列符合 {pattern}",
                near(pattern, queues, "先在 queues.toml 里登记"),
                key="queue_choices",
            )
    keys = [field.key for field in form]
    for used in _PLACEHOLDER.findall(head.title):
        if used not in keys:
            file.add(f"标题用了表单里没有的 {{{used}}}", near(used, keys, "改成表单字段的 key"), key="title")
    for check in head.checks:
        if check not in CHECKS:
            file.add(f"没有“{check}”这种核验", near(check, CHECKS, "见 README"), key="needs_check")


def _check_form(file: ContentFile, form: tuple[FormField, ...]) -> None:
    seen: set[str] = set()
    for index, field in enumerate(form):
        if field.key in seen:
            file.add(f"字段 {field.key} 写了两次", "换一个 key，或删去一段", "form", index, "key")
        seen.add(field.key)
        if not CODE.fullmatch(field.key) or ":" in field.key:
            file.add(f"字段 key“{field.key}”不合规", "用小写英文、数字和下划线", "form", index, "key")
        if (field.kind is FieldKind.SELECT) != bool(field.options):
            remedy = '补上 options = ["…"]，或把 kind 改成 select'
            file.add(f"字段“{field.label}”的选项和类型不相配", remedy, "form", index, "kind")
        if not 1 <= field.max_length <= 5000:
            file.add(
                f"字段“{field.label}”的长度上限不对", "写 1 到 5000 之间的整数", "form", index, "max_length"
            )

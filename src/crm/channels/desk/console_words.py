"""Small words and choices of the console: tabs, what a remedy's button does, what is said aloud; pure."""

from datetime import date
from typing import Any, NamedTuple

import msgspec

from crm.channels.desk.basket_draft import BasketDraft
from crm.core.catalog.engine import Catalogue
from crm.core.catalog.schemas import KIND_NAMES, STATE_NAMES, OfferingKind, Timing
from crm.core.compatibility.plan_schemas import Plan, PlanStep
from crm.core.compatibility.schemas import ChangeItem, Remedy, Sentence
from crm.core.ordering.schemas import ORDER_STATE_NAMES, Adopted, Judgement, OrderLineView, OrderView
from crm.core.work_order.schemas import STATE_NAMES as WORK_ORDER_STATE_NAMES
from crm.core.work_order.schemas import State, WorkOrderView

TABS = (
    ("orders", "业务办理", "shopping-basket", "b"),
    ("knowledge", "知识", "book-open", "k"),
    ("work", "工单", "clipboard-list", "w"),
    ("history", "接触历史", "history", "h"),
)
TAB_NAMES = frozenset(name for name, *_ in TABS)

TIMING_NAMES: dict[Timing, str] = {
    Timing.NOW: "立即",
    Timing.THIS_MONTH: "本月",
    Timing.NEXT_MONTH: "下月",
    Timing.WITH_PLAN: "随套餐",
    Timing.END_OF_AGREEMENT: "协议到期",
}

ORDER_EVENT_NAMES: dict[str, str] = {
    "created": "受理",
    "submitted": "受理",
    "acknowledged": "受理",
    "activated": "生效",
    "completed": "完成",
    "cancelled": "取消",
    "failed": "失败",
}


class Done(msgspec.Struct, frozen=True, kw_only=True):
    """What has just been done, for the card above the basket."""

    title: str
    number: str = ""
    href: str = ""
    text: str = ""
    next: str = ""
    lines: tuple[OrderLineView, ...] = ()


class Spoken(NamedTuple):
    """Sentences to say for a verdict, and how many more must be read and ticked one by one."""

    scripts: tuple[str, ...]
    to_read: int


def scripts_of(judgement: Judgement | None) -> Spoken:
    """What is said for a verdict; what has a tick box of its own is not repeated."""
    if judgement is None:
        return Spoken((), 0)
    verdict = judgement.qualification
    ticked = {sentence.text for sentence in sentences_for(judgement)}
    ordered = sorted(verdict.findings, key=lambda each: -each.verdict.severity)
    if not judgement.can_be_ordered:
        # The price of what cannot be had yet only confuses: first what stands in the way.
        ordered = [each for each in ordered if each.verdict is verdict.verdict]
    scripts = dict.fromkeys(each.script for each in ordered if each.script and each.script not in ticked)
    return Spoken(tuple(scripts), len(sentences_for(judgement)))


def sentences_for(judgement: Judgement) -> tuple[Sentence, ...]:
    """The sentences with a tick box now: all of them for an order, else those a first step needs read out."""
    verdict = judgement.qualification
    if judgement.can_be_ordered:
        return judgement.sentences
    steps = {each.rule_id for each in verdict.findings if any(r.work_order_type for r in each.remedies)}
    return tuple(each for each in verdict.sentences if each.rule_id in steps)


def has_work_order_step(judgement: Judgement) -> bool:
    """Whether a finding offers a step that needs a work order, and so the caller's identity."""
    return any(r.work_order_type for each in judgement.qualification.findings for r in each.remedies)


def timings_of(item: ChangeItem, catalogue: Catalogue) -> list[tuple[str, str]]:
    """The times of effect the agent may choose for a line of the basket."""
    offering = catalogue.get(item.offering)
    if offering is None:
        return []
    timings = offering.add_timings if item.action == "add" else offering.remove_timings
    return [(timing.value, TIMING_NAMES[timing] + "生效") for timing in timings]


def remedy_action(remedy: Remedy, basket: BasketDraft) -> str:
    """What a remedy's button does: work_order, record, remove, add; done; nothing when it is elsewhere."""
    if remedy.record:
        return "done" if remedy.record in basket.recorded else "record"
    if remedy.work_order_type:
        return "work_order"
    if remedy.where != "desk":
        return ""
    if remedy.do == "cancel" and remedy.held_id and remedy.offering:
        held = any(item.held_id == remedy.held_id for item in basket.items)
        return "done" if held else "remove"
    if remedy.do == "add" and remedy.offering:
        return "add"
    return ""


def timing_name(timing: Timing | None) -> str:
    """立即, 下月 …"""
    return "" if timing is None else TIMING_NAMES[timing]


def kind_name(kind: OfferingKind) -> str:
    """主套餐, V网 …"""
    return KIND_NAMES[kind]


def offering_state_name(state: str) -> str:
    """在售, 已停办 …"""
    return STATE_NAMES.get(state, state)


def order_state_name(state: str) -> str:
    """待生效, 已完成 …"""
    return ORDER_STATE_NAMES.get(state, state)


def work_order_state_name(state: str) -> str:
    """待领取, 处理中 …"""
    return WORK_ORDER_STATE_NAMES[State(state)] if state in State.__members__.values() else state


def order_event_name(kind: str) -> str:
    """受理, 生效 …"""
    return ORDER_EVENT_NAMES.get(kind, kind)


def placed(order: OrderView) -> Done:
    """The card of an order."""
    first: date | None = order.effective_on
    when = f"最早 {first.isoformat()} 生效。" if first else "已生效。"
    repeated = "这笔受理刚才已经提交过，没有重复办理。" if order.repeated else ""
    return Done(
        title="受理成功",
        number=order.number,
        href=f"/desk/orders/{order.number}",
        text=f"{repeated}{when}短信已排队发给客户。",
        next="告诉客户单号和生效日期；没有其他需要就按 e 小结。",
        lines=order.lines,
    )


def cancelled(order: OrderView) -> Done:
    """The card of a cancelled reservation."""
    return Done(
        title="预约已取消",
        number=order.number,
        href=f"/desk/orders/{order.number}",
        text="随它而来的业务一并取消，客户原有业务没有动。",
        lines=order.lines,
    )


def started(order: WorkOrderView) -> Done:
    """The card of a work order that a change waits for."""
    return Done(
        title="工单已发起",
        number=order.number,
        href=f"/queues/{order.number}",
        text=f"已转 {order.queue_name}，客户想要的变更已记下。",
        next="办结后客户名下会出现“可以继续办理”，点一下即可重新核对并提交。",
    )


def adopted_card(adopted: Adopted) -> Done:
    """The card of a plan that was taken: what was started, and how it goes on."""
    step, order = adopted.step, adopted.work_order
    assert step is not None
    if step.do == "visit_store":
        return Done(
            title="请客户到营业厅办理",
            text=f"{step.text}。短信已把要带的证件发给客户。",
            next="没有其他需要就按 e 小结。",
        )
    goes_on = (
        "条件满足后系统重新核对；与客户刚才同意的内容一致就自动提交，有变化会短信请客户回拨确认。"
        if adopted.agreed
        else "条件满足后系统重新核对，并短信请客户回拨10086确认，确认后办理。"
    )
    if order is not None:
        return Done(
            title="已采用方案，工单已发起",
            number=order.number,
            href=f"/queues/{order.number}",
            text=f"已转 {order.queue_name}，后面的步骤已记下。",
            next=goes_on,
        )
    waits = f"等到 {step.on.isoformat()}" if step.do == "wait" else "等客户补登资料"
    return Done(title=f"已采用方案，{waits}", text=f"{step.text}。", next=goes_on)


def step_look(step: PlanStep) -> tuple[str, str]:
    """Symbol and place of a step of a plan."""
    return STEP_LOOKS.get(step.do, "circle"), {"store": "营业厅", "back_office": "后台"}.get(step.where, "")


STEP_LOOKS = {
    "record": "megaphone",
    "cancel": "package-minus",
    "add": "package-plus",
    "switch": "refresh-cw",
    "work_order": "clipboard-check",
    "add_profile": "store",
    "visit_store": "store",
    "wait": "clock",
    "order": "check",
}
OUTSIDE = ("work_order", "wait", "add_profile")


def waits_outside(plan: Plan) -> bool:
    """Whether taking the plan leaves a change waiting, so that consent may be given beforehand."""
    return plan.outcome is not None and any(step.do in OUTSIDE for step in plan.steps)


GLOBALS: dict[str, Any] = {
    "sentences_for": sentences_for,
    "step_look": step_look,
    "waits_outside": waits_outside,
    "has_work_order_step": has_work_order_step,
    "timing_name": timing_name,
    "kind_name": kind_name,
    "offering_state_name": offering_state_name,
    "order_event_name": order_event_name,
    "order_state_name": order_state_name,
    "work_order_state_name": work_order_state_name,
}

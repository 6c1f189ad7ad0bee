"""Which pages a role finds in the bar, and where it lands after logging in."""

from typing import NamedTuple

from crm.core.staff.schemas import Actor, Permission


class Entry(NamedTuple):
    """One link of the bar."""

    name: str
    label: str
    href: str
    needs: Permission


ENTRIES = (
    Entry("desk", "受理台", "/desk", Permission.SEE_CUSTOMER),
    Entry("queues", "工单", "/queues", Permission.READ_WORK_ORDER),
    Entry("knowledge", "知识", "/knowledge", Permission.READ_KNOWLEDGE),
    Entry("rules", "规则", "/rules", Permission.READ_RULES),
    Entry("exclusions", "互斥业务", "/catalog/exclusions", Permission.EDIT_CATALOG),
)


def navigation(actor: Actor) -> tuple[Entry, ...]:
    """The links this role may follow."""
    return tuple(entry for entry in ENTRIES if actor.may(entry.needs))


def home_of(actor: Actor) -> str:
    """The first page of a working day: people who handle work orders start at their queue."""
    if actor.may(Permission.HANDLE_WORK_ORDER):
        return "/queues"
    links = navigation(actor)
    return links[0].href if links else "/password"

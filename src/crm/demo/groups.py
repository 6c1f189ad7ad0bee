"""What demo lines share: a company's group V-net and a family's data."""

from datetime import datetime
from typing import NamedTuple

from crm.core.inventory.models import ProductGroup
from crm.demo.staff import demo_id


class Shared(NamedTuple):
    """A demo group: who owns it, what its members hold, which lines are in it."""

    key: str
    kind: str
    name: str
    code: str
    owner: str
    members: tuple[str, ...]


GROUPS = (
    Shared(
        "qiancheng-vnet",
        "vnet",
        "黔程商贸集团V网",
        "vnet-group",
        "qiancheng",
        ("13800010003", "13800010023", "13800010024", "13800010025", "13800010026", "13800010027"),
    ),
    Shared(
        "zhou-family",
        "family",
        "周明家庭流量共享",
        "family-share",
        "zhou-ming",
        ("13800010021", "13800010022"),
    ),
)


def product_groups(now: datetime) -> list[ProductGroup]:
    """The rows of the groups."""
    return [
        ProductGroup(
            id=demo_id("group", each.key),
            kind=each.kind,
            name=each.name,
            offering_code=each.code,
            owner_customer_id=demo_id("customer", each.owner),
            created_at=now,
        )
        for each in GROUPS
    ]


def memberships() -> list[dict[str, object]]:
    """Which product belongs to which group."""
    return [
        {"group": demo_id("group", each.key), "product": demo_id("product", f"{msisdn}/{each.code}")}
        for each in GROUPS
        for msisdn in each.members
    ]

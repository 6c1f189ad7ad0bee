"""Small catalogues and cells in the manner of a real one."""

from typing import Any

from crm.core.catalog.exclusion_partners import PartnerBook
from crm.core.catalog.exclusion_schemas import Cell, CellReading, Decision
from crm.core.catalog.exclusions import understand
from crm.core.catalog.schemas import Offering, OfferingKind


def offering(name: str, code: str = "", **more: Any) -> Offering:
    return Offering(
        code=code or name,
        name=name,
        kind=OfferingKind(more.pop("kind", "data_pack")),
        monthly_fee_fen=0,
        **more,
    )


def plan(name: str, *tags: str, **more: Any) -> Offering:
    return offering(name, kind="main_plan", tags=("主套餐", *tags), sets_brand="全球通", **more)


def series(name: str) -> Offering:
    return offering(name, f"series-{name}", state="series", tags=("套餐系列",))


CATALOGUE = (
    series("和家庭套餐"),
    plan("58档和家庭套餐", "4G套餐", "和家庭套餐"),
    plan("88档和家庭套餐", "4G套餐", "和家庭套餐"),
    plan("188档和家庭套餐", "4G套餐", "和家庭套餐"),
    plan("老卡"),
    series("地铁包"),
    offering("20元地铁包", tags=("地铁包",), brands=("全球通",)),
    offering("30元地铁包", tags=("地铁包",), brands=("动感地带",)),
    offering("50元地铁包", tags=("地铁包",)),
    offering("1200元流量年包"),
    offering("数据流量安心包"),
    offering("和家庭分享", kind="family"),
    offering("万能副卡", kind="family"),
    offering("重名包", "same-1"),
    offering("重名包业务", "same-2"),
)


def read(text: str, service: str = "万能副卡", *decisions: Decision, **more: Any) -> CellReading:
    """One cell, understood with the small catalogue."""
    cell = Cell(source="test", line=1, service=service, text=text, **more)
    (reading,) = understand([cell], {each.key: each for each in decisions}, PartnerBook(CATALOGUE))
    return reading

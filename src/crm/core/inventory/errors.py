"""Refusals of the inventory room."""

from crm.platform.errors import Conflict, Missing


class LineMissing(Missing):
    """The line does not exist."""

    code = "inventory_line_missing"

    def __init__(self) -> None:
        super().__init__("没有找到该号码的用户资料，没有任何改动。请重新查询客户后再办理。")


class ProductMissing(Missing):
    """The held product does not exist, or belongs to another line."""

    code = "inventory_product_missing"

    def __init__(self) -> None:
        super().__init__("该号码名下没有这项业务，没有任何改动。请刷新客户页面后重新选择。")


class ProductChanged(Conflict):
    """The held product is no longer in the state the change was meant for."""

    code = "inventory_product_changed"

    def __init__(self, state: str) -> None:
        super().__init__(
            f"这项业务刚刚被改动（现在：{state}），本次没有改动，您填写的内容已保留。请刷新客户页面核对后再办理。"
        )


class GroupMissing(Missing):
    """No such group of numbers."""

    code = "inventory_group_missing"

    def __init__(self) -> None:
        super().__init__("没有找到这个集团或共享业务，没有任何改动。请从客户页面重新打开。")

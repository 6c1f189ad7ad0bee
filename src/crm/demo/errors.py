"""Refusals of the data generator."""

from crm.platform.errors import Conflict, Invalid


class AlreadyFilled(Conflict):
    """There are customers already, and nobody said what to do with them."""

    code = "seed_already_filled"

    def __init__(self, lines: int) -> None:
        super().__init__(
            f"库里已有 {lines:,} 个号码，没有写入任何数据。要在后面追加请加 --append；"
            "要清空客户、业务、订单、工单和接触记录后重来请加 --reset（审计日志和人员不清）。"
        )


class TooManyLines(Invalid):
    """More lines than the province's number blocks hold."""

    code = "seed_too_many_lines"

    def __init__(self, most: int) -> None:
        super().__init__(f"号码不够分配，没有写入任何数据。号码总数请不要超过 {most:,}。")


class NumbersTaken(Conflict):
    """A generated number or document already exists."""

    code = "seed_numbers_taken"

    def __init__(self) -> None:
        super().__init__("生成的号码与库中已有号码重复，没有写入任何数据。请用 --reset 清空后重来。")


class NothingToHold(Invalid):
    """The catalogue has no main plan for a brand."""

    code = "seed_no_plans"

    def __init__(self) -> None:
        super().__init__(
            "产品目录里没有可用的主套餐，没有写入任何数据。请先运行 crm content 检查 catalog/offerings。"
        )

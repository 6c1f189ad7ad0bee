"""Refusals of the customer room."""

from crm.platform.errors import Forbidden, Invalid, Missing


class CustomerMissing(Missing):
    """No such line in this province."""

    code = "customer_missing"

    def __init__(self, msisdn: str = "") -> None:
        about = f"号码 {msisdn} " if msisdn else "该客户"
        super().__init__(
            f"{about}不在本省系统内，没有打开任何资料。请核对号码；确属外地号码的，请客户拨打归属地 10086。"
        )


class CustomerNotAssigned(Forbidden):
    """A store clerk asked for a customer without a work order in the store's queue."""

    code = "customer_not_assigned"

    def __init__(self) -> None:
        super().__init__("该客户没有派给本厅的工单，资料没有打开，本次查看已记录。请让热线先把工单派到本厅。")


class NumberIncomplete(Invalid):
    """What was typed as the caller's number has too few or too many digits, or is no number."""

    code = "customer_number_incomplete"

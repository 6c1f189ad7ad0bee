"""The door of the work-order room: everything other rooms and the channels may do."""

from crm.core.work_order.closing import Closing
from crm.core.work_order.ground import Calls, ClosedHandler
from crm.core.work_order.handling import Handling
from crm.core.work_order.intake import Intake
from crm.core.work_order.reading import Reading


class WorkOrderService(Intake, Handling, Closing, Reading):
    """Work orders from creation to archive.

    Every use case takes the actor first and checks role, group and state itself; every step joins a running
    transaction and writes history and audit with it. `version` is the one the person read: when the order
    has moved on since, `WorkOrderChanged` says who did what; None does not compare.
    """


__all__ = ["Calls", "ClosedHandler", "WorkOrderService"]

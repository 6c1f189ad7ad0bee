"""What a person is to a work order: the bridge from roles, groups and content to `states.Standing`. Pure."""

from uuid import UUID

from crm.core.staff.schemas import Actor, Permission, Role
from crm.core.work_order.schemas import QueueView, TypeView
from crm.core.work_order.states import Standing

_READS_ALL = frozenset({Permission.SEE_CUSTOMER, Permission.REASSIGN_WORK_ORDER})


def works_in(actor: Actor, queue: QueueView) -> bool:
    """Whether the person belongs to the queue's group and holds a permission to handle its orders."""
    return queue.group in actor.group_codes and any(actor.may(right) for right in queue.handled_with)


def reads_all(actor: Actor) -> bool:
    """Whether every order may be read; others see their queues' orders and their own."""
    return actor.may(Permission.READ_WORK_ORDER) and (
        actor.role is Role.QUALITY or any(actor.may(right) for right in _READS_ALL)
    )


def sees_numbers(actor: Actor) -> bool:
    """Whether customers' numbers are shown in full."""
    return actor.may(Permission.SEE_CUSTOMER) or actor.may(Permission.SEE_ASSIGNED_CUSTOMER)


def masked(msisdn: str) -> str:
    """138****0001."""
    return f"{msisdn[:3]}****{msisdn[7:]}" if len(msisdn) == 11 else "*" * len(msisdn)


def standing(
    actor: Actor, kind: TypeView, queue: QueueView, created_by_id: UUID, assignee_id: UUID | None
) -> Standing:
    """What `actor` is to an order of `kind` that lies in `queue`.

    A member may end an order of the queue, but not one of their own making unless the type says so:
    what another post must do, another person ends (S2: 需其他岗位协助受理).
    """
    creator = actor.staff_id == created_by_id
    member = works_in(actor, queue)
    by_post = kind.members_close and member and (not creator or kind.creator_may_close)
    by_role = actor.role in kind.closed_by and not creator
    return Standing(
        creator=creator,
        assignee=actor.staff_id == assignee_id,
        member=member,
        leader=actor.may(Permission.REASSIGN_WORK_ORDER),
        closer=by_post or by_role,
        writer=actor.may(Permission.CREATE_WORK_ORDER) or actor.may(Permission.HANDLE_WORK_ORDER),
    )

"""Roles, permissions and the actor: what other rooms need to know of staff."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

import msgspec

from crm.core.staff.errors import NotAllowed


class Role(StrEnum):
    """Roles of the hotline (domain.md §2)."""

    AGENT = "agent"
    DUTY_ASSISTANT = "duty_assistant"
    SHIFT_LEADER = "shift_leader"
    BACK_OFFICE = "back_office"
    BUSINESS = "business"
    REVIEWER = "reviewer"
    STORE_CLERK = "store_clerk"
    QUALITY = "quality"
    VAULT_APPROVER = "vault_approver"
    ADMIN = "admin"
    AUDITOR = "auditor"


ROLE_NAMES: dict[Role, str] = {
    Role.AGENT: "客户代表",
    Role.DUTY_ASSISTANT: "值班经理助理",
    Role.SHIFT_LEADER: "值班长",
    Role.BACK_OFFICE: "后台组",
    Role.BUSINESS: "业务组",
    Role.REVIEWER: "知识审核",
    Role.STORE_CLERK: "营业厅",
    Role.QUALITY: "质检",
    Role.VAULT_APPROVER: "金库审批人",
    Role.ADMIN: "管理员",
    Role.AUDITOR: "审计",
}


class Permission(StrEnum):
    """One thing a role may do; the value is the Chinese verb used in a refusal."""

    SEE_CUSTOMER = "查看客户资料"
    SEE_ASSIGNED_CUSTOMER = "查看派给本厅的客户"
    CHECK_IDENTITY = "核验客户身份"
    ORDER = "办理业务"
    ORDER_ASSIGNED = "办理派给本厅的业务"
    CREATE_WORK_ORDER = "建工单"
    READ_WORK_ORDER = "查看工单"
    HANDLE_WORK_ORDER = "领取和处理工单"
    REASSIGN_WORK_ORDER = "催办和改派工单"
    REPORT_GAP = "上报知识缺口"
    ROUTE_GAP = "转派知识缺口"
    ANSWER_GAP = "答复知识缺口"
    READ_KNOWLEDGE = "查阅知识"
    WRITE_KNOWLEDGE = "编写知识"
    APPROVE_KNOWLEDGE = "审核知识"
    ESCALATE_GREEN_CHANNEL = "升级绿色通道"
    DECIDE_GREEN_CHANNEL = "授权绿色通道"
    READ_CATALOG = "查询产品目录"
    READ_RULES = "查看业务规则"
    DRAFT_RULES = "起草业务规则"
    APPROVE_RULES = "审核和发布业务规则"
    EDIT_CATALOG = "维护产品目录"
    ADMINISTER = "管理系统配置"
    READ_AUDIT = "查看审计日志"
    EXPORT_VERDICT = "导出判定材料"


_DESK = frozenset(
    {
        Permission.SEE_CUSTOMER,
        Permission.CHECK_IDENTITY,
        Permission.ORDER,
        Permission.CREATE_WORK_ORDER,
        Permission.READ_WORK_ORDER,
        Permission.READ_KNOWLEDGE,
        Permission.REPORT_GAP,
        Permission.READ_CATALOG,
        Permission.READ_RULES,
        Permission.ESCALATE_GREEN_CHANNEL,
    }
)

PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.AGENT: _DESK,
    Role.DUTY_ASSISTANT: _DESK | {Permission.ROUTE_GAP},
    Role.SHIFT_LEADER: _DESK
    | {
        Permission.REASSIGN_WORK_ORDER,
        Permission.DECIDE_GREEN_CHANNEL,
        Permission.ROUTE_GAP,
        Permission.EXPORT_VERDICT,
    },
    Role.BACK_OFFICE: _DESK - {Permission.ESCALATE_GREEN_CHANNEL, Permission.REPORT_GAP}
    | {Permission.HANDLE_WORK_ORDER},
    Role.BUSINESS: frozenset(
        {
            Permission.READ_KNOWLEDGE,
            Permission.WRITE_KNOWLEDGE,
            Permission.ANSWER_GAP,
            Permission.READ_CATALOG,
            Permission.EDIT_CATALOG,
            Permission.READ_RULES,
            Permission.DRAFT_RULES,
            Permission.APPROVE_RULES,  # of another person's draft
            Permission.READ_WORK_ORDER,
            Permission.HANDLE_WORK_ORDER,
        }
    ),
    Role.REVIEWER: frozenset(
        {
            Permission.READ_KNOWLEDGE,
            Permission.APPROVE_KNOWLEDGE,
            Permission.READ_RULES,
            Permission.APPROVE_RULES,
        }
    ),
    Role.STORE_CLERK: frozenset(
        {
            Permission.SEE_ASSIGNED_CUSTOMER,
            Permission.ORDER_ASSIGNED,
            Permission.READ_WORK_ORDER,
            Permission.HANDLE_WORK_ORDER,
            Permission.READ_KNOWLEDGE,
            Permission.READ_CATALOG,
            Permission.READ_RULES,
        }
    ),
    Role.QUALITY: frozenset(
        {
            Permission.READ_WORK_ORDER,
            Permission.READ_KNOWLEDGE,
            Permission.REPORT_GAP,
            Permission.EXPORT_VERDICT,
        }
    ),
    Role.VAULT_APPROVER: frozenset(),
    Role.ADMIN: frozenset({Permission.ADMINISTER}),
    Role.AUDITOR: frozenset({Permission.READ_AUDIT, Permission.EXPORT_VERDICT}),
}


class Actor(msgspec.Struct, frozen=True, kw_only=True):
    """Who is doing something, from where and on which call. Every use case takes one."""

    staff_id: UUID
    staff_number: str
    name: str
    role: Role
    group_ids: tuple[UUID, ...] = ()
    group_codes: tuple[str, ...] = ()
    ip: str = ""
    interaction_id: UUID | None = None
    must_change_password: bool = False

    @property
    def automatic(self) -> bool:
        """Whether nobody does it: a round of the system acts, under the id of zeros."""
        return self.staff_id.int == 0

    def may(self, permission: Permission) -> bool:
        """Whether the role holds the permission."""
        return permission in PERMISSIONS[self.role]

    def require(self, permission: Permission) -> None:
        """Raise `NotAllowed` unless the role holds the permission."""
        if not self.may(permission):
            raise NotAllowed(permission.value)


class Login(msgspec.Struct, frozen=True):
    """A new session: the secret goes into the cookie, only its hash is stored."""

    token: str
    actor: Actor
    csrf: str
    expires_at: datetime


class GroupView(msgspec.Struct, frozen=True):
    """A team, back-office group or store."""

    id: UUID
    code: str
    name: str
    kind: str


class NewStaff(msgspec.Struct, frozen=True):
    """A person to hire."""

    staff_number: str
    name: str
    role: Role
    password: str
    group_codes: tuple[str, ...] = ()

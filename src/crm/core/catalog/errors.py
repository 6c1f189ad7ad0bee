"""Named refusals of the catalogue."""

from crm.platform.errors import Conflict, Invalid, Missing


class OfferingUnknown(Missing):
    """No offering has this code."""

    code = "offering_unknown"

    def __init__(self, code: str) -> None:
        shown = code if len(code) <= 40 else code[:40] + "…"
        super().__init__(f"目录里没有编码为“{shown}”的产品，没有做任何改动。请按名称或拼音首字母重新搜索。")


class CatalogContentInvalid(Invalid):
    """The content files have mistakes and no earlier good catalogue is stored to go on with."""

    code = "catalog_content_invalid"

    def __init__(self, problems: tuple[str, ...]) -> None:
        shown = "\n".join(f"  - {problem}" for problem in problems[:20])
        more = f"\n  …… 另有 {len(problems) - 20} 处" if len(problems) > 20 else ""
        super().__init__(
            f"产品目录文件有 {len(problems)} 处错误，没有载入，数据未改动。请改正后重试：\n{shown}{more}"
        )


class ImportFileUnreadable(Invalid):
    """The file to import cannot be opened."""

    code = "catalog_import_unreadable"

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"读不了文件 {path}（{reason}），没有导入任何产品。请检查路径和读取权限。")


class PhraseUnknown(Missing):
    """No stored cell uses this phrase (any more)."""

    code = "exclusion_phrase_unknown"

    def __init__(self) -> None:
        super().__init__(
            "已导入的互斥业务里没有这个说法，可能已随新文件去掉，没有做任何改动。请回到列表刷新。"
        )


class NothingChosen(Invalid):
    """A phrase was to be settled without saying what it means."""

    code = "exclusion_nothing_chosen"

    def __init__(self) -> None:
        super().__init__("没有选择产品或标签，也没有标为已下线，没有保存。请先选一项再保存。")


class TargetUnknown(Invalid):
    """A chosen offering or tag is not in the catalogue."""

    code = "exclusion_target_unknown"

    def __init__(self, reference: str) -> None:
        kind = "标签" if reference.startswith("tag:") else "产品"
        shown = reference.removeprefix("tag:")[:40]
        super().__init__(f"目录里没有{kind}“{shown}”，没有保存。请重新搜索并选择。")


class SettledMeanwhile(Conflict):
    """Somebody else settled or reopened the phrase since the page was drawn."""

    code = "exclusion_settled_meanwhile"

    def __init__(self, by: str) -> None:
        who = f"{by} 刚刚处理过" if by else "刚刚有人撤销了处理"
        super().__init__(f"这个说法{who}，您的选择没有保存。请看过现在的结果后再决定。")

"""Named refusals of the catalogue."""

from crm.platform.errors import Invalid, Missing


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

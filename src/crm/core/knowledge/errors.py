"""Refusals of the knowledge room."""

from crm.platform.errors import Conflict, Invalid, Missing


class ArticleMissing(Missing):
    """No article has this id, or it is no longer valid."""

    code = "knowledge_article_missing"

    def __init__(self, article_id: str) -> None:
        super().__init__(
            f"没有编号为 {article_id} 的知识，可能已下架。请换关键词重新搜索；仍找不到请上报缺口。"
        )


class GapMissing(Missing):
    """No gap has this id."""

    code = "knowledge_gap_missing"

    def __init__(self) -> None:
        super().__init__("没有找到这条知识缺口，没有任何改动。请刷新缺口列表后再试。")


class GapNotOpen(Conflict):
    """The gap is not in a state that allows the step."""

    code = "knowledge_gap_state"

    def __init__(self, state: str) -> None:
        super().__init__(f"这条知识缺口{state}，没有任何改动。请刷新缺口列表查看最新处理情况。")


class EmptyQuestion(Invalid):
    """A gap needs the caller's question."""

    code = "knowledge_empty_question"

    def __init__(self) -> None:
        super().__init__(
            "还没有写客户的问题，缺口没有上报，已填的搜索词仍保留。请把客户的原话写进“问题”后再提交。"
        )


class WrongRating(Invalid):
    """A rating is useful or not useful, with a short comment."""

    code = "knowledge_wrong_rating"

    def __init__(self) -> None:
        super().__init__("评价没有保存：请选择“有用”或“没用”，说明不超过 500 字。")


class BrokenContent(Invalid):
    """The content folder has mistakes; the last good set stays in use."""

    code = "knowledge_broken_content"

    def __init__(self, problems: list[str]) -> None:
        first = "；".join(problems[:3])
        super().__init__(f"知识库有 {len(problems)} 处错误，没有载入，仍使用上一次的内容。{first}")


class ImportUnreadable(Invalid):
    """The import file cannot be read at all."""

    code = "knowledge_import_unreadable"

    def __init__(self, file: str) -> None:
        super().__init__(f"读不到导入文件 {file}，知识库没有改动。请检查路径，文件应为 UTF-8 的 JSONL。")

"""Markdown files become documents, one for each section, with the headings that it stands under."""

from pathlib import Path

import pytest

from clovax_agents.errors import ConfigurationError
from clovax_agents.toolkit import markdown_documents
from clovax_agents.toolkit.markdown import sections_of

RULES = """---
title: 규정
---
머리말입니다.

# 반품

## 기한 ##

받은 날부터 7일입니다.

```sh
# 제목이 아닙니다
```

### 예외

없습니다.

## 비용
6,000원입니다.

# 교환
"""


def test_sections_stand_under_their_headings() -> None:
    """Front matter and empty sections are left out, and what looks like a heading in code is none."""
    assert [(section.path, section.text.splitlines()[0]) for section in sections_of(RULES)] == [
        ((), "머리말입니다."),
        (("반품", "기한"), "받은 날부터 7일입니다."),
        (("반품", "기한", "예외"), "없습니다."),
        (("반품", "비용"), "6,000원입니다."),
    ]
    assert "# 제목이 아닙니다" in sections_of(RULES)[1].text


def test_files_of_a_folder_and_its_subfolders_are_read(tmp_path: Path) -> None:
    """In the order of their names; each section says where it comes from, and no two have one id."""
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "rules.md").write_text(RULES + "\n# 반품\n## 비용\n무료일 때도 있습니다.\n", encoding="utf-8")
    (tmp_path / "a.markdown").write_text("# 안내\r\n영업일에 답합니다.\r\n", encoding="utf-8-sig")
    (tmp_path / "notes.txt").write_text("# 아님\n글", encoding="utf-8")
    documents = markdown_documents(tmp_path)
    assert [document.id for document in documents] == [
        "a.markdown#안내",
        "shop/rules.md",
        "shop/rules.md#기한",
        "shop/rules.md#예외",
        "shop/rules.md#비용",
        "shop/rules.md#비용-2",
    ]
    assert documents[0].metadata == {"title": "안내", "source": "a.markdown"}
    assert documents[1].metadata["title"] == "rules"
    assert documents[3].metadata == {"title": "반품 > 기한 > 예외", "source": "shop/rules.md"}
    assert markdown_documents(tmp_path / "shop" / "rules.md")[1].id == "rules.md#기한"


def test_long_sections_become_several(tmp_path: Path) -> None:
    """Cut between paragraphs where that is possible; nothing is lost."""
    paragraphs = ["첫 문단입니다. " * 6, "둘째 문단입니다. " * 5, "가" * 130]
    (tmp_path / "long.md").write_text("# 긴 글\n\n" + "\n\n".join(paragraphs), encoding="utf-8")
    documents = markdown_documents(tmp_path, characters=100)
    assert all(len(document.page_content) <= 100 for document in documents)
    assert documents[0].page_content == paragraphs[0].strip()
    whole = "".join("".join(document.page_content.split()) for document in documents)
    assert whole == "".join("".join(paragraph.split()) for paragraph in paragraphs)
    assert [document.id for document in documents][:2] == ["long.md#긴 글", "long.md#긴 글-2"]


def test_what_cannot_be_read_is_refused(tmp_path: Path) -> None:
    """With what to change."""
    with pytest.raises(ConfigurationError, match="no file or folder"):
        markdown_documents(tmp_path / "missing")
    with pytest.raises(ConfigurationError, match="holds no Markdown"):
        markdown_documents(tmp_path)
    (tmp_path / "old.md").write_bytes("환불".encode("cp949"))
    with pytest.raises(ConfigurationError, match=r"old\.md is no UTF-8 text: save it as UTF-8"):
        markdown_documents(tmp_path)
    with pytest.raises(ConfigurationError, match="characters=0"):
        markdown_documents(tmp_path, characters=0)

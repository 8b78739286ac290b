"""What is said when a project is made, in English or Korean."""

from __future__ import annotations

from typing import Final

from clovax_agents.languages import speaker

__all__ = ["say"]

_KOREAN: Final = {
    "{name} cannot be the name of a project: take letters from a to z, digits, - and _":
        "{name}은(는) 프로젝트 이름이 될 수 없습니다. 영문자, 숫자, -, _를 쓰세요",
    "{folder} is there already: nothing was written": "{folder}이(가) 이미 있습니다. 아무것도 쓰지 않았습니다",
    "{folder} cannot be written: {error}": "{folder} 폴더에 쓸 수 없습니다: {error}",
    "{folder}: {count} files": "{folder}: 파일 {count}개",
    "next: cd {folder} && make test, then make run": "다음: cd {folder} && make test, 그다음 make run",
}  # fmt: skip

say = speaker(_KOREAN)

"""What models and users read in an extraction, in English or Korean: ``CLOVAX_LANG`` decides."""

from __future__ import annotations

from typing import Final

from clovax_agents.languages import speaker

__all__ = ["say"]

_KOREAN: Final = {
    # The whole form
    "Fill in the form from the conversation. Take every value from it, and make none up: leave out what it does not "
    "say.":
        "대화의 내용으로 양식을 채우세요. 값은 모두 대화에서 가져오고 지어내지 마세요. 대화에 없는 값은 비워 둡니다.",
    "Fill in the form now.": "이제 양식을 채우세요.",
    "Your last answer could not be read: {problem}\nGive the whole form again, as one JSON object.":
        "지난 답을 읽을 수 없었습니다: {problem}\n양식 전체를 JSON 객체 하나로 다시 쓰세요.",
    "the answer was cut off": "답이 중간에 잘렸습니다",
    "the answer is empty": "답이 비어 있습니다",
    "there was no answer: {error}": "답이 없습니다: {error}",
    "That does not fit the form: {problem}": "양식에 맞지 않습니다: {problem}",
    "edits must be a list": "edits는 배열이어야 합니다",
    # Edits
    "A form is filled in from the conversation. Its JSON schema is:\n{schema}\n\nCorrect it with the tool edit_form. "
    "Take every value from the conversation, and make none up. Numbers are written without units and separators. If "
    "the conversation does not say what is needed, call the tool without edits.":
        "대화의 내용으로 양식을 채웁니다. 양식의 JSON 스키마:\n{schema}\n\nedit_form 도구로 양식을 고치세요. 값은 모두 "
        "대화에서 가져오고 지어내지 마세요. 숫자는 단위와 쉼표 없이 씁니다. 필요한 내용이 대화에 없으면 edits를 비워서 "
        "호출하세요.",
    "The form so far:\n{form}": "지금까지의 양식:\n{form}",
    "This is wrong with it:\n{problems}": "맞지 않는 곳:\n{problems}",
    "Write edits for these places alone.": "이 곳만 고치세요.",
    "Bring the form up to date with what the user has said.": "사용자가 말한 내용을 양식에 반영하세요.",
    "the form as a whole": "양식 전체",
    "{place}: {problem} (it is {value})": "{place}: {problem} (지금 값: {value})",
    "Your last edits could not be applied:\n{refused}": "지난 수정 가운데 적용하지 못한 것:\n{refused}",
    "Change single places of the form; everything else stays as it is.":
        "양식에서 필요한 곳만 고칩니다. 나머지는 그대로 둡니다.",
    "Where, as a JSON pointer: /items/0/price; /items/- is behind the last one":
        "고칠 곳. JSON 포인터로 씁니다. 예: /items/0/price, 마지막 다음은 /items/-",
    "The new value, of the type that the form wants there; left out with remove":
        "새 값. 그 자리에 맞는 형식으로 씁니다. remove에는 쓰지 않습니다",
    "Empty if nothing can be said": "고칠 수 있는 것이 없으면 비워 둡니다",
    "{edit}: an edit has op (add, replace, remove), path and value":
        "{edit}: op(add, replace, remove)와 path, value가 있어야 합니다",
    "{edit}: nothing is wrong there, so it stays": "{edit}: 틀린 곳이 아니므로 그대로 둡니다",
    "{edit}: cannot be applied ({error})": "{edit}: 적용할 수 없습니다 ({error})",
    "{edit}: the form as a whole stays an object": "{edit}: 양식 전체는 객체여야 합니다",
    # The answer
    "This is still missing, or wrong:\n{problems}": "아직 빠졌거나 맞지 않는 항목이 있습니다.\n{problems}",
}  # fmt: skip

say: Final = speaker(_KOREAN)

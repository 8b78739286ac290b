"""What models read about files and lists of what is to do, in English or Korean: ``CLOVAX_LANG`` decides."""

from __future__ import annotations

from typing import Final

from clovax_agents.languages import speaker

__all__ = ["say"]

_KOREAN: Final = {
    # How to work
    "How to work:\n- For a request of three steps or more, write the list with write_todos first, and bring it up to "
    "date after each step.\n- Keep what you find out in files. Long results of tools are put into files by themselves: "
    "read only the part that you need.\n- When everything is done, answer the user in words.":
        "일하는 방법:\n- 세 단계 이상 걸리는 요청이면 먼저 write_todos로 할 일 목록을 쓰고, 한 단계가 끝날 "
        "때마다 고치세요.\n"
        "- 알아낸 것은 파일에 적어 두세요. 도구의 긴 결과는 자동으로 파일에 저장되니 필요한 부분만 읽으세요.\n"
        "- 모두 끝나면 사용자에게 말로 답하세요.",
    "- Give work that needs many calls to a sub-agent with task; several at once if they do not need each other's "
    "results.":
        "- 도구를 여러 번 불러야 하는 일은 task로 하위 에이전트에게 맡기세요. 서로 결과가 필요 없는 일은 "
        "한꺼번에 맡기세요.",
    # Tools
    "Keep a list of what is to do, for requests of three steps or more. Write it before you begin, and again whenever "
    "an entry is begun or done; each call replaces the whole list":
        "세 단계 이상 걸리는 요청의 할 일 목록을 관리합니다. 시작하기 전에 쓰고, 항목을 시작하거나 끝낼 때마다 다시 "
        "씁니다. 호출할 때마다 목록 전체가 바뀝니다",
    "The whole list, for instance: [x] done, [>] being done, [ ] to do":
        "목록 전체. 예: [x] 끝난 일, [>] 하는 중인 일, [ ] 할 일",
    "List the files, with their sizes": "파일과 크기를 나열합니다",
    "A folder, for instance /notes": "폴더. 예: /notes",
    "A file or a folder, for instance /notes": "파일이나 폴더. 예: /notes",
    "Read a file, or a part of it": "파일의 전체나 일부를 읽습니다",
    "Path of the file, for instance /notes/report.md": "파일 경로. 예: /notes/report.md",
    "Lines to leave out": "건너뛸 줄 수",
    "Lines to read at most": "읽을 최대 줄 수",
    "Write a file; one that is there already is replaced": "파일을 씁니다. 이미 있는 파일은 바뀝니다",
    "The whole text of the file": "파일에 쓸 내용 전체",
    "Replace a part of a file": "파일의 일부를 바꿉니다",
    "The text to replace, exactly as it is there": "바꿀 글. 파일에 있는 그대로 적습니다",
    "The text to put in": "새로 넣을 글",
    "Replace it wherever it is": "나오는 곳을 모두 바꿉니다",
    "Find lines that contain a text, in files": "파일에서 글이 들어 있는 줄을 찾습니다",
    "The text to find, as it is; no pattern": "찾을 글 그대로. 정규식이 아닙니다",
    # Sub-agents
    "Give a task to a sub-agent and get its answer. It sees nothing but the task and the files. Call it several times "
    "at once for tasks that do not need each other's results. Sub-agents:\n{agents}":
        "하위 에이전트에게 일을 맡기고 답을 받습니다. 맡긴 내용과 파일만 볼 수 있습니다. 서로 결과가 필요 없는 일은 "
        "한꺼번에 여러 번 호출하세요. 하위 에이전트:\n{agents}",
    "The whole task, with everything that is needed for it, and what the answer is to contain":
        "맡길 일 전체. 필요한 정보와 답에 담을 내용을 모두 적습니다",
    "Name of the sub-agent": "하위 에이전트의 이름",
    "any task of several steps, with the same tools as you":
        "여러 단계가 필요한 일이면 무엇이든. 당신과 같은 도구를 씁니다",
    "Do the task with the tools, and answer with all that was asked for.":
        "도구를 써서 맡은 일을 하고, 요청한 내용을 모두 담아 답하세요.",
    "{answer}\n[files that it has written: {files}]": "{answer}\n[작성한 파일: {files}]",
    # Results
    "written to {path}": "{path}에 썼습니다",
    "replaced {path}": "{path}의 내용을 바꿨습니다",
    "changed {path} in 1 place": "{path}에서 한 곳을 바꿨습니다",
    "changed {path} in {count} places": "{path}에서 {count}곳을 바꿨습니다",
    "there is no file {path}; there are: {known}": "{path} 파일이 없습니다. 있는 파일: {known}",
    "none": "없음",
    "the text to replace is not in {path}; read the file and copy it exactly":
        "바꿀 글이 {path}에 없습니다. 파일을 읽고 그대로 적으세요",
    "the text to replace is in {path} {count} times; give more of what is around it, or set replace_all":
        "바꿀 글이 {path}에 {count}번 나옵니다. 앞뒤를 더 적거나 replace_all을 쓰세요",
    "a file may have {most} characters, and this one would have {count}: split it":
        "파일 하나는 {most}자까지인데 {count}자가 됩니다. 나누어 쓰세요",
    "there is no room for it: {files} files of {most} characters together at most. Use files that are there":
        "자리가 없습니다. 파일은 {files}개, 모두 합해 {most}자까지입니다. 있는 파일을 쓰세요",
    "{path} is no path of a file: write it like /notes/report.md, of {most} characters at most, without ..":
        "{path}은(는) 파일 경로가 아닙니다. /notes/report.md처럼 {most}자 이하로, .. 없이 적으세요",
    "{path} ({count} characters)": "{path} ({count}자)",
    "... and {count} more": "... 외 {count}개",
    "there are no files": "파일이 없습니다",
    "{path} is empty": "{path}은(는) 빈 파일입니다",
    "{path} has {count} lines; offset has to be less": "{path}은(는) {count}줄입니다. offset은 그보다 작아야 합니다",
    "[{path}: lines {first} to {last} of {count}]": "[{path}: 전체 {count}줄 중 {first}~{last}번째 줄]",
    "[read on with offset={offset}]": "[이어 읽기: offset={offset}]",
    "no file contains {pattern}": "{pattern}이(가) 들어 있는 파일이 없습니다",
    "the list has {count} entries; {most} are allowed": "목록에 {count}개가 있는데 {most}개까지 가능합니다",
    "{line} is empty or too long for an entry of the list": "{line}은(는) 비었거나 목록의 항목으로 너무 깁니다",
    "[{mark}] says nothing: write [ ] to do, [>] being done, [x] done":
        "[{mark}]의 뜻을 알 수 없습니다. [ ] 할 일, [>] 하는 중, [x] 끝남으로 적으세요",
    "{start}\n[The whole result has {count} characters and is in the file {path}. Read parts of it with read_file, or "
    "find lines with grep.]":
        "{start}\n[결과 전체는 {count}자이고 {path} 파일에 있습니다. read_file로 일부를 읽거나 grep으로 찾으세요.]",
}  # fmt: skip

say: Final = speaker(_KOREAN)

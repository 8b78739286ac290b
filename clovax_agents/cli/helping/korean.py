"""What help and usage errors say in Korean: by the English paragraphs, options, and sentences of typer's."""

from __future__ import annotations

from typing import Final

__all__ = ["EXAMPLE", "KOREAN", "MISTAKES", "PIECES"]

EXAMPLE: Final = "예: "

KOREAN: Final = {
    # All commands
    "Tool-calling agents on NAVER HyperCLOVA X.": "NAVER HyperCLOVA X로 도구를 호출하는 에이전트.",
    "en or ko. Default: as CLOVAX_LANG says, else the locale.":
        "en 또는 ko. 기본: CLOVAX_LANG을 따르고, 없으면 로캘을 따릅니다.",
    "Show this message and exit.": "이 도움말을 보여 주고 끝냅니다.",
    "Show the traceback of an error.": "오류의 traceback을 보여 줍니다.",
    "Print JSON, for a script.": "스크립트에서 쓰도록 JSON으로 출력합니다.",
    "Default: the simulator if CLOVASTUDIO_API_KEY is not set.": "기본: CLOVASTUDIO_API_KEY가 없으면 시뮬레이터.",
    "A graph of ./langgraph.json by its id, prebuilt:NAME, or FILE.py:NAME. Default: the first of ./langgraph.json.":
        "./langgraph.json에 있는 그래프의 id, prebuilt:이름, 또는 파일.py:이름. 기본: ./langgraph.json의 첫 그래프.",
    "As clovax graphs lists them. Default: the first of them.":
        "clovax graphs 목록에 나오는 이름. 기본: 그 가운데 첫 번째.",
    "Ends with 0, or 1 for an error.": "종료 코드: 0은 성공, 1은 오류.",
    # new
    "Make a project of your own: tools, two graphs, tests that pass at once, a Makefile, in English or Korean.":
        "나만의 프로젝트를 만듭니다: 도구, 그래프 둘, 바로 통과하는 테스트, Makefile. 영어나 한국어로 만듭니다.",
    "Ends with 0, or 1 if there is such a folder already: nothing is written over.":
        "종료 코드: 0은 성공, 1은 그런 폴더가 이미 있음. 있는 파일은 덮어쓰지 않습니다.",
    "Of the project, and of the folder that is made here.": "프로젝트 이름. 여기에 만드는 폴더의 이름이기도 합니다.",
    # run
    "Ask a graph one question and watch it work.": "그래프에 질문 하나를 하고 과정을 봅니다.",
    "Ends with 0 when there is an answer, 1 for an error, 130 after Ctrl-C.":
        "종료 코드: 0은 답이 있음, 1은 오류, 130은 Ctrl-C.",
    "What to ask; - reads it from standard input.": "질문. -이면 표준 입력에서 읽습니다.",
    "As clovax graphs lists them, or FILE.py:NAME.": "clovax graphs 목록에 나오는 이름, 또는 파일.py:이름.",
    # chat
    "Talk with a graph; /help inside lists what else it can do.":
        "그래프와 대화합니다. 대화 안에서 /help로 다른 기능을 봅니다.",
    "Threads are kept and can be continued, also after a crash. Ctrl-C stops a turn, Ctrl-D leaves. "
    "Without a terminal, each line of standard input is a message.":
        "대화는 저장되고, 프로그램이 죽은 뒤에도 이어 갈 수 있습니다. Ctrl-C는 응답을 멈추고, Ctrl-D는 종료합니다. "
        "터미널이 아니면 표준 입력의 한 줄이 메시지 하나입니다.",
    "At a terminal, Ctrl-D at a question about a call leaves, too: the question stays open in the thread.":
        "터미널에서는 호출을 승인할지 묻는 자리에서도 Ctrl-D로 종료합니다. 질문은 대화에 그대로 남습니다.",
    "Ends with 0, or 1 for an error: also if standard input ends where a person has to decide.":
        "종료 코드: 0은 성공, 1은 오류. 사람이 결정해야 하는데 표준 입력이 끝나도 1입니다.",
    "Go on with this thread: its id, or the beginning of it.": "이 대화를 이어 갑니다: id, 또는 id의 앞부분.",
    "Go on with the last thread.": "마지막 대화를 이어 갑니다.",
    "List the threads, and leave.": "대화 목록을 보여 주고 끝냅니다.",
    "Name of the model, for instance HCX-005.": "모델 이름. 예: HCX-005.",
    "SQLite file of the threads and their journal.": "대화와 저널을 저장하는 SQLite 파일.",
    # batch
    "Ask a graph a file of questions, each once: after a crash or Ctrl-C, the same command goes on.":
        "파일의 질문을 그래프에 한 번씩 묻습니다. 프로그램이 죽거나 Ctrl-C로 멈춰도 같은 명령으로 이어 갑니다.",
    'A question is a text, or an object with "question" or "messages", and if you like "id" and "thread"; those of one '
    "thread are asked in their order. Calls that a person has to agree to wait for clovax chat --thread.":
        '질문은 글이거나, "question" 또는 "messages"가 있는 객체입니다. "id"와 "thread"도 쓸 수 있고, 같은 대화의 '
        "질문은 차례대로 묻습니다. 사람이 승인해야 하는 호출은 clovax chat --thread를 기다립니다.",
    "Ends with 0 if all are answered, 3 if some failed or need a person, 1 for an error, 130 after Ctrl-C.":
        "종료 코드: 0은 모두 답함, 3은 실패했거나 사람이 필요한 질문이 있음, 1은 오류, 130은 Ctrl-C.",
    "A text or an object on each line.": "한 줄에 글이나 객체 하나.",
    "File of the answers; what stands in it is not asked again.": "답을 적는 파일. 이미 있는 것은 다시 묻지 않습니다.",
    "How many questions at once.": "한꺼번에 물을 질문 수.",
    "Try again what has failed before.": "전에 실패한 것을 다시 시도합니다.",
    # graphs, tools, draw
    "List the graphs of ./langgraph.json and the prebuilt ones.":
        "./langgraph.json의 그래프와 미리 만든 그래프 목록을 봅니다.",
    "Ends with 0, or 1 if langgraph.json is not valid.": "종료 코드: 0은 성공, 1은 langgraph.json이 올바르지 않음.",
    "List tools: what a call does, whether a person has to agree, what it takes, where it is.":
        "도구 목록을 봅니다: 호출의 효과, 사람의 승인, 인자, 위치.",
    "Ends with 0, or 1 if there are no such tools.": "종료 코드: 0은 성공, 1은 그런 도구가 없음.",
    "A graph as clovax graphs lists them, or a file, folder or module of tools, or either with :name. "
    "Default: the first graph of ./langgraph.json.":
        "clovax graphs 목록의 그래프, 또는 도구가 있는 파일, 폴더, 모듈. 뒤에 :이름을 붙일 수 있습니다. "
        "기본: ./langgraph.json의 첫 그래프.",
    "Draw a graph: as Mermaid text, as an SVG picture, or with letters. Nothing is sent anywhere.":
        "그래프를 Mermaid 글, SVG 그림, 글자로 그립니다. 아무 데도 보내지 않습니다.",
    "Write a picture to this file; - prints it.": "이 파일에 그림을 씁니다. -이면 출력합니다.",
    "Draw with letters, for a terminal.": "터미널에 글자로 그립니다.",
    "Draw what is inside of agents, too.": "에이전트의 안도 그립니다.",
    # studio, add-user
    "Serve the graphs of ./langgraph.json for LangGraph Studio until Ctrl-C.":
        "Ctrl-C를 누를 때까지 ./langgraph.json의 그래프를 LangGraph Studio에 제공합니다.",
    "Ends as the server does: with 0 after Ctrl-C, 1 for an error.": "서버의 종료 코드: 0은 Ctrl-C, 1은 오류.",
    "Port of the LangGraph server.": "LangGraph 서버의 포트.",
    "Where it listens; others than loopback need --hardened.":
        "연결을 받을 주소. 이 컴퓨터의 주소가 아니면 --hardened가 필요합니다.",
    "Ask for tokens, and shut what need not be open.": "토큰을 요구하고, 열어 둘 필요가 없는 것을 닫습니다.",
    "Add a user of a hardened server, or give one a new token; the token is shown once.":
        "보안을 강화한 서버의 사용자를 추가하거나 새 토큰을 줍니다. 토큰은 한 번만 보여 줍니다.",
    "The file is ./users.json, or what CLOVAX_SERVER_USERS names.":
        "파일은 ./users.json이나 CLOVAX_SERVER_USERS가 가리키는 것입니다.",
    "Letters, digits, _ and -.": "영문자, 숫자, _, -.",
    "What the user's runs may do; may be given several times.": "사용자의 실행에 허용할 것. 여러 번 쓸 수 있습니다.",
    # simulate
    "Serve a simulator of CLOVA Studio until Ctrl-C, and show the requests as they come.":
        "Ctrl-C를 누를 때까지 CLOVA Studio 시뮬레이터를 실행하고, 들어오는 요청을 보여 줍니다.",
    "Ends with 0 after Ctrl-C, 1 for an option that cannot be understood or a port that is in use.":
        "종료 코드: 0은 Ctrl-C, 1은 이해할 수 없는 옵션이나 이미 쓰는 포트.",
    "Port to listen on; 0 takes a free one.": "연결을 받을 포트. 0이면 빈 포트를 씁니다.",
    "Address to listen on.": "연결을 받을 주소.",
    "Ignore unsupported parameters.": "지원하지 않는 매개변수를 무시합니다.",
    "Whose paths and rules: public, gov or legacy-host.": "어느 곳의 경로와 규칙인지: public, gov, legacy-host.",
    "test, service, off, or MODEL=REQUESTS/TOKENS a minute; may be given more than once. Default: test.":
        "test, service, off, 또는 모델=분당 요청/토큰. 여러 번 쓸 수 있습니다. 기본: test.",
    "How a minute is counted: sliding, fixed or bucket.": "1분을 세는 방법: sliding, fixed, bucket.",
    "An accepted API key, or KEY=REQUESTS/TOKENS for limits of its own. Default: any nv- key.":
        "받아들일 API 키. 키=요청/토큰으로 쓰면 그 키의 한도입니다. 기본: nv-로 시작하는 모든 키.",
    "YAML file that says what is answered; else rules do.": "답을 정하는 YAML 파일. 없으면 규칙이 답합니다.",
    "The same seed gives the same answers, bad habits and faults.":
        "같은 시드는 같은 답, 나쁜 버릇, 장애를 냅니다.",
    "Bad habits of the model, such as invented_name=0.04; field takes the measured rate.":
        "모델의 나쁜 버릇. 예: invented_name=0.04. field는 실제로 측정한 비율입니다.",
    "What goes wrong, such as 'storm; times=5' or 'reset; at_event=3; probability=0.1'.":
        "일으킬 장애. 예: 'storm; times=5', 'reset; at_event=3; probability=0.1'.",
    "NAME=VALUE, see docs/unconfirmed.md.": "이름=값. docs/unconfirmed.md를 보세요.",
    "live, lines, json or off. Default: live on a terminal, else lines.":
        "live, lines, json, off. 기본: 터미널이면 live, 아니면 lines.",
    # record
    "Record the requests that a question makes, and their answers, into a cassette; keys stay out of it.":
        "질문이 보내는 요청과 그 응답을 카세트로 기록합니다. 키는 기록하지 않습니다.",
    "Ends with 0 when the file is written, 1 for an error: also if something in it looks like a key.":
        "종료 코드: 0은 파일을 씀, 1은 오류. 키처럼 보이는 것이 있어도 1입니다.",
    "What to ask.": "질문.",
    "File to write.": "쓸 파일.",
    "Node id of a test with @pytest.mark.clovax_cassette: write its cassette instead.":
        "@pytest.mark.clovax_cassette로 표시한 테스트의 node id. 대신 그 테스트의 카세트를 씁니다.",
    # lint-tools
    "Say what makes a model choose wrong tools, invent names and write wrong arguments.":
        "모델이 잘못된 도구를 고르고, 이름을 지어내고, 인자를 잘못 쓰게 하는 점을 찾습니다.",
    "Ends with 0 if nothing is wrong, 1 if something is, 2 if there is nothing to look at. "
    'The list "ignore" in the table tool.clovax.lint of ./pyproject.toml counts, too.':
        "종료 코드: 0은 문제 없음, 1은 문제가 있음, 2는 볼 것이 없음. ./pyproject.toml의 tool.clovax.lint에 있는 "
        '목록 "ignore"도 따릅니다.',
    "File, folder, module, or either with :name of a Toolbox or list.":
        "파일, 폴더, 모듈. 뒤에 Toolbox나 목록의 :이름을 붙일 수 있습니다.",
    "Fail for warnings, too.": "경고가 있어도 실패로 끝냅니다.",
    "L24, tool:L24 or tool.parameter:L24; may be given several times.":
        "무시할 규칙: L24, 도구:L24, 도구.매개변수:L24. 여러 번 쓸 수 있습니다.",
    # doctor
    "Check key, address, limits, versions and known vulnerabilities, the graphs here, Studio, journal and sandbox.":
        "키, 주소, 한도, 버전과 알려진 취약점, 여기의 그래프, Studio, 저널, 샌드박스를 점검합니다.",
    "Nothing is sent without --online, and the key is never shown.":
        "--online이 없으면 아무것도 보내지 않고, 키는 보여 주지 않습니다.",
    "Ends with 0 if all is well, 1 if something may go wrong, 2 if something cannot work.":
        "종료 코드: 0은 이상 없음, 1은 문제가 될 수 있는 것이 있음, 2는 동작할 수 없는 것이 있음.",
    "Ask each model for a word, too: less than a won.": "모델마다 한 마디를 묻습니다. 1원도 들지 않습니다.",
    # journal
    "Look into the journal of tool calls: what ran, what nobody knows of, and whether the audit is whole.":
        "도구 호출의 저널을 봅니다: 실행한 것, 결과를 아무도 모르는 것, 감사 기록이 온전한지.",
    "List the calls of tools.": "도구 호출 목록을 봅니다.",
    "Ends with 0, or 1 if there is no journal.": "종료 코드: 0은 성공, 1은 저널이 없음.",
    "A path, sqlite:///PATH or postgresql://... Default: CLOVAX_JOURNAL, else what is in ./.clovax.":
        "경로, sqlite:///경로, postgresql://... 기본: CLOVAX_JOURNAL, 없으면 ./.clovax에 있는 것.",
    "Only calls of this thread.": "이 대화의 호출만.",
    "Only done, failed, forgotten, interrupted, unknown, running or broken-off ones.":
        "이 상태의 호출만: done, failed, forgotten, interrupted, unknown, running, broken-off.",
    "How many at most, the last ones first.": "최대 개수. 마지막 것부터 보여 줍니다.",
    "Show a call with its result and its lines of the audit.": "호출 하나의 결과와 감사 기록을 봅니다.",
    "Ends with 0, or 1 if there is no such call.": "종료 코드: 0은 성공, 1은 그런 호출이 없음.",
    "Of the call, or the beginning of it.": "호출의 키, 또는 키의 앞부분.",
    "List the calls of which nobody knows whether they took effect.":
        "실행되었는지 아무도 모르는 호출의 목록을 봅니다.",
    "Ends with 0 if there are none, 3 if there are, 1 for an error.": "종료 코드: 0은 없음, 3은 있음, 1은 오류.",
    "Write down what became of a call that broke off, before its run goes on.":
        "끊긴 호출이 어떻게 되었는지, 실행을 이어 가기 전에 적습니다.",
    "Ends with 0, or 1 if the call is not in doubt.": "종료 코드: 0은 성공, 1은 결과를 이미 아는 호출.",
    "It took effect, and this is its result, which the model reads.":
        "실행되었고, 이것이 모델이 읽을 결과입니다.",
    "It did not take effect: it may run.": "실행되지 않았습니다. 다시 실행할 수 있습니다.",
    "Forget the results of calls that ended long ago; the audit stays whole.":
        "오래전에 끝난 호출의 결과를 삭제합니다. 감사 기록은 온전히 남습니다.",
    "Of calls that ended so long ago. Default: as CLOVAX_JOURNAL_DAYS says.":
        "끝난 지 이만큼의 날이 지난 호출만. 기본: CLOVAX_JOURNAL_DAYS.",
    "Check that no line of the audit was changed or taken out.":
        "감사 기록의 줄이 바뀌거나 빠지지 않았는지 확인합니다.",
    "Ends with 0 if it is whole, 1 if it is not.": "종료 코드: 0은 온전함, 1은 온전하지 않음.",
    "Hash of the last record, as it was noted: shows that the end was not cut off.":
        "전에 적어 둔 마지막 기록의 해시. 끝이 잘리지 않았음을 보여 줍니다.",
}  # fmt: skip
"""By the paragraphs of the commands' docstrings, each in one line, and by the help of options and arguments."""

PIECES: Final = {
    "Usage: ": "사용법: ",
    "[OPTIONS]": "[옵션]",
    "COMMAND [ARGS]...": "명령 [인자]...",
    "Options": "옵션",
    "Arguments": "인자",
    "Commands": "명령",
    "[default: {}]": "[기본값: {}]",
    "[required]": "[필수]",
    "Error": "오류",
    "Try '{command} {option}' for help.": "도움말: {command} {option}",
}
"""What stands around the texts of the commands."""

MISTAKES: Final = {
    "No such option: {name} (Possible options: {known})": "{name} 옵션이 없습니다. 비슷한 옵션: {known}",
    "No such option: {name}": "{name} 옵션이 없습니다.",
    "No such command {name}. Did you mean {known}?": "{name} 명령이 없습니다. 비슷한 명령: {known}",
    "No such command {name}.": "{name} 명령이 없습니다.",
    "Missing command.": "명령을 적으세요.",
    "Missing argument {name}.": "{name} 인자가 빠졌습니다.",
    "Missing option {name}.": "{name} 옵션이 빠졌습니다.",
    "Got unexpected extra argument(s) ({names})": "남는 인자가 있습니다: {names}",
    "Option {name} does not take a value.": "{name} 옵션에는 값을 쓰지 않습니다.",
    "Option {name} requires an argument.": "{name} 옵션에는 값이 필요합니다.",
    "Input should be a valid integer, unable to parse string as an integer": "정수여야 합니다.",
    "Input should be a valid number, unable to parse string as a number": "숫자여야 합니다.",
    "Input should be greater than or equal to {least}": "{least} 이상이어야 합니다.",
    "Input should be less than or equal to {most}": "{most} 이하여야 합니다.",
    "Invalid value for {name}: {problem}": "{name}의 값이 올바르지 않습니다: {problem}",
}
"""By the sentences of typer's and pydantic's usage errors, with what they name."""

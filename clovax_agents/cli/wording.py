"""What the command line says to a person, in English or Korean: ``CLOVAX_LANG`` decides, which ``--lang`` sets."""

from __future__ import annotations

from typing import Final

from clovax_agents.languages import speaker

__all__ = ["say"]

_KOREAN: Final = {
    # All commands
    'the command line needs an extra: pip install "clovax-agents[cli,simulator]"':
        '명령줄에는 추가 설치가 필요합니다: pip install "clovax-agents[cli,simulator]"',
    "error": "오류",
    "Run again with --debug to see where it happened.": "--debug를 붙여 다시 실행하면 어디서 일어났는지 봅니다.",
    "--lang {given} is none of {known}": "--lang {given}은(는) 쓸 수 없습니다. 쓸 수 있는 것: {known}",
    "{path} is not valid: {error}": "{path} 파일이 올바르지 않습니다: {error}",
    "SIMULATED model (모의 모델): {url}. Set {key} to talk to HyperCLOVA X.":
        "모의 모델 (SIMULATED): {url}. HyperCLOVA X를 쓰려면 {key}를 설정하세요.",
    # A run
    "question": "질문",
    "answer": "답변",
    "thinking": "생각",
    "model, turn {number}": "모델 {number}번째 차례",
    "tool calls: {count}": "도구 호출 {count}개",
    "not run: {problem}": "실행하지 않음: {problem}",
    "{text}… ({count:,} characters)": "{text}… (모두 {count:,}자)",
    "the answer was cut off by max_tokens (finish reason length)":
        "max_tokens에 걸려 답이 잘렸습니다 (finish reason length)",
    "interrupted: nothing more was run": "중단했습니다. 더 실행한 것은 없습니다",
    # A person decides
    "approval needed": "승인 필요",
    "run it? {ways}: ": "실행할까요? {ways}: ",
    "y yes": "y 예",
    "n no": "n 아니요",
    "e edit": "e 인자 고치기",
    "r answer instead of the tool": "r 도구 대신 답하기",
    "reason (Enter for none): ": "이유 (없으면 Enter): ",
    "what the model reads as the result: ": "모델이 결과로 읽을 내용: ",
    "new arguments (a JSON object): ": "새 인자 (JSON 객체): ",
    "that is not JSON: {error}": "JSON이 아닙니다: {error}",
    "that is not a JSON object": "JSON 객체가 아닙니다",
    "Enter sends, Alt-Enter begins a line, Ctrl-X Ctrl-E opens $EDITOR":
        "Enter 보내기, Alt-Enter 줄바꿈, Ctrl-X Ctrl-E는 $EDITOR 열기",
    "the run asks a person, and standard input holds no answer: run it in a terminal. What it asks about was not run":
        "사람이 결정해야 하는데 표준 입력에 답이 없습니다. 터미널에서 실행하세요. 물어본 호출은 실행하지 않았습니다",
    "nothing was decided. What the run asks about was not run":
        "결정하지 않았습니다. 물어본 호출은 실행하지 않았습니다",
    # Chat
    "the question stays open: clovax chat --thread {thread}, then /resume, asks it again":
        "질문은 남아 있습니다. clovax chat --thread {thread}, 그다음 /resume으로 다시 묻습니다",
    "you": "나",
    "thread": "대화",
    "/help lists the commands": "/help로 명령을 봅니다",
    "Ctrl-D or /quit leaves": "나가려면 Ctrl-D 또는 /quit",
    "Ctrl-C stops a turn, Ctrl-D leaves": "Ctrl-C는 응답을 멈추고, Ctrl-D는 종료합니다",
    "stopped; the thread goes on with your next message, or with /resume":
        "멈췄습니다. 새 메시지를 보내거나 /resume으로 이어 갈 수 있습니다",
    "nothing is open: the last turn has ended": "이어서 처리할 것이 없습니다. 마지막 응답은 끝났습니다",
    "a question is open: /resume asks it again": "결정을 기다리는 질문이 있습니다. /resume으로 다시 묻습니다",
    "the last turn broke off at {node}: /resume goes on with it":
        "마지막 응답이 {node}에서 끊겼습니다. /resume으로 이어 갈 수 있습니다",
    "there is no thread to go on with yet: begin one without --continue":
        "이어 갈 대화가 아직 없습니다. --continue 없이 시작하세요",
    "there is no thread {named}: clovax chat --threads lists them":
        "{named} 대화가 없습니다. clovax chat --threads로 목록을 봅니다",
    "{count} threads begin with {named}: give more of the id":
        "{named}(으)로 시작하는 대화가 {count}개입니다. id를 더 적으세요",
    "the threads in {path} cannot be used ({error}): choose another file with --db":
        "{path}의 대화를 쓸 수 없습니다 ({error}). --db로 다른 파일을 고르세요",
    # Costs and times
    "{count:,} tokens ({read:,} in, {written:,} out)": "토큰 {count:,} (입력 {read:,}, 출력 {written:,})",
    "{seconds:.1f} s": "{seconds:.1f}초",
    "thread: {count:,} tokens, {cost}": "대화 전체: 토큰 {count:,}, {cost}",
    "{cost} and {count:,} tokens without a price": "{cost}, 가격을 모르는 토큰 {count:,}",
    "just now": "방금",
    "{count} min ago": "{count}분 전",
    "{count} h ago": "{count}시간 전",
    "{count} days ago": "{count}일 전",
    # Commands of a chat
    "list the commands": "명령 목록",
    "list the threads": "대화 목록",
    "begin a thread": "새 대화",
    "go on with another thread": "다른 대화로 가기",
    "show what was said in this thread": "이 대화의 내용 보기",
    "go on with a turn that was stopped, or decide what is open": "멈춘 응답을 잇거나, 남은 질문에 답하기",
    "take the last message back": "마지막 메시지 되돌리기",
    "go on in a copy of this thread": "이 대화를 복사해 이어 가기",
    "draw the graph, or begin a thread with another": "그래프 그리기, 또는 다른 그래프로 새 대화",
    "show or choose the model": "모델 보기, 고르기",
    "list the tools": "도구 목록",
    "say what the thread has used": "이 대화가 쓴 토큰과 비용",
    "write the thread to a file: .md or .json": "대화를 파일로 저장: .md 또는 .json",
    "leave": "나가기",
    "there is no /{name}; there is {known}": "/{name} 명령이 없습니다. 있는 명령: {known}",
    "/switch NUMBER goes on with one of them": "/switch 번호로 이어 갑니다",
    "/graph NAME begins a thread with another: {known}": "/graph 이름으로 다른 그래프와 새 대화를 시작합니다: {known}",
    "model: {name}": "모델: {name}",
    "as the graph was built": "그래프에 정해진 대로",
    "/model NAME changes it, /model default takes it back": "/model 이름으로 바꾸고, /model default로 되돌립니다",
    "this graph does not let a run choose its model": "이 그래프는 실행할 때 모델을 고를 수 없습니다",
    "this graph has no tools": "이 그래프에는 도구가 없습니다",
    "nothing has been said yet": "아직 나눈 말이 없습니다",
    "there is nothing to take back": "되돌릴 것이 없습니다",
    "taken back: {text}": "되돌렸습니다: {text}",
    "what tools have done stays done": "도구가 이미 한 일은 되돌리지 않습니다",
    "{count} messages written to {path}": "메시지 {count}개를 {path}에 저장했습니다",
    # Lists
    "graph": "그래프",
    "last used": "마지막 사용",
    "cost": "비용",
    "first message": "첫 메시지",
    "there are no threads yet": "아직 대화가 없습니다",
    "tool": "도구",
    "effect": "효과",
    "approval: always": "승인: 항상",
    "approval: depends": "승인: 경우에 따라",
    "{name} is no graph ({known}), and no tools: {error}": "{name}은(는) 그래프({known})도 도구도 아닙니다: {error}",
    "there is no {config} here: run this in the folder of a LangGraph project, or name a graph: {known}":
        "여기에 {config} 파일이 없습니다. LangGraph 프로젝트 폴더에서 실행하거나 그래프를 고르세요: {known}",
    # Graphs and tools
    "there is no {config} here: run this in the folder of a LangGraph project":
        "여기에 {config} 파일이 없습니다. LangGraph 프로젝트 폴더에서 실행하세요",
    "{config} has no graph {name}; it has {known}": "{config}에 {name} 그래프가 없습니다. 있는 그래프: {known}",
    "{config} names no graph": "{config}에 그래프가 없습니다",
    "{place} in {config} is not a graph": "{config}의 {place}은(는) 그래프가 아닙니다",
    "there is no prebuilt graph {name}; there are {known}":
        "미리 만든 그래프 {name}이(가) 없습니다. 있는 그래프: {known}",
    "there is no graph file {path}": "그래프 파일 {path}이(가) 없습니다",
    "there is no module {name}": "{name} 모듈이 없습니다",
    "there is no file, folder or module {place}": "{place}(이)라는 파일, 폴더, 모듈이 없습니다",
    "{place} has no tools of its own: name a Toolbox or a list of tools, {place}:name":
        "{place}에는 도구가 없습니다. Toolbox나 도구 목록을 {place}:이름으로 고르세요",
    "{asked} is no Toolbox, tool or list of tools": "{asked}은(는) Toolbox, 도구, 도구 목록이 아닙니다",
    '{path}: ignore of [tool.clovax.lint] is a list of texts, such as ["L24"]':
        '{path}: [tool.clovax.lint]의 ignore는 ["L24"]와 같은 글의 목록입니다',
    # The server
    'the server needs an extra: pip install "clovax-agents[studio]"':
        '서버에는 추가 설치가 필요합니다: pip install "clovax-agents[studio]"',
    "--host {host} would let everybody in: add --hardened, or leave --host out":
        "--host {host}(으)로 누구나 들어올 수 있습니다. --hardened를 붙이거나 --host를 빼세요",
    "hardened: tokens only; Ctrl-C stops": "보안 강화: 토큰 필요, 끝내려면 Ctrl-C",
    "Ctrl-C stops": "끝내려면 Ctrl-C",
    "{path} has no users: add one with `clovax add-user NAME`":
        "{path}에 사용자가 없습니다. `clovax add-user 이름`으로 추가하세요",
    "port {port} is taken: stop what listens there, or choose another with --port":
        "포트 {port}을(를) 이미 쓰고 있습니다. 쓰는 프로그램을 끝내거나 --port로 다른 포트를 고르세요",
    "{name} is in {path}; the token above is not kept anywhere":
        "{path}에 {name}을(를) 적었습니다. 위의 토큰은 어디에도 저장하지 않습니다",
    # The simulator
    "CLOVA Studio simulator (모의 서버): no model runs here, and nothing leaves this machine.":
        "CLOVA Studio 시뮬레이터 (모의 서버): 모델은 실행하지 않고, 이 컴퓨터 밖으로 아무것도 보내지 않습니다.",
    "strict": "엄격함",
    "lenient": "너그러움",
    "{mode}, limits {limits} (--limits off for none); every option: clovax simulate --help; stop with Ctrl-C":
        "{mode}, 한도 {limits} (없애려면 --limits off). 모든 옵션: clovax simulate --help. 끝내려면 Ctrl-C",
    "--limits {text} is not a limit: use test, service, off, or MODEL=REQUESTS/TOKENS such as {example}":
        "--limits {text}은(는) 한도가 아닙니다. test, service, off, 또는 {example}과 같은 모델=요청/토큰을 쓰세요",
    "--switch {text}: the value is true, false or a number": "--switch {text}: 값은 true, false, 또는 숫자입니다",
    "{what} is unknown; known: {known}": "{what}은(는) 모르는 값입니다. 아는 값: {known}",
    "{count} requests, {refused} refused": "요청 {count}개, 거절 {refused}개",
    "waiting for requests …": "요청을 기다립니다 …",
    "stream": "스트림",
    "{count} tokens": "토큰 {count}",
    "{count:,} message": "메시지 {count:,}개",
    "{count:,} messages": "메시지 {count:,}개",
    "{count:,} tool": "도구 {count:,}개",
    "{count:,} tools": "도구 {count:,}개",
    "fault": "장애",
    "quirk": "버릇",
    "time": "시각",
    "status": "상태",
    "path": "경로",
    "model": "모델",
    "asked": "요청",
    "answered": "응답",
    "took": "걸린 시간",
    "limit of": "한도",
    "requests a minute": "분당 요청",
    "tokens a minute": "분당 토큰",
    "without a limit": "한도 없음",
    "{used:,} of {limit:,}": "{used:,} / {limit:,}",
    # Pictures
    "give --svg or --ascii, not both": "--svg와 --ascii 중 하나만 쓰세요",
    'pictures need an extra: pip install "clovax-agents[draw]"':
        '그림에는 추가 설치가 필요합니다: pip install "clovax-agents[draw]"',
    "{path} cannot be written: {error}": "{path} 파일에 쓸 수 없습니다: {error}",
    "{path}: {count} nodes": "{path}: 노드 {count}개",
    # Recordings
    '{modules} is missing; install it with: pip install "clovax-agents[testing]"':
        '{modules} 모듈이 없습니다. 설치: pip install "clovax-agents[testing]"',
    "{path}: {count} requests, recorded against {against}": "{path}: 요청 {count}개, 기록 대상 {against}",
    "the file held the same already, and is as it was": "파일 내용이 이미 같아서 그대로 두었습니다",
    # The journal
    "key": "키",
    "state": "상태",
    "started": "시작",
    "no such calls": "해당하는 호출이 없습니다",
    "{count} more: --limit": "{count}개 더 있습니다: --limit",
    "there is no journal in {places}: give the file or database with --journal, or set CLOVAX_JOURNAL":
        "{places}에 저널이 없습니다. --journal로 파일이나 데이터베이스를 주거나 CLOVAX_JOURNAL을 설정하세요",
    "a journal in memory cannot be looked into: give a path or postgresql://...":
        "메모리에 있는 저널은 볼 수 없습니다. 파일 경로나 postgresql://... 을 주세요",
    "{count} calls have a key that begins with {key}: clovax journal list shows them":
        "키가 {key}(으)로 시작하는 호출이 {count}개입니다. clovax journal list로 봅니다",
    "find out what happened, then: clovax journal resolve KEY --done RESULT, or --not-done":
        "실제로 어떻게 되었는지 확인한 뒤: clovax journal resolve 키 --done 결과, 또는 --not-done",
    "say what became of it: --done RESULT, or --not-done": "어떻게 되었는지 적으세요: --done 결과, 또는 --not-done",
    "{key}: done; its run goes on with this result": "{key}: 완료. 실행은 이 결과로 이어집니다",
    "{key}: it may run when its run goes on": "{key}: 실행이 이어질 때 다시 실행할 수 있습니다",
    "results forgotten: {count}": "삭제한 결과: {count}개",
    "the audit is whole: {count} records": "감사 기록이 온전합니다: {count}건",
    "note the head elsewhere and give it with --head next time":
        "head를 다른 곳에 적어 두고 다음에 --head로 주세요",
}  # fmt: skip

say: Final = speaker(_KOREAN)

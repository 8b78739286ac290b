"""What the doctor says to a person, in English or Korean."""

from __future__ import annotations

from typing import Final

from clovax_agents.languages import speaker

__all__ = ["say"]

_KOREAN: Final = {
    # Versions
    "clovax-agents {own}, {shown}: no known vulnerability": "clovax-agents {own}, {shown}: 알려진 취약점 없음",
    "Python {version} is too old": "Python {version}은(는) 너무 오래되었습니다",
    "Python {version}: newer than what this version was tried with (3.11 to 3.13)":
        "Python {version}: 이 버전을 시험한 것(3.11~3.13)보다 새것입니다",
    "install Python 3.11, 3.12 or 3.13": "Python 3.11, 3.12, 3.13 중 하나를 설치하세요",
    "{name} {found} is installed, {wanted} is needed": "{name} {found}이(가) 설치되어 있고, {wanted}이(가) 필요합니다",
    "{name} {found} is vulnerable ({id}): {what}": "{name} {found}에 취약점이 있습니다 ({id}): {what}",
    "run: pip install --upgrade {what}": "실행: pip install --upgrade {what}",
    "run: pip install {what}": "실행: pip install {what}",
    # The service
    "{name} is not set: everything runs on the simulator": "{name}이(가) 없어서 모두 시뮬레이터에서 실행됩니다",
    "to talk to HyperCLOVA X, set it in .env or in the environment":
        "HyperCLOVA X와 대화하려면 .env나 환경 변수에 설정하세요",
    "{name} does not have the form of a key of CLOVA Studio, nv-...":
        "{name}이(가) CLOVA Studio 키의 형식(nv-...)이 아닙니다",
    "copy it again, without quotes, spaces or line ends": "따옴표, 공백, 줄바꿈 없이 다시 복사하세요",
    "{name} is set, and has the form of a key": "{name}이(가) 있고 형식이 맞습니다",
    "{path} can be read by other users of this machine": "{path}을(를) 이 기기의 다른 사용자가 읽을 수 있습니다",
    "run: chmod 600 {path}": "실행: chmod 600 {path}",
    "{path} holds the key, and git does not ignore it": "{path}에 키가 있는데 git이 무시하지 않습니다",
    "add the line .env to .gitignore": ".gitignore에 .env 줄을 넣으세요",
    "{url} ({kind})": "{url} ({kind})",
    "correct {name}, or take it away": "{name}을(를) 고치거나 지우세요",
    "{name}={setting}": "{name}={setting}",
    "no documented limits hold at this address, and none are assumed":
        "이 주소에는 문서로 정해진 한도가 없어서 가정하지 않습니다",
    "the documented limits of test keys are assumed: {assumed} a minute":
        "테스트 키의 문서화된 한도로 가정합니다: 1분에 {assumed}",
    "if the key has others, say so: {name}=REQUESTS/TOKENS": "키의 한도가 다르면 알려 주세요: {name}=요청수/토큰수",
    "LANGSMITH_TRACING is on, and there is no LANGSMITH_API_KEY":
        "LANGSMITH_TRACING이 켜져 있는데 LANGSMITH_API_KEY가 없습니다",
    "set LANGSMITH_API_KEY, or take LANGSMITH_TRACING away":
        "LANGSMITH_API_KEY를 설정하거나 LANGSMITH_TRACING을 지우세요",
    # The service, asked
    "{name} answers, in {seconds:.1f} s": "{name} 응답, {seconds:.1f}초",
    "{name} does not answer: {error}": "{name}이(가) 응답하지 않습니다: {error}",
    "check the key, and that it may use this model": "키와, 키가 이 모델을 쓸 수 있는지 확인하세요",
    "wait a minute, or ask for a higher limit": "1분 기다리거나 한도를 늘려 달라고 하세요",
    "a proxy may be in between: install its certificate": "중간에 프록시가 있을 수 있습니다. 그 인증서를 설치하세요",
    "check the network, the proxy and CLOVASTUDIO_API_BASE_URL":
        "네트워크, 프록시, CLOVASTUDIO_API_BASE_URL을 확인하세요",
    "this key or address does not offer it: use another model":
        "이 키나 주소에서 쓸 수 없는 모델입니다. 다른 모델을 쓰세요",
    "try again later": "나중에 다시 해 보세요",
    "the service does not tell its time": "서비스가 시각을 알려 주지 않습니다",
    "the clock of this machine differs from the service's by {seconds:.0f} s":
        "이 기기의 시계가 서비스와 {seconds:.0f}초 다릅니다",
    "set the clock, for instance with NTP: certificates and limits count on it":
        "NTP 등으로 시계를 맞추세요. 인증서와 한도가 시계에 기댑니다",
    "the clock is right": "시계가 맞습니다",
    # The project
    "there is no langgraph.json here: no project was looked at":
        "여기에 langgraph.json이 없어서 프로젝트는 보지 않았습니다",
    "to make a project, run: clovax new NAME": "프로젝트를 만들려면: clovax new 이름",
    "correct langgraph.json": "langgraph.json을 고치세요",
    "the graph {name} cannot be loaded: {error}": "그래프 {name}을(를) 불러올 수 없습니다: {error}",
    "the graph {name} can be loaded": "그래프 {name}을(를) 불러올 수 있습니다",
    "run: clovax draw {name} --debug": "실행: clovax draw {name} --debug",
    "{path}:{line} calls {name} in a coroutine: Studio's server refuses it":
        "{path}:{line}에서 코루틴이 {name}을(를) 부릅니다. Studio 서버가 거부합니다",
    "make the function a plain def, or call it with await asyncio.to_thread(...)":
        "함수를 보통 def로 바꾸거나 await asyncio.to_thread(...)로 부르세요",
    "LangGraph's development server is not installed": "LangGraph 개발 서버가 설치되어 있지 않습니다",
    "for Studio, run: pip install {what}": "Studio를 쓰려면: pip install {what}",
    "LangGraph's development server is installed: clovax studio":
        "LangGraph 개발 서버가 설치되어 있습니다: clovax studio",
    "port {port} is taken, perhaps by a server that runs already":
        "포트 {port}을(를) 이미 쓰고 있습니다. 서버가 돌고 있을 수 있습니다",
    "run: clovax studio --port {port}": "실행: clovax studio --port {port}",
    "port {port} is free for clovax studio": "clovax studio가 쓸 포트 {port}이(가) 비어 있습니다",
    # Storage
    "checkpoints cannot be kept in SQLite: clovax chat and clovax batch need it":
        "체크포인트를 SQLite에 저장할 수 없습니다. clovax chat과 clovax batch에 필요합니다",
    "checkpoints can be kept in {kinds}": "체크포인트를 {kinds}에 저장할 수 있습니다",
    "tool calls are journaled beside the checkpointer of each graph":
        "도구 호출은 각 그래프의 체크포인터 옆에 기록됩니다",
    "{name}=memory: after a crash, nobody knows which calls of tools took effect":
        "{name}=memory: 프로그램이 죽으면 어떤 도구 호출이 실행되었는지 알 수 없습니다",
    "take {name} away, or give a file or a database": "{name}을(를) 지우거나 파일 또는 데이터베이스를 주세요",
    "the journal is in Postgres, and its driver is missing": "저널이 Postgres에 있는데 드라이버가 없습니다",
    "the journal {place} cannot be written": "저널 {place}에 쓸 수 없습니다",
    "correct {name} or {days}": "{name} 또는 {days}을(를) 고치세요",
    "tool calls are journaled in {place}": "도구 호출은 {place}에 기록됩니다",
    "code of a model cannot be confined here, for want of: {missing}":
        "여기서는 모델의 코드를 가둘 수 없습니다: {missing}",
    "the tool run_python needs a newer Linux kernel": "run_python 도구에는 더 새로운 Linux 커널이 필요합니다",
    "the kernel can confine code of a model": "커널이 모델의 코드를 가둘 수 있습니다",
    "{errors} errors, {warnings} warnings": "오류 {errors}, 경고 {warnings}",
}  # fmt: skip

say = speaker(_KOREAN)

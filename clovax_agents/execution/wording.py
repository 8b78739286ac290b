"""What a model reads about its calls, in English or in Korean: the environment variable ``CLOVAX_LANG`` decides."""

from __future__ import annotations

from typing import Final

from clovax_agents.languages import speaker

__all__ = ["say"]


_KOREAN: Final = {
    "Error: {text}": "오류: {text}",
    # Arguments
    "the arguments do not fit: {problem}. Correct them and call the tool again":
        "인자가 올바르지 않습니다: {problem}. 인자를 고쳐서 도구를 다시 호출하세요",
    "the tool has no argument {names}; it takes none":
        "이 도구에는 {names} 인자가 없습니다. 이 도구는 인자를 받지 않습니다",
    "the tool has no argument {names}; they are: {known}":
        "이 도구에는 {names} 인자가 없습니다. 쓸 수 있는 인자: {known}",
    "the tool's own check refused them": "도구의 자체 검사를 통과하지 못했습니다",
    "the arguments are nested deeper than {most} levels": "인자가 {most}단계보다 깊게 중첩되어 있습니다",
    "the arguments are larger than {most} bytes": "인자가 {most}바이트보다 큽니다",
    "the arguments contain {value}, which is not JSON": "인자에 JSON이 아닌 값이 있습니다: {value}",
    "the arguments contain a number that is too long": "인자에 너무 긴 숫자가 있습니다",
    "the arguments contain half a character (a lone surrogate)": "인자에 반쪽짜리 문자(짝 없는 서로게이트)가 있습니다",
    "your answer was cut off before this call was complete, so nothing was run: make the call again, with less text":
        "이 호출이 끝나기 전에 답변이 잘려서 아무것도 실행하지 않았습니다. 더 짧게 다시 호출하세요",
    "and {count} more": "그 밖에 {count}개",
    "arguments": "인자 전체",
    "value": "값",
    "a Python object ({kind})": "파이썬 객체({kind})",
    "a name that is no text": "글이 아닌 이름",
    "the arguments are not JSON: {error}": "인자가 JSON이 아닙니다: {error}",
    # A person's decision
    "These calls were changed after a person was asked about them, so decide about them as they are now.":
        "물어본 뒤에 이 호출들이 바뀌었습니다. 지금의 호출을 보고 결정해 주세요.",
    "there are {calls} calls to decide about, and {decisions} decisions":
        "결정할 호출은 {calls}개인데 결정은 {decisions}개입니다",
    "a decision is a dict whose type is one of {kinds}, not {said}":
        "결정은 type이 {kinds} 중 하나인 객체여야 하는데 {said}입니다",
    "a response carries its text: {example}": "respond에는 글이 있어야 합니다: {example}",
    "an edit carries the new arguments: {example}": "edit에는 새 인자가 있어야 합니다: {example}",
    "an edit changes arguments, not the tool: {name} cannot become {other}":
        "edit는 도구가 아니라 인자를 고칩니다. {name} 도구를 {other} 도구로 바꿀 수 없습니다",
    "there is no tool {name}": "{name} 도구가 없습니다",
    "no usable decision was made: {problem}": "유효한 결정이 없었습니다: {problem}",
    # Names and permission
    "there is no tool {name}, and no other tool either: answer without tools":
        "{name} 도구가 없고 다른 도구도 없습니다. 도구 없이 답변하세요",
    "there is no tool {name}, so nothing was run. Did you mean {near}?":
        "{name} 도구가 없어서 아무것도 실행하지 않았습니다. 혹시 이 도구인가요: {near}",
    "there is no tool {name}, so nothing was run. The tools are: {known}.":
        "{name} 도구가 없어서 아무것도 실행하지 않았습니다. 쓸 수 있는 도구: {known}.",
    " or ": ", ",
    "{known} and {count} more": "{known} 외 {count}개",
    "this run has no permission to use {name} ({scopes}); do not call it":
        "이 실행에는 {name} 도구를 쓸 권한({scopes})이 없습니다. 호출하지 마세요",
    "{name} is not available in this run as it stands; do not call it":
        "지금 이 실행에서는 {name} 도구를 쓸 수 없습니다. 호출하지 마세요",
    "a person has to approve this call, and nobody has, so it was not run":
        "사람의 승인이 필요한 호출인데 승인이 없어서 실행하지 않았습니다",
    "text that strangers may have written is in this conversation, so a person has to approve this call, and nobody "
    "has: it was not run":
        "이 대화에 외부인이 썼을 수 있는 내용이 들어 있어서 사람의 승인이 필요한 호출인데, 승인이 없어서 "
        "실행하지 않았습니다",
    "text that strangers may have written is in this conversation, so {name} may not be used in it any more; do not "
    "call it":
        "이 대화에 외부인이 썼을 수 있는 내용이 들어 있어서 {name} 도구를 더는 쓸 수 없습니다. 호출하지 마세요",
    "Text that strangers may have written is in this conversation, and may be what asks for this call.":
        "이 대화에는 외부인이 썼을 수 있는 내용이 들어 있고, 그 내용이 이 호출을 시킨 것일 수 있습니다.",
    "Text that strangers may have written is in this conversation, and may be what asks for this call; so is private "
    "data, which the call may give away.":
        "이 대화에는 외부인이 썼을 수 있는 내용이 들어 있고, 그 내용이 이 호출을 시킨 것일 수 있습니다. "
        "비공개 데이터도 있어서 이 호출로 새어 나갈 수 있습니다.",
    "a person has approved other arguments than these, so it was not run":
        "사람이 승인한 인자와 달라서 실행하지 않았습니다",
    "another user has approved this call, so it was not run": "다른 사용자가 승인한 호출이라서 실행하지 않았습니다",
    "the approval of this call has expired, so it was not run": "이 호출의 승인이 만료되어 실행하지 않았습니다",
    "a person has rejected this call, so it was not run{reason}. Do not make it again like this":
        "사람이 이 호출을 거절해서 실행하지 않았습니다{reason}. 같은 방식으로 다시 호출하지 마세요",
    # Repetition
    "this call says the same as one before it in your message, so it was not run again":
        "같은 메시지에 있는 앞의 호출과 똑같아서 다시 실행하지 않았습니다",
    "this call says the same as one before it in the message, and ran once for both":
        "같은 메시지에 있는 앞의 호출과 똑같아서 한 번만 실행했습니다",
    "it may be called again in {seconds:.0f} s and not before: its rate limit is used up":
        "호출 한도를 다 썼습니다. {seconds:.0f}초 뒤에야 다시 호출할 수 있습니다",
    "tools that call agents that call tools end at a depth of {most}":
        "도구가 에이전트를 부르고 그 에이전트가 다시 도구를 부르는 깊이는 {most}단계까지입니다",
    # How it ended
    "{text}. Correct the arguments and call the tool again": "{text}. 인자를 고쳐서 도구를 다시 호출하세요",
    "{text}. Do not call it again for this request": "{text}. 이 요청에서는 다시 호출하지 마세요",
    "{text}. It may have taken effect: find out before you call it again":
        "{text}. 이미 반영되었을 수 있으니, 다시 호출하기 전에 먼저 확인하세요",
    "it cancelled itself": "도구가 스스로 취소했습니다",
    "it tried to end the process ({kind})": "도구가 프로세스를 끝내려고 했습니다({kind})",
    "it did not end within {seconds:g} s": "{seconds:g}초 안에 끝나지 않았습니다",
    "it did not end within {seconds:g} s, and was given up": "{seconds:g}초 안에 끝나지 않아 기다리지 않습니다",
    "it did not end within {seconds:g} s, and its process was killed":
        "{seconds:g}초 안에 끝나지 않아 프로세스를 종료했습니다",
    "it did not end within {seconds:g} s, and goes on although it was told to stop":
        "{seconds:g}초 안에 끝나지 않았고, 멈추라고 했는데도 계속 실행 중입니다",
    "the tool's process {death}": "도구의 프로세스가 비정상 종료되었습니다({death})",
    "died of {signal}": "{signal} 때문에 종료됨",
    "died of {signal} (from outside, or by the system, for lack of memory)":
        "{signal} 때문에 종료됨. 외부에서, 또는 메모리가 부족해 시스템이 종료함",
    "left with exit code {code}": "종료 코드 {code}로 끝남",
    "closed its connection": "연결을 닫음",
    "a worker process {death} before any tool ran in it; if this happens always, see that the main script starts its "
    "work under: if __name__ == '__main__':":
        "도구를 실행하기 전에 작업 프로세스가 비정상 종료되었습니다({death}). 항상 그렇다면 메인 스크립트가 "
        "if __name__ == '__main__': 아래에서 일을 시작하는지 확인하세요",
    "its module did not load within {seconds:g} s, so nothing was run":
        "도구의 모듈을 {seconds:g}초 안에 불러오지 못해서 아무것도 실행하지 않았습니다",
    "the tool was stopped: its run was cancelled": "실행이 취소되어 도구를 멈췄습니다",
    "the tool tried to leave its process: {error}": "도구가 프로세스를 끝내려고 했습니다: {error}",
    "the tool needs more than the {size} MiB of memory that its policy allows":
        "도구가 정책이 허용하는 메모리 {size}MiB보다 많이 필요합니다",
    "the tool ran, but what it returned is too large to be brought back: return less":
        "도구는 실행되었지만, 돌려준 값이 너무 커서 가져오지 못했습니다. 더 적게 돌려주세요",
    "the tool ran, but its {kind} cannot be brought back from its process: {error}. Return text, numbers, lists or "
    "dicts":
        "도구는 실행되었지만, 돌려준 {kind} 값을 프로세스에서 가져오지 못했습니다: {error}. "
        "글, 숫자, 리스트, dict를 돌려주세요",
    "the arguments cannot be sent to another process, so nothing was run: {error}. A tool that needs what only this "
    "process has, a store or a runtime for instance, needs runs_in='thread'":
        "인자를 다른 프로세스로 보낼 수 없어서 아무것도 실행하지 않았습니다: {error}. "
        "store나 runtime처럼 이 프로세스에만 있는 것이 필요한 도구는 runs_in='thread'로 정하세요",
    "{function} cannot be sent to another process: {reason}. Define it at the top level of a module, without what only "
    "this process has, or give its tool runs_in='thread'":
        "{function} 함수는 다른 프로세스로 보낼 수 없습니다: {reason}. 이 프로세스에만 있는 것 없이 모듈의 최상위에 "
        "정의하거나, 도구를 runs_in='thread'로 정하세요",
    "the worker process cannot load {function}: {error}":
        "작업 프로세스가 {function} 함수를 불러오지 못했습니다: {error}",
    "the worker process finds no {name} in {module}: a function that is made only under conditions is not there":
        "작업 프로세스가 {module} 모듈에서 {name} 함수를 찾지 못했습니다. "
        "조건에 따라 만들어지는 함수는 그곳에 없습니다",
    "the worker processes were closed, so nothing was run": "작업 프로세스가 모두 닫혀서 아무것도 실행하지 않았습니다",
    "the system starts no more threads, so nothing was run; try again later":
        "시스템이 스레드를 더 시작하지 못해서 아무것도 실행하지 않았습니다. 나중에 다시 시도하세요",
    "no worker process could be started, so nothing was run: {error}":
        "작업 프로세스를 시작하지 못해서 아무것도 실행하지 않았습니다: {error}",
    "{count} tool runs hang in threads of this process, so nothing more is run in threads: give the tools that hang "
    "timeouts of their own, or runs_in='process', and restart this process":
        "도구 실행 {count}개가 이 프로세스의 스레드에서 멈춰 있어서 스레드에서는 더 실행하지 않습니다. "
        "멈추는 도구에 자체 제한 시간을 두거나 runs_in='process'로 정하고 프로세스를 다시 시작하세요",
    "the executor is broken, so nothing was run: {error}":
        "executor에 문제가 생겨서 아무것도 실행하지 않았습니다: {error}",
    "the executor takes no calls, so nothing was run: {error}":
        "executor가 호출을 받지 않아서 아무것도 실행하지 않았습니다: {error}",
    "the executor's worker died: {error}": "executor의 작업 프로세스가 비정상 종료되었습니다: {error}",
    "the executor cancelled the call": "executor가 호출을 취소했습니다",
    "no result of this call is on record: the run was stopped or broke off. It may have taken effect or not, so do not "
    "assume either":
        "이 호출의 결과가 기록에 없습니다. 실행이 멈췄거나 끊겼습니다. 반영되었을 수도 아닐 수도 있으니 어느 쪽으로도 "
        "단정하지 마세요",
    "this call had begun when the process died, so it may have taken effect or not. It was not run again. "
    "Find out what happened before you call {name} again":
        "이 호출을 시작한 뒤 프로세스가 비정상 종료되어, 반영되었는지 알 수 없습니다. 다시 실행하지 않았습니다. "
        "{name} 도구를 다시 호출하기 전에 어떻게 되었는지 확인하세요",
    "this call has ended the process {attempts} times, so it is not run any more. Do not call it again like this":
        "이 호출 중에 프로세스가 {attempts}번 비정상 종료되어 더는 실행하지 않습니다. "
        "같은 방식으로 다시 호출하지 마세요",
    "this call has run before, so long ago that its result is not kept any more. It was not run again. "
    "Find out what happened before you call {name} again":
        "이 호출은 이미 실행되었지만, 너무 오래전이라 결과가 남아 있지 않습니다. 다시 실행하지 않았습니다. "
        "{name} 도구를 다시 호출하기 전에 어떻게 되었는지 확인하세요",
    "another process is running this very call; its result was waited for in vain":
        "다른 프로세스가 바로 이 호출을 실행하고 있는데, 기다려도 결과가 오지 않았습니다",
    "{name} has run, but its result could not be kept over the interruption ({problem})":
        "{name} 도구는 실행되었지만, 중단된 동안 결과를 보관하지 못했습니다({problem})",
    # Budgets
    "I stopped before I was done, because {budget}.": "{budget}. 그래서 끝내지 못하고 멈췄습니다.",
    "Stopped after {turns} model turns without a final answer.":
        "모델을 {turns}번 호출했지만 답을 끝내지 못해 멈췄습니다.",
    "not run: {budget}": "실행하지 않았습니다. {budget}",
    "the time of this run is over, so it was not run": "이 실행에 주어진 시간이 끝나서 실행하지 않았습니다",
    "this run": "이번 실행",
    "this conversation": "이 대화",
    "{whose} has reached its limit of model calls ({limit})": "{whose}의 모델 호출 한도({limit}번)를 다 썼습니다",
    "{whose} has reached its limit of tool calls ({limit})": "{whose}의 도구 호출 한도({limit}번)를 다 썼습니다",
    "{whose} has reached its limit of tokens ({limit})": "{whose}의 토큰 한도({limit}개)를 다 썼습니다",
    "{whose} has reached its limit of cost ({limit} KRW)": "{whose}의 비용 한도({limit}원)를 다 썼습니다",
    "{whose} has reached its limit of time ({limit} s)": "{whose}의 시간 한도({limit}초)를 다 썼습니다",
    # Models in other roles
    "[What is in the image]\n{seen}": "[이미지 내용]\n{seen}",
    "[Plan for the answer]\n{plan}": "[답변 계획]\n{plan}",
    "Describe the image, so that another model that cannot see it can answer the user's question. Copy every text, "
    "number, date and name in it, word for word. Do not answer the question":
        "이미지를 볼 수 없는 다른 모델이 사용자의 질문에 답할 수 있도록 이미지를 설명하세요. 이미지에 있는 글자, 숫자,"
        " 날짜, 이름은 빠짐없이 그대로 옮겨 적고, 질문에 답하지는 마세요",
    "The user's question: {question}": "사용자의 질문: {question}",
    "nothing could be made out in it": "알아볼 수 있는 것이 없습니다",
    "Make a plan for answering the user. Another model is going to call the tools below. Say in a few words which "
    "tools to call, in which order and with which values. Do not answer the question\n\n{tools}":
        "사용자에게 답하기 위한 계획을 세우세요. 아래 도구는 다른 모델이 호출합니다. 어떤 도구를 어떤 순서로, 어떤"
        " 값으로 호출할지 짧게 쓰고, 질문에 답하지는 마세요\n\n{tools}",
    'Decide whether the tools below are needed to answer what the user said last\n\n{tools}\n\nSay only "tools" if '
    'they are, and only "answer" if it can be answered at once':
        '사용자의 마지막 말에 답하는 데 아래 도구가 필요한지 판단하세요\n\n{tools}\n\n필요하면 "tools", 도구 없이'
        ' 바로 답할 수 있으면 "answer"라고만 답하세요',
    # Tools that search
    "Find tools for a task. Only some of {count} tools are shown to you: search before you say that something cannot "
    "be done. What is found can be called in your next turn, not before":
        "할 일에 맞는 도구를 찾습니다. 도구 {count}개 가운데 일부만 보입니다. 할 수 없다고 답하기 전에 먼저 검색하세요."
        " 찾은 도구는 다음 차례부터 호출할 수 있습니다",
    "What is to be done, in a few words of the language of the tools, for instance: cancel an order":
        "할 일을 짧게, 도구 설명에 쓰인 언어로. 예: 주문 취소",
    "No tool has anything in common with these words. Search with other words for the same task, or tell the user that "
    "there is no tool for it.":
        "이 말과 맞는 도구가 없습니다. 같은 일을 다른 말로 다시 검색하거나, 사용자에게 맞는 도구가 없다고 알리세요.",
    "Search documents for what is asked. The result holds passages marked [1], [2] ..., each with its id":
        "질문에 관한 문서를 검색합니다. 결과는 [1], [2] ... 표시가 붙은 글이고, 글마다 id가 있습니다",
    "What to look for: a question or keywords": "찾을 내용: 질문이나 핵심어",
    "Nothing was found. Search with other words, or say that the documents do not tell.":
        "찾은 글이 없습니다. 다른 말로 다시 검색하거나, 문서에 없다고 답하세요.",
    "Give the final answer, with the ids of the passages that it stands on. Call it alone, as the last thing":
        "최종 답변을, 근거가 된 글의 id와 함께 냅니다. 마지막에 이 도구만 호출하세요",
    "The whole answer for the user; [1] marks what the first of the sources says, [2] the second":
        "사용자에게 줄 답변 전체. [1]은 sources의 첫째 글, [2]는 둘째 글이 근거라는 표시입니다",
    "Ids of the passages, as the search gave them, in the order of the marks":
        "검색 결과에 있는 글의 id, 표시 순서대로",
    "no search of this run has returned a passage with the id {unknown}; the ids are: {known}":
        "이번 실행의 검색 결과에 id가 {unknown}인 글이 없습니다. 있는 id: {known}",
    "no search of this run has returned a passage, so there is nothing to name as a source: search first, or leave "
    "sources empty":
        "이번 실행에서 검색된 글이 없어서 출처로 쓸 것이 없습니다. 먼저 검색하거나 sources를 비워 두세요",
    "the answer is marked with [{mark}], but there are only {count} sources":
        "답변에 [{mark}] 표시가 있는데 출처는 {count}개뿐입니다",
    "the answer needs {least} sources or more, and has {count}":
        "답변에 출처가 {least}개 이상 필요한데 {count}개뿐입니다",
    "the answer is empty": "답변이 비어 있습니다",
    "Sources:": "출처:",
    "a tool's answer cannot be written down ({error}); return plain, flat values":
        "도구의 답을 적어 둘 수 없습니다({error}). 단순하고 평평한 값을 돌려주세요",
    "a tool's answer holds a {kind}, which the journal cannot keep; use texts, numbers, lists, dicts and messages":
        "도구의 답에 저널이 보관할 수 없는 {kind} 값이 있습니다. 글, 숫자, 리스트, dict, 메시지를 쓰세요",
    "a tool answered with a {kind}, which the journal cannot keep":
        "도구가 저널이 보관할 수 없는 {kind} 값으로 답했습니다",
    # What a model is told when it is asked again
    "You cannot call a tool now. Answer from what the conversation holds. Do not say that anything was done which no "
    "tool result shows, and say plainly what you could not find out.":
        "지금은 도구를 호출할 수 없습니다. 대화에 있는 내용으로 답하세요. 도구 결과에 없는 일을 했다고 말하지 말고, "
        "확인하지 못한 것은 확인하지 못했다고 분명히 말하세요.",
    "Your last answer named a tool that does not exist, so it was thrown away. The only tools are: {names}. Write "
    "their names exactly like this, or answer without a tool.":
        "직전 답변이 없는 도구를 불러서 버려졌습니다. 쓸 수 있는 도구는 이것뿐입니다: {names}. "
        "이름을 그대로 쓰거나, 도구 없이 답하세요.",
    "Your last answer was empty. Answer the user in words, or call a tool.":
        "직전 답변이 비어 있었습니다. 사용자에게 글로 답하거나 도구를 호출하세요.",
    "Your last answer was withheld. Answer in other words, or say in one sentence why you cannot answer.":
        "직전 답변이 제공되지 않았습니다. 다른 말로 답하거나, 답할 수 없는 이유를 한 문장으로 말하세요.",
    "This was written in words, but the final answer has to be given by calling the tool {name}. Call it now with what "
    "you know; if something is still missing, call the tools that find it first.":
        "글로 답했지만, 최종 답변은 {name} 도구를 호출해서 내야 합니다. 지금 아는 내용으로 호출하세요. "
        "빠진 것이 있으면 그것을 찾는 도구를 먼저 호출하세요.",
    "You have now called {names} {count} times in a row with the same arguments. Calling again brings nothing new: "
    "answer with what you have, or call something else.":
        "{names} 도구를 같은 인자로 연달아 {count}번 호출했습니다. 다시 호출해도 새로운 것이 없습니다. "
        "지금까지의 결과로 답하거나 다른 도구를 호출하세요.",
    "I stopped here: {names} was called {count} times in a row with the same arguments, and that led to no answer. "
    "Please ask in another way, or with more details.":
        "{names} 도구를 같은 인자로 연달아 {count}번 호출했지만 답을 찾지 못해 여기서 멈췄습니다. "
        "다른 방식으로 묻거나 더 자세히 알려 주세요.",
    # Results
    "[... {count:,} characters left out; the whole result is in the artifact ...]":
        "[... {count:,}자 생략. 전체 결과는 artifact에 있습니다 ...]",
    "[... cut here ...]": "[... 여기서 잘림 ...]",
    "[withheld: the redaction of this tool failed]": "[비공개: 이 도구의 가림 처리가 실패했습니다]",
    "it is declared to return a pair of content and artifact, and returned something else":
        "content와 artifact의 쌍을 돌려주기로 했는데 다른 것을 돌려주었습니다",
    "what it returned cannot be written as text ({kind}); return a str or a dict":
        "도구가 돌려준 값을 글로 쓸 수 없습니다({kind}). str이나 dict를 돌려주세요",
    "what it returned is nested deeper than {most} levels": "도구가 돌려준 값이 {most}단계보다 깊게 중첩되어 있습니다",
    "what it returned contains itself": "도구가 돌려준 값이 자기 자신을 포함합니다",
    "what it returned holds more than {most} MiB of pictures or files; return less":
        "도구가 돌려준 그림이나 파일이 {most}MiB를 넘습니다. 더 적게 돌려주세요",
    "it returned an async generator, which nobody has run; return what it yields":
        "실행되지 않은 async generator를 돌려주었습니다. 그 안의 값을 모아서 돌려주세요",
}  # fmt: skip

say: Final = speaker(_KOREAN)

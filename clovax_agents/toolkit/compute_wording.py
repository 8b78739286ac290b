"""What a model reads of the calculator, the clock and Python, in English or in Korean: ``CLOVAX_LANG`` decides."""

from __future__ import annotations

from typing import Final

from clovax_agents.languages import speaker

__all__ = ["say"]

_KOREAN: Final = {
    # Calculator
    "Calculate exactly. Use it for every sum, discount, ratio, growth rate or compound interest instead of "
    "calculating yourself":
        "수식을 정확하게 계산합니다. 합계, 할인, 비율, 증감률, 복리는 직접 계산하지 말고 이 도구를 쓰세요",
    "Numbers with + - * / ** ( ), remainder a % b, percent 15%, thousands separators, Korean numerals (3억 5천만, 1만 "
    "2천원), and functions: {functions}. Separate arguments by ';' if numbers have thousands separators. "
    "Example: growth(12500; 15000)":
        "숫자와 + - * / ** ( ), 나머지 a % b, 퍼센트 15%, 천 단위 쉼표, 한글 수 단위(3억 5천만, 1만 2천원), "
        "함수({functions})를 쓸 수 있습니다. 천 단위 쉼표가 있는 수는 ';'로 구분하세요. 예: 증감률(12,500; 15,000)",
    "the expression is longer than {most} characters": "식이 {most}자보다 깁니다",
    "the expression is empty": "식이 비어 있습니다",
    "it cannot be read from {rest} on; numbers, + - * / ** % ( ) and functions are understood":
        "{rest}부터 읽을 수 없습니다. 숫자와 + - * / ** % ( ), 함수만 쓸 수 있습니다",
    "there is no function {name}; there are: {known}": "{name} 함수가 없습니다. 쓸 수 있는 함수: {known}",
    "a '(' has to follow {name}": "{name} 뒤에 여는 괄호 '('가 있어야 합니다",
    "an operator is missing before {text}": "{text} 앞에 연산자가 없습니다",
    "the comma before {text} separates no thousands; write numbers like 1,234,567 or without commas":
        "{text} 앞의 쉼표는 천 단위 쉼표가 아닙니다. 1,234,567처럼 쓰거나 쉼표를 빼세요",
    "a number is expected before {text}": "{text} 앞에 숫자가 있어야 합니다",
    "the expression is not complete": "식이 끝나지 않았습니다",
    "a ')' is missing": "닫는 괄호가 없습니다",
    "parentheses and signs are deeper than {most}": "괄호나 부호가 {most}겹보다 깊습니다",
    "it divides by zero": "0으로 나눌 수 없습니다",
    "the exponent has to be a whole number; for roots there is sqrt(x)":
        "지수는 정수여야 합니다. 제곱근은 sqrt(x)를 쓰세요",
    "the power is too large: exponents go up to {exponent}, values to {bits} bits":
        "거듭제곱이 너무 큽니다. 지수는 {exponent}까지, 값은 {bits}비트까지 계산합니다",
    "the numbers get too large: values have at most {bits} bits": "수가 너무 커집니다. 값은 {bits}비트까지 계산합니다",
    "{text} is no number: units have to descend, as in 3억 5천만 2백":
        "{text}은(는) 올바른 수가 아닙니다. 3억 5천만 2백처럼 큰 단위부터 쓰세요",
    "{name} takes {wanted} arguments, not {count}": "{name} 함수의 인자는 {wanted}개인데 {count}개를 받았습니다",
    "{least} to {most}": "{least}~{most}",
    "at least {least}": "{least}개 이상",
    "it is not clear whether a comma in {name}(...) separates thousands or arguments: separate arguments by ';', or "
    "write numbers without commas":
        "{name}(...) 안의 쉼표가 천 단위인지 인자 구분인지 알 수 없습니다. 인자를 ';'로 구분하거나 쉼표를 빼세요",
    "{name} separates arguments by ',' and by ';': choose one": "{name}의 인자는 ','와 ';' 중 하나로만 구분하세요",
    "sqrt takes no negative number": "sqrt에는 음수를 쓸 수 없습니다",
    "{name} takes a whole number of {what} from {least} to {most}":
        "{name}의 {what}은(는) {least}부터 {most}까지의 정수여야 합니다",
    "digits": "자릿수",
    "periods": "기간 수",
    "growth from zero has no rate": "0에서 시작한 증감률은 구할 수 없습니다",
    "cagr takes positive values": "cagr에는 양수만 쓸 수 있습니다",
    # Clock
    "The date, the weekday and the time now, or the date some days, weeks, months or years from now. Use it whenever "
    "a request says today, tomorrow, this week and the like":
        "지금의 날짜, 요일, 시각이나 오늘부터 며칠, 몇 주, 몇 달 전후의 날짜를 알려 줍니다. 오늘, 내일, 이번 주처럼 "
        "날짜가 필요한 요청에는 언제나 이 도구를 쓰세요",
    "Where: a city (서울, 뉴욕, 런던) or an IANA zone such as America/New_York; Korea by default":
        "어디의 시각인지: 도시(서울, 뉴욕, 런던)나 America/New_York 같은 IANA 시간대. 기본값은 한국",
    "Which day instead of now, for example: 내일, 3일 뒤, 2주 전, 1개월 후, 다음 주 월요일, 3 days ago":
        "지금 대신 알고 싶은 날. 예: 내일, 3일 뒤, 2주 전, 1개월 후, 다음 주 월요일",
    "there is no time zone {name}; give a city or an IANA name like Asia/Seoul":
        "{name} 시간대가 없습니다. 도시 이름이나 Asia/Seoul 같은 IANA 이름을 쓰세요",
    "{when} is not understood; write it like: {known}": "{when}을(를) 이해할 수 없습니다. 이렇게 쓰세요: {known}",
    "{when} is outside of the calendar": "{when}은(는) 달력의 범위를 벗어납니다",
    # Python
    "Run a Python program and read what it prints, and the value of its last line if that is an expression. For "
    "calculations, data and texts that no other tool handles. Each run begins afresh, without network, other programs "
    "and threads, with {modules}; it may take {seconds:g} seconds":
        "Python 프로그램을 실행하고 출력과 마지막 식의 값을 돌려줍니다. 다른 도구로 할 수 없는 계산과 데이터 처리에 "
        "쓰세요. 실행할 때마다 새로 시작하고, 네트워크와 다른 프로그램, 스레드는 쓸 수 없으며, {modules}를 쓸 수 있고, "
        "{seconds:g}초 안에 끝나야 합니다",
    "the standard library only": "표준 라이브러리",
    "the standard library and the installed packages": "표준 라이브러리와 설치된 패키지",
    ". In its directory it finds: {names}": ". 작업 폴더에 있는 파일: {names}",
    "A whole program; print, or end with an expression": "프로그램 전체. print하거나 식으로 끝내세요",
    "value: {value}": "값: {value}",
    "files written: {names}": "쓴 파일: {names}",
    "not kept, for their size: {names}": "너무 커서 보관하지 않은 파일: {names}",
    "[{count:,} bytes of output left out]": "[출력 {count:,}바이트 생략]",
    "it ran to its end and printed nothing; print what you want to know":
        "끝까지 실행했지만 출력이 없습니다. 알고 싶은 것을 print하세요",
    "the program took too long and was stopped ({error})": "프로그램이 너무 오래 걸려서 중단했습니다({error})",
    "the program was stopped for its memory ({error})": "프로그램이 메모리를 너무 많이 써서 중단했습니다({error})",
    "the program printed without end and was stopped": "프로그램이 끝없이 출력해서 중단했습니다",
    "the program was stopped for its files ({error})": "프로그램이 파일을 너무 많이 써서 중단했습니다({error})",
    "the program crashed ({error})": "프로그램이 비정상 종료되었습니다({error})",
}  # fmt: skip

say: Final = speaker(_KOREAN)

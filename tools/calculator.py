"""Calculate exactly, because models do not."""

from __future__ import annotations

from typing import Any

from clovax_agents import ToolPolicy, tool
from clovax_agents.toolkit.arithmetic import evaluate, render


@tool(policy=ToolPolicy(effect="read"))
def calculate(expression: str) -> dict[str, Any]:
    """수식을 정확하게 계산합니다. 금액의 합계, 할인, 비율은 직접 계산하지 말고 이 도구를 쓰세요.

    덧셈 +, 뺄셈 -, 곱셈 *, 나눗셈 /, 거듭제곱 **, 나머지 a % b, 퍼센트 15%, 괄호를 쓸 수 있습니다.

    Args:
        expression: 계산할 식. 천 단위 쉼표를 써도 됩니다. 예: "(12,900 * 2 + 3,000) * (1 - 10%)".
    """
    result, exact = render(evaluate(expression))
    return {"expression": expression, "result": result} | ({} if exact else {"rounded": True})

"""The shop's calculator is the toolkit's arithmetic, under the name that the shop's agent knows."""

import pytest

from clovax_agents.errors import ModelRetry
from clovax_agents.tooling import Toolbox

BOX = Toolbox.from_path("../../../tools", "calculator.py")


def test_a_sum_of_the_shop_is_exact() -> None:
    """Prices, a discount and a delivery fee."""
    answer = BOX["calculate"].invoke({"expression": "(12,900 * 2 + 3,000) * (1 - 10%)"})
    assert answer == {"expression": "(12,900 * 2 + 3,000) * (1 - 10%)", "result": "25920"}


def test_what_has_no_end_is_marked() -> None:
    """A third is rounded."""
    assert BOX["calculate"].invoke({"expression": "1 / 3"})["rounded"] is True


def test_what_cannot_be_calculated_is_for_the_model_to_correct(monkeypatch: pytest.MonkeyPatch) -> None:
    """It reads why, in the language that is set."""
    monkeypatch.setenv("CLOVAX_LANG", "ko")
    with pytest.raises(ModelRetry, match="0으로 나눌 수 없습니다"):
        BOX["calculate"].invoke({"expression": "1 / 0"})

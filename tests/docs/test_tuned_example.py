"""The documentation's example of a fine-tuned model: where it is asked, and as what."""

from typing import Any

import pytest
from rawserver import asked
from records import noted

from clovax_agents import ChatClovaX
from clovax_agents.errors import AuthenticationError
from clovax_agents.simulator import Key
from clovax_agents.testing import LoopbackSimulator

EXAMPLE = """
fine_tuned_model = ChatClovaX(
    model="ft:a1b2c3d4",
    # other params...
)

ai_msg = fine_tuned_model.invoke(messages)
"""
MESSAGES = [("system", "You are a helpful assistant."), ("human", "안녕하세요")]
PLACES = {
    "openai": ("/v1/openai/chat/completions", "HCX-005"),
    "native": ("/v3/tasks/a1b2c3d4/chat-completions", "ft:a1b2c3d4"),
}


@pytest.mark.parametrize("api", PLACES)
def test_the_example_asks_the_task(clovax_simulator: LoopbackSimulator, api: str) -> None:
    """Natively on the path of its task, over the compatible API by its name, which the answer tells as its base."""
    path, name = PLACES[api]
    names: dict[str, Any] = {"ChatClovaX": ChatClovaX, "messages": MESSAGES}
    block = EXAMPLE.replace("# other params...", f'api="{api}",')
    with clovax_simulator.using(keys=[Key(value="nv-no-key-needed", tasks={"a1b2c3d4": "HCX-005"})]):
        exec(compile(block, "documentation", "exec"), names)  # noqa: S102  # running it is the test

    assert names["ai_msg"].text
    assert [(record.path, record.status) for record in noted(clovax_simulator, 1)] == [(path, 200)]
    assert names["ai_msg"].response_metadata["model_name"] == name


@pytest.mark.parametrize("api", PLACES)
@pytest.mark.parametrize("way", ["invoke", "ainvoke", "stream", "astream"])
async def test_each_way_asks_it_there(clovax_simulator: LoopbackSimulator, api: Any, way: str) -> None:
    """Streams and async calls, too."""
    assert (await asked(ChatClovaX(model="ft:a1b2c3d4", api=api), way, "안녕하세요")).text
    assert [record.path for record in noted(clovax_simulator, 1)] == [PLACES[api][0]]


@pytest.mark.parametrize("api", PLACES)
def test_a_task_of_somebody_else_is_refused(clovax_simulator: LoopbackSimulator, api: Any) -> None:
    """The id is what counts: another key's task is none of one's own."""
    keys = [Key(value="nv-no-key-needed", tasks={}), Key(value="nv-other", tasks={"a1b2c3d4": "HCX-005"})]
    with clovax_simulator.using(keys=keys), pytest.raises(AuthenticationError) as caught:
        ChatClovaX(model="ft:a1b2c3d4", api=api).invoke("안녕하세요")
    assert caught.value.facts.code == "40301"

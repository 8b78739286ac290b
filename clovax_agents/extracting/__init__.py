"""Objects made of texts: what is asked, how answers are read, checked and patched. Pure, below `extraction_agent`."""

from clovax_agents.extracting.state import ExtractionContext, ExtractionInput, ExtractionOutput, ExtractionState
from clovax_agents.extracting.targets import Target

__all__ = ["ExtractionContext", "ExtractionInput", "ExtractionOutput", "ExtractionState", "Target"]

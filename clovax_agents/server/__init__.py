"""Parts of a hardened LangGraph server, which a ``langgraph.json`` names by module path.

``clovax_agents.server.auth:auth`` lets in who has a token and shows each their own; ``clovax_agents.server.app:app``
keeps out other sites, other hosts, bodies that are too large and routes that nobody needs. ``clovax studio --hardened``
serves with both.
"""

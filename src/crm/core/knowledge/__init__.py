"""Knowledge: articles, ranked search, gaps and ratings, and the phrases an agent says.

Content lives in `knowledge_base/` (trainers own it); this room checks, loads and searches it. Others meet the
room at `service` and `schemas` only. The search engine is pure and in-process: every worker keeps its own
index and notices changes by a version number in the database.
"""

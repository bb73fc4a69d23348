"""Every statement the engine sends, built from SQLAlchemy constructs and nothing else. No module here does I/O.

One module a verb: `claim`, `settle`, `rescue`, `control`, `worker`, `report`. `rows` says how a workflow's table is spoken to.
"""

"""Every statement the engine sends, built from SQLAlchemy constructs and nothing else. No module here does I/O.

One module for each concern: `claim`, `settle`, `rescue`, `control`, `operate`, `worker`, `catalog`. `rows` says how a
workflow's table is spoken to, `cursor` where its next window starts.
"""

"""What `nox -s chaos` and its tests are made of: real hosts on a real PostgreSQL, faults, and an audit by count.

`trial` is a scenario from its first host to its audit; `faults` says what happens in it. `run.py`, one folder up, runs
all of them.
"""

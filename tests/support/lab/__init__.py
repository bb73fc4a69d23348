"""What the tests of the promise share: tables, plugins made of functions, hosts in this process and in others, a clock.

``tests/postgres/conftest.py`` puts the folder above on ``sys.path``, for this process and for those that it starts.
"""

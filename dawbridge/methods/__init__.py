"""Methods: each takes a task and gives a Session with typed findings. None of them knows another.

`method` says what a method is, `registry` has them by name, `figures` and `findings` are what all of them measure and
tell. A new method is a folder beside `inversion/` with a `METHOD` in its `method.py`, and a row in `registry`.
"""

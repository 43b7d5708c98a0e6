"""Mixing inversion: from raw tracks and a mix to the settings of every track's chain.

`song` reads, `windows` chooses where to listen, `problem` renders candidates; `sampling` trains the network on the
song at hand and `train` on a folder of songs; `search` finishes; `baselines` are what all that must beat; `invert` is
the straight line through them.
"""

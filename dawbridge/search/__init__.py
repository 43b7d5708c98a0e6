"""The numerical search of a mix's parameters on the real chain of effects.

In: a `Problem`, that is dry tracks, the mix in some windows, and the free parameters of each track's chain. Out:
positions in 0..1 per track, how well the mix determines them, and alternatives that sound the same.

`dictionary` estimates stems, `starts` and `track_fit` fit one track to its stem, `descent` fits all tracks to the mix,
`filter_moves` and `time_shifts` leave local minima, `certainty` and `alternatives` judge the result.

Every strip render counts: a search has a budget of them. Numbers at the top of these files whose comment names no
source were chosen on the development mixes (those of `tools/inversion_bench`).
"""

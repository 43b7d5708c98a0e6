"""An instrument's Faust code: how many voices play at once, and the controls that a host sets for each note."""

VOICES = 16
NOTE_CONTROLS = ("freq", "gain", "gate")

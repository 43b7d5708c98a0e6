"""What an instrument's Faust text has beside its parameters: the controls of a note, set for each voice."""

VOICES = 16
NOTE_CONTROLS = ("freq", "gain", "gate")

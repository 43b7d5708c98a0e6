"""A Session written as a REAPER project and chains of effects."""

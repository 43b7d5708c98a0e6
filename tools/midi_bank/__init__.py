"""Chord charts for MIDI files, and MIDI files played with a SoundFont, part by part, into a folder of tracks."""

"""Audio: samples [channels, n] float32 with their sample rate, and the way in and out of files."""

from dawbridge.audio.format import WAV32, AudioFormat
from dawbridge.audio.length import FileLength, read_length
from dawbridge.audio.read import AUDIO_SUFFIXES, read_audio, read_part
from dawbridge.audio.signal import CLIPPED_PEAK, LOUDEST_PEAK, SILENT_PEAK, Audio
from dawbridge.audio.write import AudioWriter, open_audio, write_audio

__all__ = [
    "AUDIO_SUFFIXES",
    "CLIPPED_PEAK",
    "LOUDEST_PEAK",
    "SILENT_PEAK",
    "WAV32",
    "Audio",
    "AudioFormat",
    "AudioWriter",
    "FileLength",
    "open_audio",
    "read_audio",
    "read_length",
    "read_part",
    "write_audio",
]

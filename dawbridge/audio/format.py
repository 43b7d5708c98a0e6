"""AudioFormat: what kind of file is written, as a row of a table."""

from dataclasses import dataclass
from pathlib import Path

from dawbridge.errors import InputError

# FLAC has no floats, and its readers are sure of 24 bits only.
BITS_OF_SUFFIX = {"wav": (16, 24, 32), "flac": (16, 24), "aiff": (16, 24, 32)}
HIGHEST_RATE_HZ = 655350  # of FLAC; all formats end there


@dataclass(frozen=True)
class AudioFormat:
    """`suffix` (wav, flac or aiff) and `bits` a sample: 16 and 24 are dithered whole numbers, 32 is float."""

    suffix: str = "wav"
    bits: int = 32

    def __post_init__(self) -> None:
        legal = BITS_OF_SUFFIX.get(self.suffix)
        if legal is None:
            raise InputError(f"audio format {self.suffix!r}: unknown; choose one of {', '.join(BITS_OF_SUFFIX)}")
        if self.bits not in legal:
            choice = " or ".join(map(str, legal))
            raise InputError(f"audio format {self.suffix}: {self.bits} bits; it takes {choice}, choose one of them")

    @property
    def is_float(self) -> bool:
        return self.bits == 32

    def check_sample_rate(self, sample_rate: int, where: Path) -> None:
        """InputError naming `where` for a rate that a file cannot have."""
        if not 1 <= sample_rate <= HIGHEST_RATE_HZ:
            raise InputError(f"{where}: {sample_rate} Hz; a file takes 1 to {HIGHEST_RATE_HZ} Hz, choose another rate")

    def __str__(self) -> str:
        return f"{self.suffix.upper()}, {self.bits} bits ({'float' if self.is_float else 'dithered'})"


WAV32 = AudioFormat()

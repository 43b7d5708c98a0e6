"""Recover a mix and look at what was found.

python examples/recover_a_mix.py STEMS MIX OUT [BUDGET]
"""

import sys

import dawbridge as db
from dawbridge.devices import get_device
from dawbridge.units import format_value


def main(stems: str, mix: str, out: str, budget: str | None = None) -> None:
    found = db.recover(stems, mix, out, budget=int(budget) if budget else None)
    print(f"null against the mix: {found.metrics['null_db']:.1f} dB")
    for track in found.session.tracks:
        print(track.name)
        for device in track.devices:
            spec = get_device(device.device)
            values = (f"{n} {format_value(v, spec.parameter(n).unit)}" for n, v in device.values.items())
            print(f"  {spec.label}: {', '.join(values)}")


if __name__ == "__main__":
    main(*sys.argv[1:]) if len(sys.argv) > 3 else sys.exit(__doc__)

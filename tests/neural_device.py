"""A neural device in a folder of the test's own."""

from pathlib import Path

import tomli_w
from safetensors.torch import save_file

from dawbridge.networks import Tcn, TcnConfig

RATE = 44_100
SMALL = dict(width=4, blocks=3, kernel=5, dilation_growth=3)  # 53 samples of receptive field


def write_device(folder: Path, own: Tcn | None = None, **changes) -> Path:
    """The table of a device in `folder/neural`, its weights beside; a change to None leaves a key out."""
    own = own or Tcn.seeded(TcnConfig(channels=2, knobs=1, **SMALL), 5)
    config = own.config
    row = dict(name="amount", minimum=-12.0, maximum=12.0, default=0.0, unit="dB")
    table = dict(
        table_version=1, name="thing", label="Thing", network="tcn", weights="thing.safetensors",
        channels=config.channels, sample_rate=RATE, receptive_field_samples=config.receptive_field_samples,
        config={key: getattr(config, key) for key in ("width", "blocks", "kernel", "dilation_growth", "activation")},
        parameters=[row | {"name": f"amount_{n}"} if n else row for n in range(config.knobs)],
    )  # fmt: skip
    table = {key: value for key, value in (table | changes).items() if value is not None}
    path = folder / "neural" / "thing.toml"
    for place in (path.parent, folder / "weights"):
        place.mkdir(exist_ok=True)
    path.write_text(tomli_w.dumps(table))
    save_file(own.state_dict(), folder / "weights/thing.safetensors")
    return path

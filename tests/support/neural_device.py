"""Neural devices in a folder of the test's own."""

from pathlib import Path

import tomli_w
import torch
from safetensors.torch import save_file

from dawbridge.networks import Tcn, TcnConfig

RATE = 44_100
SMALL = dict(width=4, blocks=3, kernel=5, dilation_growth=3)  # 53 samples of receptive field


def delay(samples: int) -> Tcn:
    """A network that does nothing but answer so many samples late."""
    network = Tcn(TcnConfig(width=1, blocks=1, kernel=samples + 1, dilation_growth=1, activation="prelu"))
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.zero_()
        network.blocks[0].convolution.weight[0, 0, 0] = 1.0
        network.blocks[0].activation.weight.fill_(1.0)
        network.last.weight.fill_(1.0)
    return network


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

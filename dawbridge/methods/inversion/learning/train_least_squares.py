"""`dawbridge train inversion` with `network = "least_squares"`: the quick network, on examples collected once.

In: a LeastSquaresTrainConfig. Out, in a folder: `examples/` with a file per window, `weights.safetensors` and
`log.csv`. For each song of `leave_one_out` there are also the weights and the log of a network that never saw it; the
log has that song's error. A training that was stopped goes on from what is in the folder, to the same weights.
"""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from dawbridge.errors import InputError
from dawbridge.files import write_text
from dawbridge.methods.inversion.learning.collect import Collected, collect
from dawbridge.methods.inversion.learning.train_config import LeastSquaresTrainConfig
from dawbridge.methods.inversion.learning.training_problems import check_chain_for_training
from dawbridge.methods.inversion.learning.weights import chain_facts
from dawbridge.names import safe_file_name
from dawbridge.networks import LeastSquaresConfig, LeastSquaresNetwork
from dawbridge.networks.torch_device import find_torch_device
from dawbridge.progress import Progress
from dawbridge.render import Farm
from dawbridge.session.chain import read_chain
from dawbridge.training import write_network

EXAMPLES, WARM_UP_SHARE = "examples", 0.3
LOG_COLUMNS = ("epoch", "learning_rate", "loss", "left_out_loss")


@dataclass(frozen=True)
class _Split:
    """What a network is trained on and checked with; `name` is part of its files' names."""

    name: str
    trained: list[Collected]
    left_out: list[Collected]


def train_least_squares(config: LeastSquaresTrainConfig, out: Path, workers: int, progress: Progress) -> Path:
    """Train, and return the path of the weights that saw all songs. Raises InputError for what cannot be used."""
    chain = read_chain(config.chain)
    check_chain_for_training(chain)
    device = find_torch_device(config.device, "give device = auto, cpu or cuda")
    with Farm(workers) as farm:
        collected = collect(config, chain, out / EXAMPLES, farm, progress)
    for split in _splits(config, collected):
        path = out / f"weights{split.name}.safetensors"
        if not path.is_file():
            network = _trained(config, split, device, out / f"log{split.name}.csv", progress)
            write_network(path, network, chain_facts(chain.of_track("")))
    return out / "weights.safetensors"


def _splits(config: LeastSquaresTrainConfig, collected: list[Collected]) -> Iterator[_Split]:
    songs = {part.song for part in collected}
    if unknown := sorted(set(config.leave_one_out) - songs):
        raise InputError(f"leave_one_out: no song {unknown[0]!r}; the songs are {', '.join(sorted(songs))}")
    if songs <= set(config.leave_one_out) and len(songs) == 1:
        raise InputError("leave_one_out: the only song; nothing would be left to train on")
    for song in config.leave_one_out:
        rest = [part for part in collected if part.song != song]
        yield _Split(f"-without-{safe_file_name(song)}", rest, [part for part in collected if part.song == song])
    yield _Split("", collected, [])


def _trained(
    config: LeastSquaresTrainConfig, split: _Split, device: torch.device, log: Path, progress: Progress
) -> LeastSquaresNetwork:
    """Adam with decoupled weight decay, the learning rate rising and falling once (Smith and Topin 2018)."""
    whole, wanted = (torch.cat(column).to(device) for column in zip(*((p.whole, p.wanted) for p in split.trained)))
    sizes = LeastSquaresConfig(wanted.shape[1], whole.shape[1], config.features, config.blocks, config.dropout)
    network = LeastSquaresNetwork.seeded(sizes, config.seed).to(device)
    network.fit_inputs(whole)
    adam = torch.optim.AdamW(network.parameters(), lr=config.learning_rate, weight_decay=config.weight_decay)
    batches = -(-len(whole) // config.batch)
    rates = torch.optim.lr_scheduler.OneCycleLR(
        adam, config.learning_rate, total_steps=config.epochs * batches, pct_start=WARM_UP_SHARE
    )
    progress.start(f"training {len(split.trained)} windows{split.name.replace('-', ' ')}", config.epochs)
    rows = []
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        torch.manual_seed(config.seed)  # order and dropout
        for epoch in range(config.epochs):
            loss = _epoch(network, adam, rates, whole, wanted, config.batch)
            left_out = _error(network, split.left_out, device)
            rows.append((epoch, rates.get_last_lr()[0], loss, left_out))
            write_text(log, _csv(rows))
            progress.advance(1, f"loss {loss:.4f}" + ("" if left_out is None else f", left out {left_out:.4f}"))
    return network


def _epoch(
    network: LeastSquaresNetwork,
    adam: torch.optim.Optimizer,
    rates: torch.optim.lr_scheduler.LRScheduler,
    features: Tensor,
    wanted: Tensor,
    batch: int,
) -> float:
    """The mean square error over every example once, as the network was when it saw it."""
    network.train()
    losses = []
    for rows in torch.randperm(len(features)).to(features.device).split(batch):
        loss = (network.answer(features[rows]) - wanted[rows]).square().mean()
        adam.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        adam.step()
        rates.step()
        losses.append(loss.detach())
    return float(torch.stack(losses).mean())


@torch.no_grad()
def _error(network: LeastSquaresNetwork, parts: list[Collected], device: torch.device) -> float | None:
    """Mean square error on songs it is not trained on; None where there are none."""
    network.eval()
    squares = [(network.answer(part.whole.to(device)) - part.wanted.to(device)).square().mean(1) for part in parts]
    return float(torch.cat(squares).mean()) if squares else None


def _csv(rows: list[tuple]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(LOG_COLUMNS)
    writer.writerows([["" if value is None else f"{value:.6g}" for value in row] for row in rows])
    return text.getvalue()

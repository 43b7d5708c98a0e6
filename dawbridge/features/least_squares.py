"""Least-squares features: how each raw track arrives in a mix. The inversion networks see them beside spectra.

In: the raw tracks [K, 2, n] of a window, then any number of mixes [B, 2, n] of these tracks, torch tensors. Out:
`LeastSquaresFeatures`, values of about -2…2: per track the global features, which hold for the whole window, and
the frame features, which change over time. They are not in Zhou, Yu and Wu (2024). Least squares from tracks to mix
is the older way to the same end (Barchiesi and Reiss 2010). For each side and band,

    Y(t, f) = Σ_k (h_k + s_k z_k(t)) X_k(t, f) + E(t, f)

is solved for the complex h (gain, EQ, pan) and s (a compressor turns down what is loud), where z_k is the track's
level about its mean, in tens of decibels. How far a frame departs from h alone gives the frame features: the gain
over time. Reverb is not coherent within a frame. So the power of E is explained, in broad bands, by each track's
power as it is and smeared over TAILS_S, with a few multiplicative updates that keep every share positive.
Reordered tracks give the same features, reordered.
"""

import math
from typing import NamedTuple

import torch
from torch import Tensor

from dawbridge.features.mel import HOP_S, band_edges_hz

BANDS, BINS_PER_BAND, BROAD_BANDS = 40, 6, 10
FRAME_S = 0.046  # rounded to a power of two samples
TAILS_S = (0.4, 2.0)
UPDATES = 20
MEAN_RIDGE, SLOPE_RIDGE, FLOOR = 1e-3, 2e-2, 1e-9
_ATOMS = 1 + len(TAILS_S)
GLOBAL_FEATURES = 4 * BANDS + 3 * _ATOMS * BROAD_BANDS + BROAD_BANDS + 2
FRAME_FEATURES = 3


class LeastSquaresFeatures(NamedTuple):
    """global_features: [B, K, GLOBAL_FEATURES]; frame_features: [B, K, N, FRAME_FEATURES], N as in `log_mel`."""

    global_features: Tensor
    frame_features: Tensor


class LeastSquaresExtractor:
    """The features of any mix of these `tracks` [K, 2, n]. The tracks' part of the equations is solved only once."""

    def __init__(self, tracks: Tensor, sample_rate: int):
        self.hop = round(HOP_S * sample_rate)
        self.fft = 2 ** round(math.log2(FRAME_S * sample_rate))
        self.bins, self.bin_weights = (table.to(tracks.device) for table in _band_bins(sample_rate, self.fft))
        self.count = len(tracks)
        spectra = self._spectra(tracks)  # [K, 2, M, N, J]
        power = spectra.abs().square()
        level, self.spread = _level(power.sum((1, 2, 4)))
        self.level = level  # [K, N]
        both = torch.cat((spectra, spectra * level[:, None, None, :, None]))
        self.sources = both.permute(1, 2, 3, 4, 0).flatten(2, 3).contiguous()  # [2, M, N·J, 2K]
        self._solve()
        self._atoms(power.sum((1, 4)).unflatten(1, (BROAD_BANDS, -1)).sum(2), sample_rate)

    def _solve(self) -> None:
        """Sets the ridge solution as a matrix, and the variance that it gives each h per unit of noise."""
        gram = self.sources.mH @ self.sources  # [2, M, 2K, 2K]
        energy = gram.diagonal(dim1=-2, dim2=-1).real
        self.energy = energy[..., : self.count].contiguous()  # [2, M, K]
        ridge = energy * MEAN_RIDGE + FLOOR * self.fft * self.sources.shape[2]
        ridge[..., self.count :] += SLOPE_RIDGE * self.energy
        inverse = torch.linalg.inv(gram + torch.diag_embed(ridge).to(gram.dtype))
        self.variance = (inverse @ gram @ inverse).diagonal(dim1=-2, dim2=-1).real[..., : self.count].clamp(min=0)
        self.solution = (inverse @ self.sources.mH).contiguous()  # [2, M, 2K, N·J]

    def _atoms(self, power: Tensor, sample_rate: int) -> None:
        """Sets the powers over time that may explain the residual, and the track's own levels, from power [K, m, N]."""
        envelopes = [power] + [_smeared(power, 10 ** (-6 * self.hop / sample_rate / tail)) for tail in TAILS_S]
        self.atoms = torch.stack(envelopes).flatten(0, 1).permute(1, 2, 0).contiguous()  # [m, N, 3K]
        mean = power.mean(-1)  # [K, m]
        total = mean.sum(1, keepdim=True)
        shape = (mean / total.clamp(min=1e-9) + 1e-4).log10() / 2 + 1
        self.own = torch.cat((shape, (total / self.fft + 1e-6).log10() / 2, self.spread[:, None]), dim=1)

    def _spectra(self, samples: Tensor) -> Tensor:
        """[R, 2, n] → [R, 2, M, N, J]: N frames, J bins in each of M bands, zero where a band has fewer."""
        count = max(1, samples.shape[-1] // self.hop)
        missing = max(0, (count - 1) * self.hop + self.fft - samples.shape[-1])
        flat = torch.nn.functional.pad(samples.flatten(0, 1), (0, missing))
        window = torch.hann_window(self.fft, device=samples.device)
        spectra = torch.stft(flat, self.fft, self.hop, window=window, center=False, return_complex=True)[..., :count]
        chosen = spectra[:, self.bins.flatten()].unflatten(1, self.bins.shape) * self.bin_weights[..., None]
        return chosen.unflatten(0, samples.shape[:2]).transpose(-1, -2).contiguous()

    def __call__(self, mixes: Tensor) -> LeastSquaresFeatures:
        """The features of mixes [B, 2, n]."""
        found = self._solved(mixes)
        return LeastSquaresFeatures(self._global_features(found), self._frame_features(found))

    def global_features(self, mixes: Tensor) -> Tensor:
        """The global features alone: [B, K, GLOBAL_FEATURES]."""
        return self._global_features(self._solved(mixes))

    def _solved(self, mixes: Tensor) -> "_Solved":
        spectra = self._spectra(mixes)
        frames, bins = spectra.shape[-2:]
        heard = spectra.flatten(3, 4).permute(1, 2, 3, 0)  # [2, M, N·J, B]
        gains = self.solution @ heard  # [2, M, 2K, B]
        residual = (heard - self.sources @ gains).unflatten(2, (frames, bins))
        power = residual.abs().square().sum(3)
        noise = power.sum(2) / (frames * self.bin_weights.sum(1)[:, None]).clamp(min=8)
        return _Solved(gains[:, :, : self.count], gains[:, :, self.count :], residual, power, noise)

    def _global_features(self, found: "_Solved") -> Tensor:
        square = found.mean.abs().square()  # [2, M, K, B]
        trust = square / (square + 2 * found.noise[:, :, None] * self.variance[..., None] + 1e-12)
        features = [
            _band_features(square, found.mean, found.slope, trust),
            self._reverb_features(found.power, square),
            self.own.expand(square.shape[-1], -1, -1),
        ]
        return torch.cat(features, dim=-1)

    def _reverb_features(self, power: Tensor, square: Tensor) -> Tensor:
        """How much of the residual's power follows each track's own or smeared power: [B, K, 3·3·m]."""
        broad = power.sum(0).unflatten(0, (BROAD_BANDS, -1)).sum(1).permute(2, 0, 1)  # [B, m, N]
        weights, floor = _positive_fit(self.atoms, broad)
        parts = weights * self.atoms.mean(1)
        share = parts / (parts.sum(-1, keepdim=True) + floor)
        energy = self.energy.unflatten(1, (BROAD_BANDS, -1))
        direct = (square.unflatten(1, (BROAD_BANDS, -1)) * energy[..., None]).sum((0, 2))  # [m, K, B]
        direct = (direct / (energy.sum((0, 2))[..., None] + 1e-6) + 1e-3).log10().permute(2, 0, 1)[:, :, None]
        by_atom = (weights + 1e-3).log10().unflatten(-1, (_ATOMS, -1))  # [B, m, 3, K]
        rows = torch.cat((by_atom, by_atom - direct, share.unflatten(-1, (_ATOMS, -1)).sqrt()), dim=2)
        return rows.permute(0, 3, 1, 2).flatten(2)

    def _frame_features(self, found: "_Solved") -> Tensor:
        """Per frame: the gain's departure from its mean, how far it can be trusted, the track's level."""
        noise, mean = found.noise, found.mean
        weights = 1 / (noise + 1e-2 * noise.mean(1, keepdim=True) + 1e-12)  # [2, M, B]
        sources = self.sources[..., : self.count].unflatten(2, found.residual.shape[2:4])  # [2, M, N, J, K]
        departed = torch.einsum(
            "cmtjk,cmtjb,cmkb->bkt", sources.conj(), found.residual, mean.conj() * weights[:, :, None]
        ).real
        power = sources.abs().square().sum(3)  # [2, M, N, K]
        known = torch.einsum("cmtk,cmkb->bkt", power, mean.abs().square() * weights[:, :, None])
        tilt = torch.einsum("cmtk,cmkb->bkt", power, (found.slope * mean.conj()).real * weights[:, :, None])
        trust = known / (known + 2)
        departure = ((departed + tilt * self.level) / (known + 2)).clamp(-1, 3)
        return torch.stack((departure, trust, self.level.expand_as(trust)), dim=-1)


class _Solved(NamedTuple):
    """One solution of the equations.

    mean, slope: the gains h and s [2, M, K, B]
    residual:    E, what they leave of the mixes [2, M, N, J, B]
    power:       the residual's power per band and frame [2, M, N, B]
    noise:       its mean [2, M, B]
    """

    mean: Tensor
    slope: Tensor
    residual: Tensor
    power: Tensor
    noise: Tensor


def _band_bins(sample_rate: int, fft: int) -> tuple[Tensor, Tensor]:
    """Bins [M, J] of each band, evenly spread over it, and their weights: 0 for a bin repeated to fill the row."""
    hertz_per_bin = sample_rate / fft
    edges = [math.ceil(float(hertz) / hertz_per_bin) for hertz in band_edges_hz(sample_rate, BANDS - 1)]
    bins, weights = [], []
    for first, end in zip(edges, edges[1:]):
        last = max(first, min(end - 1, fft // 2))
        row = sorted({round(first + (last - first) * i / (BINS_PER_BAND - 1)) for i in range(BINS_PER_BAND)})
        spare = BINS_PER_BAND - len(row)
        bins.append(row + row[-1:] * spare)
        weights.append([1.0] * len(row) + [0.0] * spare)
    return torch.tensor(bins), torch.tensor(weights)


def _level(power: Tensor) -> tuple[Tensor, Tensor]:
    """power [K, N] → level about its power-weighted mean and its spread, both in tens of decibels."""
    level_db = 10 * (power + 1e-9).log10()
    total = power.sum(1, keepdim=True).clamp(min=1e-9)
    mean_db = (power * level_db).sum(1, keepdim=True) / total
    spread_db = ((power * (level_db - mean_db).square()).sum(1) / total[:, 0]).sqrt()
    return ((level_db - mean_db) / 10).clamp(-2, 2), spread_db / 10


def _smeared(power: Tensor, keep: float) -> Tensor:
    """Each frame's earlier power, decaying by `keep` a frame: [..., N]."""
    frames = torch.arange(power.shape[-1], device=power.device)
    age = frames[:, None] - frames[None] - 1  # [N, N]
    kernel = torch.where(age >= 0, (1 - keep) * keep ** age.clamp(min=0).float(), 0.0)
    return power @ kernel.T


def _positive_fit(atoms: Tensor, power: Tensor) -> tuple[Tensor, Tensor]:
    """Weights [B, m, A] of an Itakura-Saito fit of `power` [B, m, N] by `atoms` [m, N, A], and the floor [B, m, 1]
    that it adds to the model."""
    floor = power.mean(-1, keepdim=True) * 1e-2 + 1e-7
    weights = torch.full((*power.shape[:2], atoms.shape[-1]), 0.1, device=power.device)
    turned = atoms.transpose(1, 2).contiguous()  # [m, A, N]
    for _ in range(UPDATES):
        model = torch.einsum("mta,bma->bmt", atoms, weights) + floor
        rise = torch.einsum("mat,bmt->bma", turned, power / model.square())
        fall = torch.einsum("mat,bmt->bma", turned, 1 / model)
        weights = weights * (rise / (fall + 1e-12)).clamp(1e-3, 1e3).sqrt()
    return weights, floor


def _band_features(square: Tensor, mean: Tensor, slope: Tensor, trust: Tensor) -> Tensor:
    """Per band: gain, left against right, trust, slope over level; each fades where not to be trusted. [B, K, 4·M]"""
    gain_db = 10 * (square + 1e-4).log10()
    total = trust.sum(0) + 1e-3  # [M, K, B]
    middle = trust.mean(0) * (trust * gain_db).sum(0) / total / 10
    side = trust.prod(0).sqrt() * (gain_db[0] - gain_db[1]) / 10
    tilt = ((slope * mean.conj()).real / (square + 1e-4)).clamp(-1, 1)
    tilt = 4 * trust.mean(0) * (trust * tilt).sum(0) / total
    rows = torch.stack((middle, side, trust.mean(0), tilt))  # [4, M, K, B]
    return rows.permute(3, 2, 0, 1).flatten(2)

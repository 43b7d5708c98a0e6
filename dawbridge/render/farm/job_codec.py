"""Conversion between a StripJob and plain data, which goes through the pipe to a worker."""

from dataclasses import asdict, fields

import numpy as np

from dawbridge.render.farm.job import JobCurve, JobDevice, StripJob
from dawbridge.render.graph.sources import decode_curve, decode_source, encode_source

_PLAIN = ("audio_key", "sample_rate", "wants_states", "result_path", "block_size", "bpm")


def encode_job(job: StripJob) -> dict:
    """The job as plain data, without its samples."""
    source = None if isinstance(job.audio, np.ndarray) else encode_source(job.audio)
    row = {name: getattr(job, name) for name in _PLAIN}
    return row | {"source": source, "devices": [_encode_device(device) for device in job.devices]}


def decode_job(row: dict, samples: np.ndarray | None) -> StripJob:
    """The job in `row`. `samples` are its audio where it names no source. Raises ValueError where both are missing."""
    audio = samples if row["source"] is None else decode_source(row["source"])
    if audio is None:
        raise ValueError("a job without audio")
    devices = tuple(map(_decode_device, row["devices"]))
    return StripJob(audio, devices=devices, **{name: row[name] for name in _PLAIN} | {"bpm": tuple(row["bpm"])})


def _encode_device(device: JobDevice) -> dict:
    row = {field.name: getattr(device, field.name) for field in fields(device)}
    row["curves"] = [asdict(curve) for curve in device.curves]
    row["sidechain"] = None if device.sidechain is None else encode_source(device.sidechain)
    return row


def _decode_device(row: dict) -> JobDevice:
    curves = tuple(JobCurve(**curve | {"curve": decode_curve(curve["curve"])}) for curve in row["curves"])
    sidechain = None if row["sidechain"] is None else decode_source(row["sidechain"])
    settings = tuple(tuple(setting) for setting in row["settings"])
    lists = {"settings": settings, "curves": curves, "further_paths": tuple(row["further_paths"])}
    return JobDevice(**row | lists | {"sidechain": sidechain})

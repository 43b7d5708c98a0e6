"""The pair of maps between 0..1 and physical values: what is promised of every parameter."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from dawbridge.devices.builtin_table import BUILTIN
from dawbridge.errors import InputError
from dawbridge.params import ParameterSpec

ZERO_TO_ONE = st.floats(0.0, 1.0)
GRID = np.linspace(0.0, 1.0, 1001)


@st.composite
def linear(draw):
    low = draw(st.floats(-1e5, 1e5))
    return ParameterSpec("p", low, low + draw(st.floats(1e-2, 1e5)), low, unit="dB")


@st.composite
def logarithmic(draw):
    low = draw(st.floats(1e-4, 1e3))
    return ParameterSpec("p", low, low * draw(st.floats(1.1, 1e5)), low, curve="logarithmic")


@st.composite
def stepped(draw):
    steps = sorted(draw(st.sets(st.integers(-1000, 1000), min_size=2, max_size=40)))
    steps = tuple(step / 8 for step in steps)
    return ParameterSpec("p", steps[0], steps[-1], steps[0], curve="stepped", steps=steps)


@st.composite
def measured(draw):
    gaps = draw(st.lists(st.tuples(st.integers(1, 20), st.integers(1, 20)), min_size=1, max_size=12))
    places, values = np.cumsum([(0, 0), *gaps], axis=0).T
    values = values / 4 - 3.0
    if draw(st.booleans()):
        values = values[::-1]
    points = tuple(zip((places / places[-1]).tolist(), values.tolist(), strict=True))
    low, high = float(values.min()), float(values.max())
    return ParameterSpec("p", low, high, low, curve="measured", points=points)


BOOLEAN = ParameterSpec("p", 0.0, 1.0, 0.0, unit="bool", curve="boolean")
SMOOTH = st.one_of(linear(), logarithmic(), measured())
ANY = st.one_of(SMOOTH, stepped(), st.just(BOOLEAN))


# Round trips


@given(SMOOTH, ZERO_TO_ONE)
def test_round_trip_stays_within_a_millionth(spec, position):
    assert abs(spec.to_0to1(spec.from_0to1(position)) - position) < 1e-6


@given(SMOOTH, ZERO_TO_ONE)
def test_torch_maps_as_numpy_does(spec, position):
    tensor = torch.tensor([position], dtype=torch.float64)
    value = spec.from_0to1(tensor)
    assert value.item() == pytest.approx(float(spec.from_0to1(position)), rel=1e-9, abs=1e-9)
    assert abs(spec.to_0to1(value).item() - position) < 1e-6


@given(st.one_of(stepped(), st.just(BOOLEAN)))
def test_legal_steps_survive_exactly(spec):
    steps = np.array(spec.legal_steps)
    assert (spec.from_0to1(spec.to_0to1(steps)) == steps).all()
    tensor = torch.tensor(steps)
    assert (spec.from_0to1(spec.to_0to1(tensor)) == tensor).all()
    assert all(spec.from_0to1(spec.to_0to1(step)) == step for step in spec.legal_steps)


@given(ANY)
def test_the_ends_are_the_ends(spec):
    ends = sorted((float(spec.from_0to1(0.0)), float(spec.from_0to1(1.0))))
    assert ends == pytest.approx([spec.minimum, spec.maximum], rel=1e-9, abs=1e-9)
    assert float(spec.from_0to1(-3.0)) == float(spec.from_0to1(0.0))
    assert float(spec.from_0to1(7.0)) == float(spec.from_0to1(1.0))


@given(ANY)
def test_map_is_monotone_and_keeps_the_range(spec):
    values = spec.from_0to1(GRID)
    rises = np.diff(values)
    assert (rises >= 0).all() or (rises <= 0).all()
    if not spec.legal_steps:
        assert (rises != 0).all()
    slack = 1e-9 * max(1.0, abs(spec.minimum), abs(spec.maximum))
    assert values.min() >= spec.minimum - slack and values.max() <= spec.maximum + slack


# Gradients


@given(ANY, st.lists(ZERO_TO_ONE, max_size=8), st.sampled_from([torch.float32, torch.float64]))
def test_gradient_is_finite_and_alive_everywhere(spec, places, dtype):
    position = torch.tensor([0.0, 0.5, 1.0, *places], dtype=dtype, requires_grad=True)
    spec.from_0to1(position).sum().backward()
    assert torch.isfinite(position.grad).all()
    assert (position.grad != 0).all(), "a network must feel every parameter, at the ends too"


@given(SMOOTH)
def test_gradient_of_the_way_back_is_finite(spec):
    value = torch.tensor(spec.from_0to1(np.array([0.0, 0.5, 1.0])), requires_grad=True)
    spec.to_0to1(value).sum().backward()
    assert torch.isfinite(value.grad).all()


@given(stepped(), ZERO_TO_ONE)
def test_a_stepped_parameter_gives_only_legal_values_to_a_network(spec, position):
    value = spec.from_0to1(torch.tensor([position], dtype=torch.float64))
    assert min(abs(value.item() - step) for step in spec.steps) < 1e-9


# Narrowed ranges


@given(SMOOTH, ZERO_TO_ONE, ZERO_TO_ONE)
@settings(max_examples=200)
def test_narrowed_range_spans_0_to_1(spec, one, other):
    low, high = sorted((float(spec.from_0to1(one)), float(spec.from_0to1(other))))
    if high - low < 1e-3 * (spec.maximum - spec.minimum):
        return
    part = spec.narrowed(low, high)
    ends = sorted((float(part.from_0to1(0.0)), float(part.from_0to1(1.0))))
    assert ends == pytest.approx([low, high], rel=1e-9, abs=1e-9 * (spec.maximum - spec.minimum))
    assert np.abs(part.to_0to1(part.from_0to1(GRID)) - GRID).max() < 1e-6
    assert part.minimum <= part.default <= part.maximum


@given(measured(), st.data())
def test_narrowing_to_the_knots_themselves_works(spec, data):
    values = sorted(value for _, value in spec.points)
    first = data.draw(st.integers(0, len(values) - 2))
    last = data.draw(st.integers(first + 1, len(values) - 1))
    part = spec.narrowed(values[first], values[last])
    middle = float(part.from_0to1(0.5))
    assert float(spec.from_0to1(spec.to_0to1(middle))) == pytest.approx(middle)


@given(stepped(), st.data())
def test_narrowed_steps_are_the_steps_between(spec, data):
    spec = replace(spec, choices=tuple(f"choice {step}" for step in spec.steps))
    first = data.draw(st.integers(0, len(spec.steps) - 2))
    last = data.draw(st.integers(first + 1, len(spec.steps) - 1))
    part = spec.narrowed(spec.steps[first], spec.steps[last])
    assert part.steps == spec.steps[first : last + 1]
    assert part.choices == spec.choices[first : last + 1]
    assert part.default in part.steps


def test_a_wider_or_empty_range_is_no_part():
    spec = ParameterSpec("gain_db", -24.0, 24.0, 0.0, unit="dB")
    with pytest.raises(InputError, match="outside -24…24 dB"):
        spec.narrowed(-30.0, 0.0)
    with pytest.raises(InputError, match="empty"):
        spec.narrowed(3.0, 3.0)


# Checks


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (31.0, "track 'Vox': gain_db=31 outside -24…24 dB; give a value in it"),
        (math.nan, "gain_db=nan is not a finite number"),
        (math.inf, "gain_db=inf is not a finite number"),
        ("loud", "gain_db='loud' is not a finite number"),
        (None, "is not a finite number; give one in -24…24 dB"),
        (True, "gain_db=True is not a finite number"),
    ],
)
def test_an_illegal_value_is_named_with_place_range_and_cure(value, words):
    spec = ParameterSpec("gain_db", -24.0, 24.0, 0.0, unit="dB")
    with pytest.raises(InputError) as error:
        spec.check(value, "track 'Vox'")
    assert words in str(error.value) and "\n" not in str(error.value)


def test_a_value_between_steps_is_an_error_and_a_rounded_step_is_the_step():
    spec = ParameterSpec("mode", 1.0, 4.0, 1.0, curve="stepped", steps=(1.0, 2.0, 4.0))
    assert spec.check(2.0000001) == 2.0
    with pytest.raises(InputError, match="mode=3.1 is no step of 1, 2, 4; nearest is 4"):
        spec.check(3.1)


@given(ANY, ZERO_TO_ONE)
def test_what_a_map_gives_is_legal(spec, position):
    spec.check(float(spec.from_0to1(position)))


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"minimum": 2.0}, "minimum 2.0 is not below 1.0"),
        ({"maximum": math.inf}, "not finite"),
        ({"default": 5.0}, "default 5.0 outside 0…1"),
        ({"curve": "wavy"}, "unknown curve 'wavy'"),
        ({"curve": "logarithmic"}, "must be positive"),
        ({"curve": "boolean", "maximum": 2.0}, "boolean runs from 0 to 1"),
        ({"curve": "stepped"}, "two or more"),
        ({"curve": "stepped", "steps": (1.0, 0.0)}, "ascending"),
        ({"curve": "stepped", "steps": (0.0, 0.5)}, "span 0…1"),
        ({"curve": "stepped", "steps": (0.0, 1.0), "choices": ("a",)}, "1 choices for 2 steps"),
        ({"curve": "measured"}, "points from 0 to 1"),
        ({"curve": "measured", "points": ((0.0, 0.0), (0.9, 1.0))}, "points from 0 to 1"),
        ({"curve": "measured", "points": ((0.0, 0.0), (0.5, 1.0), (1.0, 1.0))}, "strictly monotone"),
    ],
)
def test_a_spec_that_makes_no_sense_is_refused(wrong, words):
    with pytest.raises(InputError, match="parameter 'p'.*" + words):
        ParameterSpec(**{"name": "p", "minimum": 0.0, "maximum": 1.0, "default": 0.5} | wrong)


@pytest.mark.parametrize("device", BUILTIN, ids=lambda device: device.name)
def test_every_built_in_parameter_keeps_the_promise(device):
    for parameter in device.parameters:
        if not parameter.legal_steps:
            assert np.abs(parameter.to_0to1(parameter.from_0to1(GRID)) - GRID).max() < 1e-6
        assert parameter.check(parameter.default) == parameter.default

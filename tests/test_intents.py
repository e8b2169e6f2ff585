"""Intents are plain data: a recording is read back as it was, and bad input is named."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stereosim.procedures import intents

NUMBER = st.floats(-1e3, 1e3)
PIXEL = st.tuples(NUMBER, NUMBER)
TRIPLE = st.tuples(NUMBER, NUMBER, NUMBER)

ANY_INTENT = st.one_of(
    st.builds(
        intents.Position, NUMBER, NUMBER, st.sampled_from(intents.APPROACHES), st.none() | NUMBER
    ),
    st.builds(intents.Expose, st.sampled_from(["scout", "pair"])),
    st.builds(intents.MarkPair, PIXEL, PIXEL),
    st.builds(intents.Scan, *[NUMBER] * 7),
    st.builds(intents.Look, *[NUMBER] * 7),
    st.builds(intents.MarkEcho, TRIPLE, st.sampled_from(["specks", "correlate", "blind"])),
    st.builds(intents.ChooseDevice, st.text(max_size=8)),
    st.builds(intents.Advance, TRIPLE),
    st.builds(intents.Insert, PIXEL, NUMBER, NUMBER),
    st.builds(intents.Steer, NUMBER, NUMBER, NUMBER),
    st.builds(intents.Fire),
    st.builds(intents.Adjust, NUMBER),
    st.builds(intents.Sample, st.lists(NUMBER, max_size=4).map(tuple)),
    st.builds(intents.Withdraw),
    st.builds(intents.Film),
    st.builds(intents.PlaceClip),
    st.builds(intents.Stop, st.sampled_from(intents.STOP_REASONS)),
)


@given(ANY_INTENT)
def test_recording_is_read_back_as_it_was(intent: intents.Intent) -> None:
    line = json.dumps(intents.to_dict(intent))
    assert intents.from_dict(json.loads(line)) == intent


@pytest.mark.parametrize(
    ("record", "named"),
    [
        ({"intent": "teleport"}, "teleport"),
        ({}, "None"),
        ({"intent": "fire", "force": 3}, "fire: unknown field 'force'"),
        ({"intent": "adjust"}, "along_mm"),
        ({"intent": "adjust", "along_mm": float("nan")}, "adjust.along_mm"),
        ({"intent": "advance", "offset_mm": [0, float("inf"), 0]}, "advance.offset_mm"),
        ({"intent": "mark-pair", "left_px": [1, 2], "right_px": [None, 2]}, "mark-pair.right_px"),
    ],
)
def test_bad_record_names_what_is_wrong(record: dict[str, object], named: str) -> None:
    with pytest.raises(intents.IntentError, match=named):
        intents.from_dict(record)


def test_looks_and_scans_of_older_recordings_are_upright_and_unpressed() -> None:
    look = intents.from_dict({"intent": "look", "x_mm": 1.0, "y_mm": 2.0, "angle_deg": 3.0})
    assert look == intents.Look(1.0, 2.0, 3.0, tilt_deg=0.0, strain=0.0)
    scan = intents.from_dict({"intent": "scan", "x_mm": 1.0, "y_mm": 2.0, "extent_mm": 30.0})
    assert scan == intents.Scan(1.0, 2.0, 30.0, tilt_deg=0.0, strain=0.0)

"""What are the weights of the injection detector that ships? weights.json, as benches/injection_train.py made it."""

from __future__ import annotations

import base64
import json
from functools import cache
from importlib import resources

import numpy as np

from cleanroom.core.injection.cues import ALL_NAMES
from cleanroom.core.injection.features import BUCKETS
from cleanroom.core.injection.judge import Weights

FILE = "weights.json"


@cache
def weights() -> Weights:
    """The weights; what a window can show by its name, so that a cue which the file does not know counts nothing."""
    found = json.loads(resources.files(__package__).joinpath(FILE).read_text("utf-8"))
    shows = np.array([found["shows"].get(name, 0.0) for name in ALL_NAMES], np.float32)
    words = np.frombuffer(base64.b64decode(found["words"]), np.int8).astype(np.float32) * float(found["scale"])
    if len(words) != BUCKETS:
        raise ValueError(f"{FILE} was made for {len(words)} buckets, and there are {BUCKETS}")
    return Weights(shows, words, float(found["bias"]), tuple(found["lengths"]), tuple(found["thresholds"]))

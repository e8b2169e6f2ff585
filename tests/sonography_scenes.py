"""A stand-in for the ultrasound machine: frames of noise, made as the test lets them."""

import threading
from dataclasses import replace

import numpy as np

from stereosim.imaging.ultrasound.frame import Frame
from stereosim.imaging.ultrasound.probes import load_probe
from stereosim.procedures.intents import Intent, Look, MarkEcho
from stereosim.procedures.state import ProcedureState, Step, Still
from stereosim_gui.model.engine import Engine, Stepped
from stereosim_gui.model.sonogram import Sonogram, pose_of
from stereosim_gui.model.spec import AttemptSpec


def frame(look: Look) -> Frame:
    """Echoes between -40 and 40 dB, the same for the same look."""
    rng = np.random.default_rng(abs(hash(look)) % 2**32)
    rows = round(look.depth_mm / 0.25) + 1
    envelope = 10.0 ** rng.uniform(-2.0, 2.0, (rows, 64))
    pose = pose_of(look)
    return Frame(envelope.astype(np.float32), 0.25, 0.6, pose, load_probe())


class StubEngine(Engine):
    """Frames of noise, made as fast or as slowly as the test lets them."""

    def __init__(self, spec: AttemptSpec) -> None:
        super().__init__(spec)
        self.asked: list[Look] = []
        self.slow = False
        self.begun = threading.Semaphore(0)
        self.go_on = threading.Semaphore(0)
        self.broken = False
        self.prepared: list[Look] = []

    def live(self, state: ProcedureState, look: Look) -> Sonogram:
        self.asked.append(look)
        if self.slow:
            self.begun.release()
            assert self.go_on.acquire(timeout=30)
        if self.broken:
            raise ZeroDivisionError("no gel")
        return Sonogram.of(frame(look), look)

    def prepare(self, look: Look) -> bool:
        self.prepared.append(look)
        return len(self.prepared) % 3 != 0

    def step(self, state: ProcedureState, intent: Intent) -> Stepped:
        if isinstance(intent, Look):
            still = Still("search", frame(intent))
            seen = replace(state.seen, stills=(*state.seen.stills, still))
        elif isinstance(intent, MarkEcho):
            where = np.array(intent.position_mm)
            seen = replace(state.seen, marked_mm=where, marked_reason=intent.reason)
        else:
            return super().step(state, intent)
        new = replace(state, step=Step.TARGET, seen=seen, intents=(*state.intents, intent))
        return Stepped(new, (), self._new_pictures(state, new))

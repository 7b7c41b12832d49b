"""The latents of the last runs are kept; only reading them waits for copies from a GPU."""

import sys
import unittest
from pathlib import Path
from types import SimpleNamespace
from unittest import mock

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "integrations" / "python"))

from fakes.diffusers import Numbers  # noqa: E402
from steps_animation import LatentRing  # noqa: E402
from steps_animation.latents import load_latents  # noqa: E402


class LatentRingTest(unittest.TestCase):
    def test_discards_the_oldest(self):
        ring = LatentRing(limit=40)
        for name in ("first", "second", "third"):
            ring.begin(name)
            ring.add(name, 0, 1, Numbers([1, 2, 3]))
        self.assertIsNone(ring.get("first"))
        self.assertIsNone(ring.get("second"))
        self.assertEqual([(step, latents.values) for _, step, latents in ring.get("third").steps], [(1, [1, 2, 3])])

    def test_counts_attached_objects(self):
        ring = LatentRing(limit=100)
        for name in ("first", "second"):
            ring.begin(name)
            ring.add(name, 0, 1, Numbers([1, 2, 3]))
        self.assertIsNotNone(ring.get("first"))
        ring.attach("second", "its picture", 80)
        self.assertIsNone(ring.get("first"))
        self.assertEqual(ring.get("second").attached, "its picture")

    def test_forgets_a_run(self):
        ring = LatentRing()
        ring.begin("run")
        ring.forget("run")
        self.assertIsNone(ring.get("run"))
        self.assertIsNone(ring.add("run", 0, 1, Numbers([1])))

    def test_waits_for_copies_from_a_gpu_only_when_they_are_read(self):
        done = []

        class Event:
            def record(self, stream):
                self.stream = stream

            def synchronize(self):
                done.append(self.stream)

        class OnGpu(Numbers):
            is_cuda = True
            device = "cuda:0"

        cuda = SimpleNamespace(Event=Event, current_stream=lambda device: f"stream of {device}")
        ring = LatentRing()
        ring.begin("run")
        with mock.patch.dict(sys.modules, {"torch": SimpleNamespace(cuda=cuda)}):
            arrived = ring.add("run", 0, 1, OnGpu([1]))
        self.assertEqual(done, [])
        self.assertEqual(arrived().values, [1])
        self.assertEqual(done, ["stream of cuda:0"])
        self.assertEqual(len(ring.get("run").steps), 1)
        self.assertEqual(done, ["stream of cuda:0"] * 2)

    def test_never_waits_for_an_event_before_it_is_recorded(self):
        waited = []

        class Event:
            is_recorded = False

            def record(self, _):
                run.steps  # as another thread may read them at any time
                self.is_recorded = True

            def synchronize(self):
                waited.append(self.is_recorded)

        class OnGpu(Numbers):
            is_cuda = True
            device = "cuda:0"

        cuda = SimpleNamespace(Event=Event, current_stream=lambda device: device)
        ring = LatentRing()
        run = ring.begin("run")
        with mock.patch.dict(sys.modules, {"torch": SimpleNamespace(cuda=cuda)}):
            ring.add("run", 0, 1, OnGpu([1]))
            ring.add("run", 0, 2, OnGpu([2]))
        self.assertEqual(waited, [True])

    def test_reads_passes_and_steps_in_numeric_order(self):
        class File:
            def __init__(self, path, framework):
                self.keys = lambda: ["10-0000001", "2-10000000", "2-9999999", "0-0000001"]
                self.get_tensor = lambda name: Numbers([1])
                self.metadata = lambda: None

            def __enter__(self):
                return self

            def __exit__(self, *_):
                pass

        with mock.patch.dict(sys.modules, {"safetensors": SimpleNamespace(safe_open=File)}):
            run = load_latents("many passes.safetensors")
        self.assertEqual([step[:2] for step in run.steps], [(0, 1), (2, 9999999), (2, 10000000), (10, 1)])


if __name__ == "__main__":
    unittest.main()

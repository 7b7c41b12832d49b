"""The latents of the last runs are kept, and those on their way from a GPU are waited for only by who reads them."""

import sys
import unittest
from pathlib import Path
from types import SimpleNamespace
from unittest import mock

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "integrations" / "python"))

from fakes.diffusers import Numbers  # noqa: E402
from steps_animation import LatentRing  # noqa: E402


class LatentRingTest(unittest.TestCase):
    def test_makes_room_for_the_newest(self):
        ring = LatentRing(limit=40)
        for name in ("first", "second", "third"):
            ring.begin(name)
            ring.add(name, 0, 1, Numbers([1, 2, 3]))
        self.assertIsNone(ring.get("first"))
        self.assertIsNone(ring.get("second"))
        self.assertEqual([(step, latents.values) for _, step, latents in ring.get("third").steps], [(1, [1, 2, 3])])

    def test_counts_what_is_kept_beside_the_steps(self):
        ring = LatentRing(limit=100)
        for name in ("first", "second"):
            ring.begin(name)
            ring.add(name, 0, 1, Numbers([1, 2, 3]))
        self.assertIsNotNone(ring.get("first"))
        ring.attach("second", "its picture", 80)
        self.assertIsNone(ring.get("first"))
        self.assertEqual(ring.get("second").attached, "its picture")

    def test_forgets_what_it_is_told_to(self):
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


if __name__ == "__main__":
    unittest.main()

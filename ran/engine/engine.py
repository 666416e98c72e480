"""Scene -> Prediction or Heatmap: the one place that loads a network and asks it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from copy import copy
from functools import cached_property, partial
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ran.engine.answers import predictions
from ran.engine.checker import Checker
from ran.engine.chunks import Chunk, Chunks, Featuring
from ran.engine.cutter import Cutter
from ran.engine.devices import device_named, full_precision, with_doubles
from ran.engine.explainer import Explainer
from ran.engine.memory import Memory
from ran.engine.room import EXPLAINED_AT_ONCE, TURNS_AT_ONCE, Room, crops_at_once, or_on_cpu
from ran.errors import BadRequest
from ran.explain.heatmap import Explaining, Heatmap
from ran.explain.question import Question
from ran.explain.regions.intervene import Intervention, intervene
from ran.explain.regions.shapley import RegionValues, region_values
from ran.explain.trust.faithfulness import Checking
from ran.face.detect import Face, detected, find_faces, framed, with_poses
from ran.face.detector import FaceDetector
from ran.face.head import Turned, turn_all
from ran.face.photo import Photo
from ran.net.checkpoints import Card, Network, load_checkpoint
from ran.net.folding import folded
from ran.net.identity import identity
from ran.net.regions import RegionLayout
from ran.prediction import Prediction
from ran.scene import Scene
from ran.words import _


class Engine:
    """A network on a device. Safe to share between threads: it never changes after loading.

    `model` is the network as it was trained; `asked`, with its batch normalisation folded, answers.
    """

    def __init__(self, model: Network, card: Card, *, device: str = "auto") -> None:
        self.device = device_named(device)
        self.card = card
        self.model = model.to(memory_format=torch.channels_last).to(self.device).eval()
        self.asked = folded(self.model)
        self.memory = Memory()
        kind = "cpu" if self.device == "cpu" else "gpu"
        self.turns_at_once = TURNS_AT_ONCE[kind]
        self.cutter = Cutter(card, self.layout_of, self.device)
        self.room: Featuring = Room(
            self.asked, crops_at_once(self.device, card.input_size), self.device
        )
        self.chunks = Chunks(self.cutter, self.layout_of, self.room)
        self.explainer = Explainer(
            self.model,
            self.asked,
            card,
            face=self.cutter.face,
            layout=self.layout_of,
            room=Room(self.asked, EXPLAINED_AT_ONCE[kind], self.device),
        )
        self._checker = Checker(self.explainer)

    def apart(self) -> Engine:
        """Return the same network with a memory of its own, which goes when nobody holds it.

        What is made of a visitor's face then lives as long as the visit; all else is shared.
        """
        _ = self._detector  # loaded once, for all
        other = copy(self)
        other.memory = Memory()
        other.explainer = self.explainer.apart()
        other._checker = self._checker.apart(other.explainer)
        return other

    @property
    def computed_on(self) -> str:
        """Return where the last answer came from: the device, or "cpu" where its memory is full."""
        is_full = self.room.is_full or self.explainer.room.is_full
        return "cpu" if is_full else self.device

    @property
    def conditions(self) -> dict[str, str]:
        """Return how the last answer was computed: its device and precision."""
        return {"device": self.computed_on, "precision": self.room.precision}

    @property
    def faces_at_once(self) -> int:
        """Return how many faces of the network's own regions go through it together."""
        return max(1, self.room.at_once // len(self.model.layout))

    @cached_property
    def key(self) -> str:
        """Return the network's identity: what answers alike has the same, wherever it came from."""
        return f"{identity(self.model, self.card)} {self.device}"

    @staticmethod
    def load(checkpoint: str | Path | None = None, device: str = "auto") -> Engine:
        """Load a checkpoint: None is the bundled RAN; a folder of ours; the authors' .pth.tar."""
        model, card = load_checkpoint(checkpoint)
        return Engine(model, card, device=device)

    @cached_property
    def _detector(self) -> FaceDetector:
        return FaceDetector(self.device)

    def find_faces(
        self, photo: Photo, *, upright: bool = False, quarter_turns: int | None = None
    ) -> list[Face]:
        """Find the faces of a photo, largest first, framed as the card says; without poses.

        `upright`: cut as recipes before version 3 were, without straightening a head that leans.
        `quarter_turns`: of the photo, where they are known; else all four are tried.
        """
        return find_faces(
            photo, detector=self._detector, upright=upright, quarter_turns=quarter_turns
        )

    def find_both(self, photo: Photo) -> tuple[list[Face], list[Face]]:
        """Find the faces of a photo once; return them straightened, and cut upright as well."""
        found = detected(photo, self._detector)
        return framed(photo, found), framed(photo, found, upright=True)

    def with_poses(self, faces: Sequence[Face]) -> list[Face]:
        """Return framed faces with their poses, estimated anew from their pixels."""
        return with_poses(faces, detector=self._detector)

    def turned(self, face: Face, turns: Sequence[tuple[float, float]]) -> list[Turned]:
        """Turn a face by yaws and pitches in degrees, together on the device, and find its poses.

        Some `turns_at_once` of them. An Apple GPU has no fp64: there the CPU makes them.

        Raises:
            BadRequest: if an angle is too large (ran.face.head.turn).
        """
        made = or_on_cpu(partial(turn_all, face, turns), with_doubles(self.device))
        posed = self.with_poses([one.face for one in made])
        return [one._replace(face=found) for one, found in zip(made, posed, strict=True)]

    def layout_of(self, scene: Scene) -> RegionLayout:
        """Return the regions that the network will see: the scene's, or else its own."""
        if self.card.kind == "plain" or scene.layout is None:
            own: RegionLayout = self.model.layout
            return own
        return scene.layout

    def predict(self, scene: Scene) -> Prediction:
        """Answer for one scene; an equal scene is not computed again."""
        return self.predict_many([scene])[0]

    @torch.no_grad()
    def predict_many(self, scenes: Sequence[Scene]) -> list[Prediction]:
        """Answer for many scenes, in order: many together, each as it is answered alone.

        Raises:
            BadFraming: if a face is framed otherwise than the network was trained on.
            BadCheckpoint: if the network's answer is no number.
        """
        keys = [scene.key for scene in scenes]
        asked = dict(zip(keys, scenes, strict=True))
        answers = {
            key: known for key in asked if (known := self.memory.answers.recall(key)) is not None
        }
        for chunk in self.chunks.of({key: asked[key] for key in asked if key not in answers}):
            for key, answer in zip(chunk, self._answered(chunk), strict=True):
                answers[key] = answer
                self.memory.answers.keep(key, answer)
        return [answers[key] for key in keys]

    def _answered(self, chunk: Chunk) -> list[Prediction]:
        with full_precision():
            output = self.asked.attend(self.chunks.features(chunk, self.memory))
            layouts = [self.layout_of(scene) for scene in chunk.values()]
            covered = [self.covered_shares(scene) for scene in chunk.values()]
            has_margin = output.weights.shape[1] > 1
            return predictions(self.card, layouts, output, covered, has_margin=has_margin)

    @torch.no_grad()
    def weights_of(self, scenes: Sequence[Scene]) -> NDArray[np.float32]:
        """Return w of scenes of as many regions each, f32[B, R]; nothing is remembered.

        Raises:
            BadFraming: as `predict`.
        """
        with full_precision():
            weights = self.asked.attend(self.chunks.made(scenes)).weights
        return np.asarray(weights.float().cpu().numpy(), np.float32)

    def region_values(self, scene: Scene) -> RegionValues:
        """Return what each region is worth: exact Shapley values and leave-one-out, in logits.

        The forward pass is `predict`'s: a scene that was answered costs none.

        Raises:
            BadRequest: if there are more regions than can be answered exactly.
            BadFraming, BadCheckpoint: as `predict`.
        """
        key = scene.key
        values = self.memory.values.recall(key)
        if values is None:
            self.predict(scene)  # refuses an answer that is no number
            with full_precision():
                values = region_values(self.asked.attend, self._features(scene))
            self.memory.values.keep(key, values)
        return values

    def intervene(
        self, scene: Scene, intervention: Intervention, donor: Scene | None = None
    ) -> Prediction:
        """Answer for a scene with regions left out, weights pinned or features swapped.

        No forward pass through the backbone but the scene's and the donor's own, which are kept.
        mu, nu and w of a region out of use are 0, and without the whole face or without a crop
        there is no margin. The covered shares of swapped regions are the donor's.

        Args:
            scene: what is shown to the network.
            intervention: what is changed; nothing changed gives `predict`'s answer.
            donor: whose features the swapped regions take; cut into the same regions.

        Raises:
            BadRequest: if the intervention is none for this scene, or the donor is missing or cut
                in another way.
            BadFraming, BadCheckpoint: as `predict`.
        """
        used = intervention.regions_used(len(self.layout_of(scene)))
        features, covered, swapped = None, self.covered_shares(scene), list(intervention.swapped)
        if donor is not None and swapped:
            if self.layout_of(donor).boxes != self.layout_of(scene).boxes:
                raise BadRequest(
                    _("The two faces are cut into different regions."),
                    hint=_("Give both the same layout."),
                )
            features = self._features(donor)
            covered[swapped] = self.covered_shares(donor)[swapped]
        with full_precision():
            output = intervene(self.asked, self._features(scene), intervention, donor=features)
        has_margin = used[0] == 0 and len(used) > 1
        layouts = [self.layout_of(scene)]
        (answer,) = predictions(self.card, layouts, output, [covered], has_margin=has_margin)
        return answer

    def explain(
        self,
        scene: Scene,
        method: str | Question = "grad-cam",
        target: str = "predicted",
        *,
        baseline: str | NDArray[np.uint8] = "black",
        steps: int | None = None,
        seed: int = 0,
    ) -> Heatmap:
        """Say which pixels of a scene speak for a target; an equal question is not computed again.

        The fields of a Question one by one, or a Question in place of the method.

        Raises:
            BadRequest: if there is no such method, target or baseline, or not so many steps.
            BadFraming: if the face is framed otherwise than the network was trained on.
            BadCheckpoint: if the map is no number.
        """
        question = Question.of(method, target, baseline, steps, seed)
        heatmap = None
        for step in self.explainer.explaining(scene, question):
            heatmap = step.heatmap
        assert heatmap is not None
        return heatmap

    def explaining(
        self,
        scene: Scene,
        method: str | Question = "grad-cam",
        target: str = "predicted",
        *,
        baseline: str | NDArray[np.uint8] = "black",
        steps: int | None = None,
        seed: int = 0,
    ) -> Iterator[Explaining]:
        """Explain step by step: the last step holds the finished heatmap, which is remembered.

        Whoever stops asking stops the work. Between two steps others may explain; predictions go
        on all the while. Arguments and errors as `explain`; a wrong argument is refused at once,
        not at the first step.
        """
        question = Question.of(method, target, baseline, steps, seed)
        return self.explainer.explaining(scene, question)

    def faithful(
        self,
        scene: Scene,
        method: str | Question = "grad-cam",
        target: str = "predicted",
        *,
        baseline: str | NDArray[np.uint8] = "black",
        steps: int | None = None,
        seed: int = 0,
        draws: int = 10,
    ) -> Iterator[Checking]:
        """Check step by step how far the heatmap of a question can be trusted.

        The map itself is made first where it is not remembered, then those of redrawn parameters,
        then insertion and deletion; each draw hides one square and makes the map of one shaken
        face. Each step holds what is known so far; the last one is remembered. Stopping, errors and
        the rest as `explaining`.

        Raises:
            BadRequest: also if there are no or too many draws.
        """
        question = Question.of(method, target, baseline, steps, seed)
        return self._checker.checking(scene, question, draws=draws)

    def crops(self, scene: Scene) -> Tensor:
        """Return the regions of a scene, f32[1, R, 3, S, S] in [0, 1], on the device."""
        return self.cutter.crops([scene])

    @torch.no_grad()
    def regions_seen(self, scene: Scene) -> NDArray[np.uint8]:
        """Return the crops as the network sees them, u8[R, S, S, 3]; grey if it sees grey.

        Read-only. Made when they are asked for; those of a scene that was asked about lately are
        not made again, and of one answered just now not cut again.
        """
        seen = self.memory.seen.recall(scene.key)
        if seen is None:
            cut = self.memory.crops.recall(scene.key)
            crops = self.crops(scene)[0] if cut is None else cut
            pictures = (self.asked.see(crops).permute(0, 2, 3, 1) * 255.0).round()
            seen = np.asarray(pictures.to(torch.uint8).cpu().numpy())
            seen.setflags(write=False)
            self.memory.seen.keep(scene.key, seen)
        return seen

    def covered_shares(self, scene: Scene) -> NDArray[np.float32]:
        """Return the hidden share of each region of a scene, f32[R] in [0, 1]."""
        return self.cutter.covered(scene)

    def _features(self, scene: Scene) -> Tensor:
        """Return what the backbone makes of a scene's regions, f32[1, R, D]; once if equal."""
        return self.chunks.features({scene.key: scene}, self.memory)

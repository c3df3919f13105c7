"""Everything that decides what a training gives, apart from the pictures."""

from dataclasses import dataclass, field

from refilm.training.losses import Weights


@dataclass(frozen=True, slots=True)
class Phase:
    """One of the two parts of a training."""

    name: str
    size: int
    """Width and height of the crops, in pixels."""
    batch: int
    edges: bool
    """Whether the corrections at half size are trained too."""
    falls: bool
    """Whether the learning rate falls to nothing over the phase, else it stays once it has risen."""

    @property
    def reduction(self) -> int:
        """How many times smaller than the luma the colours are that are learnt."""
        return 2 if self.edges else 4


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a colouriser is trained.

    The body of the training keeps its learning rate, so that it can go on for ever; a short finish from
    any point of it gives a network worth having. Hu et al., "MiniCPM", 2024,
    https://arxiv.org/abs/2404.06395, call this warmup-stable-decay.
    """

    seed: int = 1
    rate: float = 1e-3
    """Learning rate of the decoder."""
    encoder_rate: float = 2.5e-5
    """Learning rate of the encoder. It has no normalisation: at ten times this rate its last blocks ran
    into the bounds of their activations, and saw the same in every picture."""
    warmup: int = 500
    """Steps over which the rate rises at the start."""
    decay: float = 0.02
    """Weight decay."""
    parts: int = 2
    """Into how many parts a batch is cut, each normalised alone and worked on by one thread."""
    average: float = 0.999
    """How much of the running mean of the weights stays at each step."""
    mixed: float = 0.0
    """Share of the weights that a training began with in those that it gives. What lies between both is
    often better than either, and errs less where training showed nothing alike: Wortsman et al.,
    "Robust fine-tuning of zero-shot models", CVPR 2022, https://arxiv.org/abs/2109.01903."""
    weights: Weights = field(default_factory=Weights)
    body: Phase = Phase("body", size=128, batch=32, edges=False, falls=False)
    finish: Phase = Phase("finish", size=160, batch=32, edges=True, falls=True)

    def share(self, phase: Phase, step: int, steps: int) -> float:
        """Return the share of the learning rate, 0..1, at a step of a phase that has `steps`."""
        if phase.falls:
            return max(1 - (step / steps) ** 0.5, 0.0)
        return min((step + 1) / self.warmup, 1.0)

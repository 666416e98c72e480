"""Scene -> Prediction -> Explanation: the one place that loads and asks a network."""

from ran.engine.engine import Engine as Engine

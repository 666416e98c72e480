"""What the symbols mean, in the words of every page."""

from ran.words import later

HELP_MU = later("μ, self-attention: how much this region counts, judged alone.")
HELP_NU = later("ν, relation-attention: how much it counts, judged beside the whole.")
HELP_W = later("w: μ times ν, divided by the sum over regions. 1.00× is uniform.")

"""What the symbols mean, in the words of every page."""

HELP_MU = "μ, self-attention: how much this region counts, judged alone."
HELP_NU = "ν, relation-attention: how much it counts, judged beside the whole."
HELP_W = "w: μ times ν, divided by the sum over regions. 1.00× is uniform."

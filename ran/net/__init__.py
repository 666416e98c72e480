"""A face comes in, a RanOutput goes out: regions, attention, losses, the networks, checkpoints."""

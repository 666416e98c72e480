"""What a training run begins with: trained backbones and whole networks."""

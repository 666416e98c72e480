"""Runs of training on made-up faces, and what they leave, as tests start and read them."""

import argparse
import json

import torch
from torch import nn

from ran.commands.train import add_arguments, run

SMALL = ("--input-size", 32, "--batch", 4, "--joint-batch", 4)


def tiny_backbone():
    """Return six features with batch normalisation, where a ResNet would take most of the time."""
    layers = [nn.Conv2d(3, 6, 5, stride=4), nn.BatchNorm2d(6), nn.ReLU()]
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten()), 6


def options(faces, folder):
    return ["--ferplus", faces / "data", "--lists", faces / "lists", "--run", folder]


def train(faces, folder, *asked):
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    run(parser.parse_args([str(option) for option in (*asked, *options(faces, folder))]))


def metrics(folder, stage):
    """Return the lines of one stage without their times."""
    rows = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    return [{**row, "time": 0} for row in rows if row["stage"] == stage]


def parameters(path):
    return torch.load(path, weights_only=True)


def pretend_heads_reached(folder, valid):
    """Write into metrics.jsonl that every epoch of the heads had this accuracy."""
    rows = [{**row, "valid": valid} for row in metrics(folder, "heads")]
    (folder / "metrics.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))

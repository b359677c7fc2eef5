"""What is true of a mutant, found without skyquant: what its files say, and why they must be refused."""

import json
from functools import cached_property

import numpy as np
from skyq.reader import AWQ
from skyq.reader import Refused as SkyqRefused
from skyq.reader import Skyq

from mutations import logical
from mutations.checkpoints import Refused, read, small_file, strict_json
from mutations.layouts import LAYOUTS
from mutations.logical import Dense
from mutations.required import contradiction

# Parts of a scene that are directories of a model.
CHECKPOINTS = ("model", "awq", *LAYOUTS)

# What Python raises where a config is nothing that its models' code would accept: then nothing is known.
ODD = (TypeError, AttributeError, KeyError, ValueError, IndexError, ZeroDivisionError, OverflowError)


class DirectoryFacts:
    """Facts of a checkpoint directory."""

    def __init__(self, directory):
        self.directory = directory

    @cached_property
    def config(self):
        """config.json, or why it must be refused."""
        try:
            return strict_json(small_file(self.directory / "config.json"), depth=512)
        except (Refused, OSError) as refused:
            return refused

    @cached_property
    def tensors(self):
        """All tensors, or why they must be refused; None if that cannot be told."""
        return self.read(in_any_order=False)

    @cached_property
    def in_any_order(self):
        """The same to a command that reads act-order."""
        return self.read(in_any_order=True)

    def read(self, in_any_order):
        try:
            return logical.of_directory(self.directory, in_any_order)
        except (Refused, OSError) as refused:
            return refused
        except ODD:
            return None

    @cached_property
    def stored(self):
        """The tensors as the shards have them, or why they must be refused."""
        try:
            return read(self.directory)
        except (Refused, OSError) as refused:
            return refused

    @property
    def files(self):
        return logical.files_of_directory(self.directory)

    @property
    def content(self):
        """Tensors and files in one; None if the tensors are not known."""
        return {**self.tensors, **self.files} if isinstance(self.tensors, dict) else None

    def refusal(self, reads):
        """Why a command that reads such things must refuse the directory;
        None if nothing is known against it."""
        if "config" in reads and isinstance(self.config, Exception):
            return f"config.json: {self.config}"
        if "headers" in reads and isinstance(self.stored, Exception):
            # Whoever computes nothing lists the files that there are.
            is_listed = str(self.stored) == "E141" and any(self.directory.glob("*.safetensors"))
            return None if is_listed and "config" not in reads else f"shards: {self.stored}"
        tensors = self.in_any_order if "act-order" in reads else self.tensors
        if {"config", "headers"} <= reads and isinstance(tensors, Exception):
            return f"tensors: {tensors}"
        if not isinstance(tensors, dict):
            return None
        return ("shapes" in reads and mismatch(self.config, tensors)
                or "sound" in reads and unsound(tensors)
                or "sound-dense" in reads and unsound(tensors, looks_at_scales=False)) or None


class SkyqFacts:
    """Facts of a .skyq file, by the second implementation of its reader."""

    def __init__(self, path):
        self.data = path.read_bytes()

    @cached_property
    def file(self):
        """The opened file, or why it does not open."""
        try:
            return Skyq(self.data)
        except SkyqRefused as refused:
            return refused

    @cached_property
    def config(self):
        try:
            return strict_json(self.config_bytes, depth=512)
        except (Refused, IndexError, SkyqRefused) as refused:
            return refused

    @property
    def config_bytes(self):
        inside = [section for section in self.file.sections
                  if (section["type"], section["name"]) == (b"FILE", "config.json")]
        return bytes(self.file.section_bytes(inside[0]))

    @cached_property
    def tensors(self):
        """All tensors; None of a file that is damaged or has encodings that nobody knows."""
        try:
            return logical.of_skyq(self.data, full=False)
        except (Refused, SkyqRefused):
            return None

    in_any_order = property(lambda facts: facts.tensors)

    @property
    def files(self):
        return logical.files_of_skyq(self.data)

    @property
    def content(self):
        return {**self.tensors, **self.files} if self.tensors is not None else None

    def problems(self, full):
        """The codes that a check reports."""
        return self.file.check(full)

    def is_damaged(self, item, check):
        return self.file.problem(check, item, False) is not None

    @cached_property
    def damaged_tensors(self):
        """Name to whether it is int4, of the tensors of which a plane is not what its checksum says."""
        return {tensor["name"]: tensor["encoding"] in AWQ for tensor in self.file.tensors
                if self.is_damaged(tensor, self.file.check_tensor)}

    @cached_property
    def damaged_files(self):
        return {section["name"] for section in self.file.sections
                if section["type"] == b"FILE" and self.is_damaged(section, self.file.check_section_data)}

    def refusal(self, reads, tensor=None):
        """Why a command that reads such things, among them `tensor`, must refuse the file."""
        if isinstance(self.file, Exception):
            return str(self.file)
        config, tokenizer = (self.damaged_files & {name} for name in ("config.json", "tokenizer.json"))
        kinds = {"files": self.damaged_files, "config": config, "config-bytes": config, "tokenizer": tokenizer,
                 "values": self.damaged_tensors,
                 "int4": [name for name, is_int4 in self.damaged_tensors.items() if is_int4],
                 "values-of-one": [name for name in self.damaged_tensors if name == tensor],
                 "checksums": self.problems(False), "everything": self.problems(True)}
        for kind in reads & kinds.keys():
            if kinds[kind]:
                return f"damaged {kind}: {sorted(kinds[kind])[:3]}"
        if "config" in reads and isinstance(self.config, Exception):
            return f"config.json: {self.config}"
        if "shapes" in reads and self.tensors is not None:
            return mismatch(self.config, self.tensors)
        return None


def mismatch(config, tensors):
    """Where config.json and tensors contradict each other."""
    try:
        return contradiction(config, {name: tensor.shape for name, tensor in tensors.items()})
    except ODD:
        return None


def floats(tensor):
    """A dense tensor's values as float64, empty if it holds none."""
    kind = {"F32": "<f4", "F16": "<f2", "BF16": "<u2"}.get(tensor.dtype)
    if kind is None:
        return np.empty(0)
    values = np.frombuffer(tensor.data, kind)
    return (values.astype(np.uint32) << 16).view(np.float32) if tensor.dtype == "BF16" else values.astype(np.float32)


def unsound(tensors, looks_at_scales=True):
    """The first tensor with values that are no numbers, or matrix of zeros."""
    for name, tensor in tensors.items():
        if not isinstance(tensor, Dense):
            if looks_at_scales and not np.isfinite(tensor.scales.view(np.float16)).all():
                return f"{ascii(name)}: scales that are not finite"
            continue
        values = floats(tensor)
        if not np.isfinite(values).all():
            return f"{ascii(name)}: values that are not finite"
        if len(tensor.shape) > 1 and values.size and not values.any():
            return f"{ascii(name)}: a matrix of zeros"
    return None


def facts_of(scene, subject):
    """The facts of the part of a scene that was changed; None for questions and pictures."""
    if subject in ("skyq", "skyq8"):
        return SkyqFacts(getattr(scene, subject))
    return DirectoryFacts(getattr(scene, subject)) if subject in CHECKPOINTS else None


def json_or_none(raw):
    try:
        return json.loads(raw)
    except ValueError:
        return None

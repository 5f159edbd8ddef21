"""torch DTensors, sharded over two processes that talk through gloo."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import torch
import torch.distributed as dist
from torch.distributed.tensor import Replicate, Shard, distribute_tensor, init_device_mesh

from .engine import Eager, Host

PROCESSES = 2


class DTensors(Eager):
    """Tensors whose first dimension is split over the processes."""

    def __init__(self, rank: int, rendezvous: str) -> None:
        logging.getLogger("torch").setLevel(logging.ERROR)
        torch.set_num_threads(1)
        dist.init_process_group(
            "gloo",
            rank=rank,
            world_size=PROCESSES,
            init_method=f"file://{rendezvous}",
            timeout=timedelta(seconds=120),
        )
        self.mesh = init_device_mesh("cpu", (PROCESSES,))

    def put(self, array: Host) -> Any:
        """Return the values, split where there is something to split."""
        placement = Shard(0) if array.ndim else Replicate()
        return distribute_tensor(torch.as_tensor(array), self.mesh, [placement])

    def take(self, arrays: Sequence[Any]) -> list[Host]:
        """Return the values, gathered from all processes."""
        return [array.full_tensor().numpy() for array in arrays]

    def about(self) -> dict[str, str]:
        """Return how the tensors are split."""
        return {"device": "cpu", "processes": f"{PROCESSES}, gloo", "placement": "Shard(0)", "build": torch.__version__}

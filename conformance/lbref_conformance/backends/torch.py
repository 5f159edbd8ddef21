"""torch, eager, on the CPU or on a CUDA device."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from .engine import Eager, Host


class TorchCPU(Eager):
    """Tensors on the CPU."""

    device = "cpu"

    def __init__(self) -> None:
        torch.set_num_threads(1)

    def put(self, array: Host) -> Any:
        """Return the values as a tensor, with the same strides."""
        return torch.as_tensor(array, device=self.device)

    def take(self, arrays: Sequence[Any]) -> list[Host]:
        """Return the values of some tensors."""
        return [array.cpu().numpy() for array in arrays]

    def about(self) -> dict[str, str]:
        """Return the device."""
        return {"device": self.device, "build": torch.__version__}


class TorchCUDA(TorchCPU):
    """Tensors on the first CUDA device."""

    device = "cuda"

    def __init__(self) -> None:
        super().__init__()
        if not torch.cuda.is_available():
            raise RuntimeError("torch sees no CUDA device")

    def about(self) -> dict[str, str]:
        """Return the device, and the versions that matter on it."""
        return super().about() | {"device": torch.cuda.get_device_name(), "cuda": str(torch.version.cuda)}

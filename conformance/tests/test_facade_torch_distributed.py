"""The optimizers of torch on DTensors that are split over two processes: as on one process.

The norm of a layer is summed in float64, so that the order of the sum is lost when it is rounded to float32: float32
and bfloat16 are equal bit for bit here. In float64 the order shows in the last bits.

Run as a program, ``python test_facade_torch_distributed.py FOLDER RANK``, this is one of the two processes.
"""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
import torch
from torch import distributed
from torch.distributed.checkpoint.state_dict import get_optimizer_state_dict, set_optimizer_state_dict
from torch.distributed.fsdp import fully_shard
from torch.distributed.tensor import DTensor, Replicate, Shard, distribute_tensor, init_device_mesh

from lbref import errors
from lbref.facades import checkpoint
from lbref.facades import torch as facade

PROCESSES, STEPS = 2, 4
DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float64": torch.float64}
SHAPES = [(5, 3), (1,), (), (4,), (64, 2)]  # split unevenly, with an empty part, not at all, and evenly
OPTIONS = {"LBSGD": {"batch_scale": 2, "warmup_strategy": "lars"}, "LARS": {"trust_coefficient": 0.1}}
CASES = [(name, dtype) for name in facade.__all__ for dtype in DTYPES]


def drawn(shape, seed, dtype):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=dtype)


def optimizer_of(name, weights):
    return getattr(facade, name)(weights, 0.1, weight_decay=0.01, **OPTIONS.get(name, {}))


def whole(tensor):
    tensor = tensor.detach()
    return (tensor.full_tensor() if isinstance(tensor, DTensor) else tensor).double()


def tree_of(optimizer, weights):
    states = [optimizer.state[weight] for weight in weights]
    fields = [{field: whole(state[field]) for field in state if field != "step"} for state in states]
    return {"weights": [whole(weight) for weight in weights], "states": fields}


def walked(name, dtype, placed):
    """Return where some steps with given gradients lead, with every tensor placed by a function."""
    dtype = DTYPES[dtype]
    weights = [torch.nn.Parameter(placed(drawn(shape, 7, dtype))) for shape in SHAPES]
    optimizer = optimizer_of(name, weights)
    for step in range(1, STEPS + 1):
        for place, weight in enumerate(weights):
            weight.grad = placed(drawn(SHAPES[place], 100 * step + place, dtype))
        optimizer.step()
    return tree_of(optimizer, weights)


def model():
    torch.manual_seed(0)
    return torch.nn.Sequential(torch.nn.Linear(6, 5), torch.nn.Tanh(), torch.nn.Linear(5, 3), torch.nn.LayerNorm(3))


def train(network, optimizer):
    for step in range(2):
        optimizer.zero_grad()
        network(drawn((8, 6), step, torch.float32)).square().mean().backward()
        optimizer.step()


def trained(name, split):
    """Return where a model goes, and where it goes with its second half trained by another model and optimizer."""
    network = split(model())
    optimizer = optimizer_of(name, network.parameters())
    train(network, optimizer)
    state = get_optimizer_state_dict(network, optimizer)
    again = split(model())
    again.load_state_dict(network.state_dict())
    continued = optimizer_of(name, again.parameters())
    set_optimizer_state_dict(again, continued, state)
    for one, its_optimizer in ((network, optimizer), (again, continued)):
        train(one, its_optimizer)
    return tree_of(optimizer, list(network.parameters())), tree_of(continued, list(again.parameters()))


def refusal(mesh):
    """Return what is said of a whole state for a parameter that is split."""
    weight = torch.nn.Parameter(torch.ones(4))
    weight.grad = torch.ones(4)
    whole_one = optimizer_of("NAG", [weight])
    whole_one.step()
    part = torch.nn.Parameter(distribute_tensor(torch.ones(4), mesh, [Shard(0)]))
    try:
        optimizer_of("NAG", [part]).load_state_dict(whole_one.state_dict())
    except errors.StateError as error:
        return str(error)
    return "nothing"


def one_process(folder, rank):
    torch.set_num_threads(1)
    distributed.init_process_group(
        "gloo",
        rank=rank,
        world_size=PROCESSES,
        init_method=f"file://{folder}/rendezvous",
        timeout=timedelta(seconds=60),
    )
    mesh = init_device_mesh("cpu", (PROCESSES,))

    def placed(tensor):
        return distribute_tensor(tensor, mesh, [Shard(0) if tensor.ndim else Replicate()])

    given = {"-".join(case): walked(*case, placed) for case in CASES}
    ways = {"whole": lambda network: network, "sharded": lambda network: fully_shard(network, mesh=mesh)}
    models = {name: {way: trained(name, ways[way]) for way in ways} for name in facade.__all__}
    tree = {"given": given, "models": models, "refusal": refusal(mesh)}
    if rank == 0:
        checkpoint.save(folder / "tree", tree)
    distributed.barrier()
    distributed.destroy_process_group()


@pytest.fixture(scope="module")
def split(tmp_path_factory):
    """Return what two processes computed together."""
    folder = tmp_path_factory.mktemp("split")
    commands = [[sys.executable, __file__, str(folder), str(rank)] for rank in range(PROCESSES)]
    processes = [subprocess.Popen(command) for command in commands]  # noqa: S603
    try:
        assert [process.wait(timeout=120) for process in processes] == [0, 0]
    finally:
        for process in processes:
            process.kill()
            process.wait()
    return checkpoint.load(folder / "tree", torch.asarray)


def pairs(found, expected):
    assert [set(state) for state in found["states"]] == [set(state) for state in expected["states"]]
    of_weights = zip(found["weights"], expected["weights"], strict=True)
    of_states = (
        (mine[field], other[field])
        for mine, other in zip(found["states"], expected["states"], strict=True)
        for field in other
    )
    return [*of_weights, *of_states]


@pytest.mark.parametrize("name", facade.__all__)
@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_two_processes_step_as_one_bit_for_bit(split, name, dtype):
    for found, expected in pairs(split["given"][f"{name}-{dtype}"], walked(name, dtype, lambda tensor: tensor)):
        assert torch.equal(found, expected)


@pytest.mark.parametrize("name", facade.__all__)
def test_two_processes_step_as_one_within_the_rounding_of_norms(split, name):
    # Two sums of n squares in two orders are at most n ulps apart, their roots half of that, and the same again for the
    # two rounded once more. A ratio has two norms, LANS another one in its gradient; each step adds its part.
    for found, expected in pairs(split["given"][f"{name}-float64"], walked(name, "float64", lambda tensor: tensor)):
        ulp = torch.finfo(torch.float64).eps * max(1.0, expected.abs().max().item())
        assert (found - expected).abs().max().item() <= STEPS * 3 * (expected.numel() + 2) * ulp


@pytest.mark.parametrize("name", facade.__all__)
def test_a_sharded_model_trains_as_a_whole_one_and_continues(split, name):
    # Both by the processes with one thread each: how many there are decides how torch rounds a product of matrices.
    expected, *others = *split["models"][name]["whole"], *split["models"][name]["sharded"]
    for found, wanted in (pair for other in others for pair in pairs(other, expected)):
        assert torch.equal(found, wanted)


def test_a_whole_state_for_a_split_parameter_is_refused(split):
    assert split["refusal"].startswith("NAG.load_state_dict: parameter 0: velocity is a Tensor and the parameter a ")


if __name__ == "__main__":
    one_process(Path(sys.argv[1]), int(sys.argv[2]))
    os._exit(0)  # as multiprocessing ends its processes: torch's threads may abort one that ends in the usual way

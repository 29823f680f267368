"""What can be asked for is chosen, what is not there is refused, and in fewer digits it learns, too."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from photocritic.data.dataset import Dataset
from photocritic.errors import InputError
from photocritic.train.device import CPU, Device, choose_device
from photocritic.train.history import Row
from photocritic.train.teaching import teach_network
from tests.train.made import make_dataset, quick


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    """Eight photos, two of them for validation."""
    return make_dataset(tmp_path_factory.mktemp("made"), 8, held_out=2)


@pytest.fixture
def threads() -> Iterator[None]:
    """As many threads after the test as before."""
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


def with_gpus(monkeypatch: pytest.MonkeyPatch, count: int, *, can_halve: bool = True) -> None:
    """Have torch say that there are GPUs."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: count > 0)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: count)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda _index: "GTX 1070")
    monkeypatch.setattr(
        torch.cuda, "is_bf16_supported", lambda including_emulation: can_halve and not including_emulation
    )


@pytest.mark.parametrize(
    ("device", "precision", "gpus", "can_halve", "expected"),
    [
        ("auto", "auto", 0, False, CPU),
        ("auto", "auto", 2, True, Device("cuda:1", "bfloat16")),
        ("auto", "auto", 2, False, Device("cuda:1", "float32")),
        ("cuda", "float32", 2, True, Device("cuda:1", "float32")),
        ("cuda", "bfloat16", 2, True, Device("cuda:1", "bfloat16")),
        ("cpu", "auto", 2, True, CPU),
        ("auto", "bfloat16", 0, False, Device("cpu", "bfloat16")),
    ],
)
def test_what_is_there_is_chosen(
    device: str, precision: str, gpus: int, can_halve: bool, expected: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A GPU before the CPU, and fewer digits only where they are faster or asked for."""
    with_gpus(monkeypatch, gpus, can_halve=can_halve)

    assert expected == choose_device(device, precision, index=1)


@pytest.mark.parametrize(
    ("device", "precision", "gpus", "said"),
    [
        ("cuda", "auto", 0, r"device cuda: .* teach on the CPU \(--device cpu\)"),
        ("cuda", "auto", 1, r"there are 1 GPUs for more processes .*--nproc-per-node=gpu"),
        ("cuda", "bfloat16", 2, r"GTX 1070 does not compute in it; use --precision float32"),
        ("mps", "auto", 0, r"device: one of auto, cpu, cuda; got 'mps'"),
        ("cpu", "float16", 0, r"precision: one of auto, float32, bfloat16; got 'float16'"),
    ],
)
def test_what_is_not_there_is_refused(
    device: str, precision: str, gpus: int, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the remedy."""
    with_gpus(monkeypatch, gpus, can_halve=False)

    with pytest.raises(InputError, match=said):
        choose_device(device, precision, index=1)


def test_it_learns_in_fewer_digits(dataset: Dataset, tmp_path: Path) -> None:
    """To other weights, which are themselves of as many digits as ever."""
    rows: list[Row] = []
    recipe = quick("gapnet", "input.short_side_px=32", "phases.0.epochs=6", "phases.0.learning_rate=0.003")
    halved = teach_network(recipe, dataset, None, tmp_path / "run", precision="bfloat16", watch=rows.append)
    whole = teach_network(recipe, dataset, None, tmp_path / "whole")

    losses = [row["loss"] for row in rows]
    assert losses[-1] < losses[0]  # type: ignore[operator]
    assert {torch.float32} == {tensor.dtype for tensor in halved.state_dict().values()}
    for name, tensor in whole.state_dict().items():
        assert not torch.equal(tensor, halved.state_dict()[name])


def test_a_run_may_go_on_elsewhere(dataset: Dataset, tmp_path: Path) -> None:
    """It says that its last digits will not be those of a run that was not broken off."""

    def stop(row: Row) -> None:
        if row["epoch"] == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        teach_network(quick(), dataset, None, tmp_path, device="cpu", checkpoint_every_s=0, watch=stop)
    lines: list[str] = []
    teach_network(
        quick(), dataset, None, tmp_path, device="cpu", precision="bfloat16", resume=True, report=lines.append
    )

    before, after = (f"cpu in {precision} by 1 process with " for precision in ("float32", "bfloat16"))
    assert before in lines[0]
    assert after in lines[0]
    assert lines[0].endswith("the last digits will not be those of one run")


@pytest.mark.usefixtures("threads")
def test_a_run_goes_on_with_as_many_threads(dataset: Dataset, tmp_path: Path) -> None:
    """As sums are added up in another order by more of them; torch's own number is left as it was."""

    def stop(row: Row) -> None:
        if row["epoch"] == 2:
            raise KeyboardInterrupt

    torch.set_num_threads(1)
    unbroken = teach_network(quick(), dataset, None, tmp_path / "unbroken", device="cpu").state_dict()
    with pytest.raises(KeyboardInterrupt):
        teach_network(quick(), dataset, None, tmp_path / "run", device="cpu", checkpoint_every_s=0, watch=stop)
    torch.set_num_threads(3)
    lines: list[str] = []
    resumed = teach_network(quick(), dataset, None, tmp_path / "run", device="cpu", resume=True, report=lines.append)

    assert lines[0] == "torch computes with 1 thread, as the run began, rather than 3"
    assert all(torch.equal(tensor, unbroken[name]) for name, tensor in resumed.state_dict().items())
    assert torch.get_num_threads() == 3


@pytest.mark.usefixtures("threads")
def test_torch_is_left_as_it_was() -> None:
    """Its settings and its chance, also after an error."""
    memory = torch.utils.deterministic

    def settings() -> tuple[object, ...]:
        return (
            torch.get_num_threads(),
            torch.are_deterministic_algorithms_enabled(),
            torch.backends.cudnn.deterministic,
            memory.fill_uninitialized_memory,  # type: ignore[attr-defined]
        )

    before, chance = settings(), torch.random.get_rng_state()
    with pytest.raises(KeyboardInterrupt), CPU.steady(before[0] + 1):  # type: ignore[operator]
        torch.manual_seed(7)
        assert (before[0] + 1, True, True, False) == settings()  # type: ignore[operator]
        raise KeyboardInterrupt

    assert before == settings()
    assert torch.equal(chance, torch.random.get_rng_state())

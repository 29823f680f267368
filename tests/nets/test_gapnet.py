import torch

from photocritic.nets.gapnet import GapNet


def test_each_convolution_halves_the_last() -> None:
    """At the author's 480 px of width, a photo of 3:2; 32 filters everywhere."""
    body = GapNet()
    seen: list[tuple[int, ...]] = []
    for layer in body.layers().values():
        layer.register_forward_hook(lambda _layer, _inputs, output: seen.append(tuple(output.shape[1:])))
    [last] = body(torch.zeros(1, 3, 320, 480))

    assert [(32, 320 >> depth, 480 >> depth) for depth in range(6)] == seen
    assert (1, 32, 10, 15) == tuple(last.shape)


def test_it_has_the_parameters_that_its_author_says() -> None:
    """~47k with two classes; 66 of them are the classifier's."""
    assert 47_202 - 66 == sum(each.numel() for each in GapNet().parameters())


def test_a_place_sees_158_px() -> None:
    """Far more than a filter: "a broader (effective) visual field"."""
    body = GapNet()
    for parameter in body.parameters():
        torch.nn.init.ones_(parameter)
    chance = torch.Generator().manual_seed(0)
    batch = torch.rand(1, 3, 512, 512, generator=chance).requires_grad_()
    body(batch)[0][0, :, 8, 8].sum().backward()
    assert batch.grad is not None
    rows = batch.grad.abs().sum(dim=(0, 1, 3)).nonzero()

    assert 100 < int(rows.max() - rows.min()) + 1 <= 158

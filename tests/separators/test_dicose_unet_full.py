"""DiCoSe's U-Net at its published size, on a CPU."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

_FULL = """
import json, resource, time
import torch
from sepeval.networks.unet1d.config import PUBLISHED
from sepeval.networks.unet1d.network import UNet1d
from sepeval.inference import Noise, numerics
from sepeval.diffusion.sampling import Sampling
from sepeval.separators.dicose_unet.refining import separated
from tests.golden_cases import fill_by_name
import dataclasses

networks = {}
for name, label, has_time in (("extractor", "det", False), ("refiner", "cd", True)):
    with torch.device("meta"):
        network = UNet1d(dataclasses.replace(PUBLISHED, has_time=has_time))
    networks[name] = network.to_empty(device="cpu").eval()
    fill_by_name(network, label)
sampling = Sampling("multistep_released", 1, 0.01244, 1e-4, 9.0, 0.2)
mixture = 0.05 * torch.randn((1, 1, 262144), generator=torch.Generator().manual_seed(0))
start = time.perf_counter()
with numerics("cpu", "fp32"):
    found = separated(networks, mixture, [0], sampling, "cpu")
print(json.dumps({
    "shape": list(found.shape),
    "finite": bool(torch.isfinite(found).all()),
    "seconds": time.perf_counter() - start,
    "peak_gb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9,
    "parameters": {
        name: sum(one.numel() for one in network.parameters())
        for name, network in networks.items()
    },
}))
"""


@pytest.mark.slow
def test_both_networks_of_the_published_size_refine_a_segment_within_8_gb() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _FULL],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).resolve().parents[2],
    )

    found = json.loads(done.stdout)
    assert found["shape"] == [1, 4, 1, 262144]
    assert found["finite"]
    assert found["parameters"] == {"extractor": 405_231_900, "refiner": 405_496_220}
    assert found["peak_gb"] < 8.0

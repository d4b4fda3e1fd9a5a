"""Numbers of the commands beside `run`: none that is negative, or no number, starts anything."""

import pytest

import configs
from trainers import bench, gradcheck, launch
from trainers.cli.exit import describe

NUMBERS = {
    "bench fit --repeats": (bench, ["fit", "--repeats={}"]),
    "bench fit --most-updates": (bench, ["fit", "--most-updates={}"]),
    "bench scale --updates": (bench, ["scale", "--updates={}"]),
    "bench scale --seconds": (bench, ["scale", "--seconds={}"]),
    "gradcheck --coordinates": (gradcheck, ["--model", "mlp", "--coordinates={}"]),
    "gradcheck --seed": (gradcheck, ["--model", "mlp", "--seed={}"]),
    "launch --workers": (launch, ["--workers={}", "--", "--model", "mlp"]),
}


@pytest.mark.parametrize("name", sorted(NUMBERS))
@pytest.mark.parametrize("value", ["nan", "inf", "-1", "-0.5", "1e999", ""])
def test_fault_36_number_of_another_command_is_refused(name, value):
    """One line names the flag, before anything is started.

    Seen to fail without the comparisons in `bench`, `gradcheck` and `launch`.
    """
    module, words = NUMBERS[name]
    with pytest.raises(configs.ConfigError) as caught:
        module.main([word.format(value) for word in words])
    code, line = describe(caught.value)
    assert code == 2
    assert name.rpartition(" ")[2] in line
    assert "\n" not in line

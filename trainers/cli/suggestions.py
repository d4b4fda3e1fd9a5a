"""What a mistyped or foreign flag may mean: by its meaning first, by its letters second."""

from __future__ import annotations

from collections.abc import Collection

import configs
import zoo
from trainers.optimizers.catalogue import OPTIMIZERS

# What other tools call our options: PyTorch's examples, Keras, timm, Lightning, Hugging Face.
_MEANINGS = {
    "model": "arch architecture net network model-name",
    "dataset": "data data-name dataset-name ds task-name",
    "data-dir": "data-root dataroot data-folder root data-directory tfds-dir",
    "data-path": "train-file text-file text-path input input-file file train-data corpus",
    "validation-fraction": "val-split validation-split val-fraction val-size valid-split val-pct",
    "pattern": "data-pattern glob file-pattern include suffix extension",
    "encoding": "data-encoding charset codec file-encoding",
    "train-size": "num-train num-train-samples max-train-samples n-train subset train-samples "
    "train-fraction limit-train-batches",
    "train-on": "fit-all all-rows fit-all-rows use-all",
    "binarize": "threshold binary binarized",
    "expand-shifts": "expand expanded-data shifts jitter",
    "window-steps": "seq-len sequence-length seq-length block-size bptt context-length time-steps "
    "num-steps window max-seq-length",
    "loss": "criterion objective loss-fn loss-function cost",
    "l2": "reg regularization l2-penalty l2-reg l2-regularization lambda ridge penalty",
    "huber-delta": "delta",
    "optimizer": "optim opt optimiser solver opt-name algorithm",
    "learning-rate": "lr eta alpha step-size rate base-lr max-lr initial-learning-rate "
    "init-lr peak-lr lr-init learn-rate",
    "schedule": "lr-schedule sched lr-scheduler lr-scheduler-type scheduler lr-decay decay "
    "learning-rate-schedule lr-policy annealing",
    "epoch-rates": "rates lr-steps milestones lr-milestones step-rates lr-epochs rates-by-epoch",
    "warmup-steps": "warmup warmup-epochs warmup-iters warmup-ratio num-warmup-steps lr-warmup "
    "warmup-updates",
    "weight-decay": "wd decay-rate adamw-decay weight-decay-rate",
    "ema-momentum": "ema ema-decay model-ema model-ema-decay swa averaging polyak use-ema",
    "clip-norm": "clip grad-clip gradient-clip clipnorm max-grad-norm grad-norm max-norm "
    "gradient-clip-val clip-grad clip-grad-norm gradient-clip-norm global-clipnorm",
    "batch-size": "bs batch b minibatch mini-batch mini-batch-size train-batch-size batchsize "
    "per-device-train-batch-size global-batch-size",
    "micro-batch-size": "accumulate accumulation grad-accum accumulate-grad-batches "
    "gradient-accumulation gradient-accumulation-steps grad-accum-steps microbatch ubatch",
    "epochs": "epoch n-epochs num-epochs max-epochs nb-epoch num-train-epochs nepochs passes",
    "steps": "max-steps num-updates iterations iters n-iters max-iters updates train-steps "
    "total-steps num-iterations max-updates",
    "early-stopping-patience": "patience early-stopping early-stop stop-patience",
    "stop-when-right": "stop-after-right until-right",
    "seed": "random-seed manual-seed rng-seed random-state rng",
    "log-every-steps": "log-every log-interval logging-steps log-every-n-steps print-freq "
    "log-steps log-freq",
    "evaluate-every-steps": "eval-every eval-interval eval-steps val-check-interval "
    "validate-every val-interval eval-freq",
    "checkpoint-every-steps": "save-every save-interval save-steps save-freq checkpoint-interval "
    "checkpoint-every ckpt-interval",
    "keep-checkpoints": "save-total-limit max-to-keep keep-last save-top-k checkpoint-hist",
    "best-by": "monitor metric eval-metric metric-for-best-model",
    "profile": "profiler profile-steps profile-batch trace",
    "histograms": "histogram histogram-freq",
    "diagnostics": "debug-stats diagnose hessian",
    "compile": "jit xla jit-compile torchcompile eager run-eagerly",
    "precision": "fp16 bf16 fp64 double amp half dtype mixed-precision float16 bfloat16 use-amp",
    "strategy": "distributed distribute accelerator ddp distribution",
    "replicas": "gpus n-gpus num-gpus ngpus n-gpu num-replicas world-size nproc-per-node",
    "devices": "device gpu gpu-id cuda no-cuda device-id",
    "run-dir": "output out output-dir out-dir save-dir logdir log-dir results-dir run-name name "
    "default-root-dir checkpoint-dir experiment workdir work-dir folder dir",
    "resume": "continue resume-from resume-from-checkpoint ckpt ckpt-path checkpoint load restart "
    "from-checkpoint initial-checkpoint",
    "config": "recipe cfg conf config-file yaml settings hparams",
    "print-config": "show-config dump-config print-cfg list-config",
    "dry-run": "fast-dev-run test-run dryrun smoke",
    "import": "plugin user-dir module load-module custom extension extensions imports",
    "model.hidden-units": "hidden hidden-size hidden-dim hidden-dims hidden-layer-sizes "
    "hidden-sizes layers-sizes width n-hidden num-hidden",
    "model.units": "n-units num-units rnn-size hidden-units lstm-units nhid rnn-units cells "
    "hidden hidden-size hidden-dim width",
    "model.layers": "num-layers n-layers nlayers depth n-layer",
    "model.dropout": "drop drop-rate dropout-rate p-drop",
    "model.filters": "maps num-filters n-filters conv-channels",
    "model.embedding-dim": "emb embed-dim embedding-size emb-dim emsize emb-size n-embd",
    "model.latent-dim": "z-dim nz latent latent-size code-size code-dim",
    "activation": "act nonlinearity act-fn act-layer activation-function hidden-act",
    "initializer": "init initialization kernel-initializer weight-init init-method",
    "normalization": "norm batch-norm batchnorm bn layer-norm layernorm norm-layer",
    "optimizer.momentum": "mom mu",
    "optimizer.beta-1": "beta1 b1 adam-beta1",
    "optimizer.beta-2": "beta2 b2 adam-beta2",
    "optimizer.epsilon": "eps adam-epsilon adam-eps opt-eps",
    "problem.discount": "gamma discount-factor",
    "problem.gae-lambda": "gae lam",
    "problem.entropy-bonus": "entropy ent-coef entropy-coef entropy-coefficient",
    "problem.value-coefficient": "vf-coef value-coef value-loss-coef",
    "problem.horizon-steps": "n-steps horizon rollout-length rollout-steps",
}


def suggestion(flag: str, shown: Collection[str]) -> str:
    """Return what an unknown flag may mean, as a part of a message that ends in a space.

    Args:
        flag: as typed, with its hyphens.
        shown: the flags that this command has.
    """
    word = flag.lstrip("-").lower().replace("_", "-")
    same = [option for option, words in _MEANINGS.items() if word in words.split()]
    meanings = dict.fromkeys((word, *same))
    for meant in meanings:
        for option in (f"--{meant}", *(each for each in shown if each.endswith(f".{meant}"))):
            if option in shown and option != flag:
                return f"; did you mean {option!r}?"
    for meant in meanings:
        if elsewhere := _of_another_choice(meant.rpartition(".")[2]):
            return f"; {elsewhere}"
    return configs.nearest(flag, shown)


def _of_another_choice(name: str) -> str:
    """Return which optimizers or models have an option that the chosen ones have not."""
    option = name.replace("-", "_")
    rules = [rule for rule, row in OPTIMIZERS.items() if row.option(option)]
    if rules:
        return f"it is --optimizer.{name} of --optimizer {' or '.join(rules)};"
    models = [model for model in zoo.list_models() if option in zoo.model_options(model)]
    if models:
        return f"it is --model.{name} of --model {' or '.join(models)};"
    return ""

#!/bin/bash
#SBATCH --job-name=keras-zoo --nodes=4 --ntasks-per-node=1 --gpus-per-task=4 --cpus-per-task=16
#SBATCH --time=04:00:00 --signal=TERM@120 --requeue
# Submit from the project's folder: sbatch trainers/distribution/slurm.sh
# Two minutes before the end every worker saves and leaves with 75; the next start goes on.
run=/shared/runs/cnn
[ -e $run/config.yaml ] && resume=--resume
srun .venv/bin/python -m trainers.run --model cnn --dataset cifar10 --run-dir $run $resume

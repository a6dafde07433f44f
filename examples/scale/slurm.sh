#!/usr/bin/env bash
#SBATCH --array=1-64 --requeue --cpus-per-task=1 --open-mode=append --output=check.%a.log
# sbatch slurm.sh FOLDER SUBJECT.. --cases N [OPTION..]
# A check as a job array of Slurm's: as many parts as the array has tasks (from 1 on; sbatch
# --array=1-1000 slurm.sh ..). A part that was killed is begun again at once and goes on; a task whose
# node failed, when Slurm puts it into the queue again. Whatever else ended some: the same sbatch
# again does what is missing. FOLDER is on a disk that all nodes see; in the end: bptt-verify merge
# FOLDER/part*.json. PART is the path of part.sh, for Slurm copies this file to where it runs it.
set -uo pipefail
folder=$1
shift
for ((try = 0; try < 20; try++)); do
  "${PART:-$SLURM_SUBMIT_DIR/part.sh}" "$folder" "$SLURM_ARRAY_TASK_ID" "$SLURM_ARRAY_TASK_COUNT" "$@" &&
    exit
done
exit 1

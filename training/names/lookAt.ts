import { UserError } from '../../src/errors.js';
import { scaleBox, type Xyxy } from '../../src/geometry/boxes.js';
import { decodeImage } from '../../src/images/decode.js';
import { mirror } from '../../src/images/mirror.js';
import type { RgbImage } from '../../src/images/rgbImage.js';
import type { PhotosModel } from '../../src/photos/model.js';
import { cropBox, squashed } from '../../src/photos/preprocess.js';
import { createRandom } from '../../src/random.js';
import type { NamedPicture } from './namedPicture.js';
import { backgroundOf, hasBackground, type View, viewsOf } from './wantedBoxes.js';

/** What of a picture is looked at, besides its boxes. */
export interface LookSettings {
  views: number;
  background: number;
  seed: number;
}

/**
 * Decodes a picture.
 * @throws UserError when it cannot be read, or has another size than its annotations say.
 */
export async function decodeNamed({ path, shows, exif }: NamedPicture): Promise<RgbImage> {
  const size = 'boxes' in shows ? shows.size : undefined;
  const image = await decodeImage(path, { applyOrientation: { exif, ...size } });
  if (!('boxes' in shows)) return image;
  const { width, height } = shows.size;
  if (image.width === width && image.height === height) return image;
  throw new UserError(
    `${path} has ${image.width} x ${image.height} pixels, and its annotations are for ${width} x ${height}.`,
  );
}

/**
 * What the crop network sees in a picture: `views` crops of each of its boxes, then crops of its background, cut as
 * detection cuts them. Views are drawn from the seed and the picture's path.
 * @returns [crops, 1280]
 */
export async function lookAt(
  model: PhotosModel,
  image: RgbImage,
  { path, shows }: NamedPicture,
  settings: LookSettings,
): Promise<Float32Array> {
  const whole: Xyxy = [0, 0, image.width, image.height];
  const boxes = 'boxes' in shows ? shows.boxes.map(({ box }) => box) : [whole];
  const random = createRandom(settings.seed).fork('views').fork(path);
  const wanted = boxes.flatMap((box, i) => viewsOf(box, settings.views, image, random.fork(i)));
  const taken = 'boxes' in shows ? [...boxes, ...shows.neither] : boxes;
  if (settings.background > 0 && hasBackground(image, taken)) {
    const count = settings.background * Math.max(1, boxes.length);
    for (const box of backgroundOf(await foundBoxes(model, image), taken, count)) {
      wanted.push({ box, mirrored: false });
    }
  }
  return model.cropFeatures(wanted.map((view) => cropOf(image, view, model.config.crops.side)));
}

/** The box network's boxes by falling quality, in pixels. */
async function foundBoxes(model: PhotosModel, image: RgbImage): Promise<Xyxy[]> {
  const [found] = await model.findBoxes([squashed(image, model.config.boxes.side)]);
  return found.map(({ box }) => scaleBox(box, image.width, image.height));
}

function cropOf(image: RgbImage, { box, mirrored }: View, side: number): RgbImage {
  const crop = squashed(image, side, cropBox(box, image));
  return mirrored ? mirror(crop) : crop;
}

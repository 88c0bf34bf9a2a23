/** Sides in pixels. */
export interface Size {
  width: number;
  height: number;
}

/** Input shapes are kept to these steps of the aspect ratio, since each shape is compiled anew. */
const aspectStep = 2 ** (1 / 3);
const widestAspect = 8;

/**
 * The rectangle a picture is squashed to before it is encoded: about the picture's aspect ratio, about
 * `scale` times the model's native side on (geometric) average, both sides whole patches.
 *
 * @param nativeSize side of the square that the model was trained on, in pixels.
 */
export function inputSize(
  picture: Size,
  nativeSize: number,
  patchSize: number,
  scale: number,
): Size {
  const aspect = Math.min(Math.max(picture.width / picture.height, 1 / widestAspect), widestAspect);
  const snapped = aspectStep ** Math.round(Math.log(aspect) / Math.log(aspectStep));
  const patches = (nativeSize * scale) / patchSize;
  const whole = (count: number) => patchSize * Math.max(1, Math.round(count));
  return {
    width: whole(patches * Math.sqrt(snapped)),
    height: whole(patches / Math.sqrt(snapped)),
  };
}

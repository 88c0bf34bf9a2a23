import { scaleBox } from '../../src/geometry/boxes.js';
import { shippedModel } from '../../src/modelFamily.js';
import { PhotosModel } from '../../src/photos/model.js';
import { openPhotosFolder } from '../../src/photos/modelFolder.js';
import { squashed } from '../../src/photos/preprocess.js';
import type { ModelOptions } from '../loadOptions.js';
import { insidePicture } from '../proposals/insidePicture.js';
import type { ProposalSource } from '../proposals/source.js';

/** The boxes of the model for photographs as a source of regions for other models. */
export function openPhotosBoxes({ precision, ...options }: ModelOptions = {}): ProposalSource {
  const model = new PhotosModel(openPhotosFolder(shippedModel), {
    ...options,
    // Its convolutions gain nothing from int8.
    precision: precision === 'int8' ? 'float32' : precision,
  });
  const { side } = model.config.boxes;
  return {
    async propose({ image }) {
      const { width, height } = image;
      const [found] = await model.findBoxes([squashed(image, side)]);
      const proposals = found.map(({ box, quality }) => ({
        box: scaleBox(box, width, height),
        quality,
      }));
      return insidePicture(proposals, image);
    },
    dispose: () => model.dispose(),
  };
}

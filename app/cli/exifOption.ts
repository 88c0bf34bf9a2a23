import { exifChoices } from '../../src/images/orientation.js';

/** Which way round pictures with an EXIF orientation are taken that have annotations. */
export const exifOption = {
  choices: exifChoices,
  describe:
    'Pictures with an EXIF orientation: shown takes them as viewers show them, stored as they are stored, auto as the ' +
    'size in the annotation file says, or as shown where that fits both or neither',
} as const;

import type { FgClipConfig } from '../fgclip/config.js';

/**
 * The content of a Hugging Face preprocessor_config.json for FG-CLIP: the picture is squashed to the
 * model's square by bicubic resizing, without a crop, and normalised by CLIP's mean and deviation.
 */
export function preprocessorConfig({ vision }: FgClipConfig): Record<string, unknown> {
  return {
    image_processor_type: 'CLIPImageProcessor',
    do_convert_rgb: true,
    do_resize: true,
    size: { height: vision.imageSize, width: vision.imageSize },
    resample: 3,
    do_center_crop: false,
    do_rescale: true,
    rescale_factor: 1 / 255,
    do_normalize: true,
    image_mean: [0.48145466, 0.4578275, 0.40821073],
    image_std: [0.26862954, 0.26130258, 0.27577711],
  };
}

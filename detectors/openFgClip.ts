import { join } from 'node:path';
import { UserError } from '../src/errors.js';
import { FgClip } from '../src/fgclip/model.js';
import { loadModelFolder } from '../src/fgclip/modelFolder.js';
import { readPreprocessing } from '../src/images/preprocessorConfig.js';
import { FgClipPatches } from './fgclipPatches.js';
import type { ModelOptions, OpenedFolder } from './loadOptions.js';
import { networkConfig } from './proposals/networkConfig.js';
import { readNetwork } from './proposals/networkFile.js';
import { NetworkProposer } from './proposals/networkProposer.js';
import { readDetectorSettings } from './settings.js';
import { runName } from './textFeatureCache.js';

/** Opens a folder of FG-CLIP. @throws UserError naming the file and what is wrong with it */
export async function openFgClip(folder: string, options: ModelOptions): Promise<OpenedFolder> {
  const model = await loadModelFolder(folder, options);
  const { vision } = model.config;
  const { hiddenSize } = vision;
  const settings = readDetectorSettings(folder, { family: 'fgclip', hiddenSize });
  if (settings.patches !== undefined) {
    throw new UserError(
      `${join(folder, 'detector.json')}: patches: a number of them can be told to FG-CLIP 2 only.`,
    );
  }
  return {
    settings,
    load(withNetwork) {
      const wanted = withNetwork ? settings.network : undefined;
      const config = wanted && networkConfig(wanted, vision);
      const network =
        config && new NetworkProposer(config, readNetwork(folder, config, hiddenSize), options);
      return new FgClipPatches(
        new FgClip(model, { ...options, taps: config?.taps }),
        network,
        readPreprocessing(folder),
        runName(options),
      );
    },
  };
}

import { FgClip2 } from '../src/fgclip2/model.js';
import { loadFgClip2Folder } from '../src/fgclip2/modelFolder.js';
import { checkPatchLimit } from '../src/images/naflex.js';
import { FgClip2Patches } from './fgclip2Patches.js';
import type { ModelOptions, OpenedFolder } from './loadOptions.js';
import { networkConfig } from './proposals/networkConfig.js';
import { readNetwork } from './proposals/networkFile.js';
import { NetworkProposer } from './proposals/networkProposer.js';
import { readDetectorSettings } from './settings.js';
import { runName } from './textFeatureCache.js';

/** Opens a folder of FG-CLIP 2. @throws UserError naming the file and what is wrong with it */
export async function openFgClip2(folder: string, options: ModelOptions): Promise<OpenedFolder> {
  const model = await loadFgClip2Folder(folder, options);
  const { vision } = model.config;
  const { hiddenSize } = vision;
  const settings = readDetectorSettings(folder, { family: 'fgclip2', hiddenSize });
  if (options.patches !== undefined) checkPatchLimit(options.patches);
  const patches = options.patches ?? settings.patches ?? 'dynamic';
  return {
    settings,
    load(withNetwork) {
      const wanted = withNetwork ? settings.network : undefined;
      const config = wanted && networkConfig(wanted, vision);
      const network =
        config && new NetworkProposer(config, readNetwork(folder, config, hiddenSize), options);
      const fgclip = new FgClip2(model, { ...options, taps: config?.taps });
      return new FgClip2Patches(fgclip, network, patches, runName(options));
    },
  };
}

import type { SourcePackage } from './packages.js';

/**
 * The NOTICE of a model folder: where weights and names come from, and under which terms.
 * @param licences texts that have to go along
 */
export function notice(sources: readonly SourcePackage[], licences: readonly string[]): string {
  const entries = sources.map(({ name, version, what, licence, members }) => {
    const files = Object.entries(members).map(([file, sum]) => `  ${file}\n    sha256 ${sum}`);
    return [what, `  ${name} ${version}`, `  licence: ${licence}`, ...files].join('\n');
  });
  return `${[
    'The weights and names in this folder come from published packages, as scripts/convertPhotos.ts converts them:',
    ...entries,
    'names of the background: categories of LVIS (https://www.lvisdataset.org)',
    `Changes: batch norms are folded into convolutions, the box network takes red, green, blue, matrices are laid out as
PyTorch has them, and convolutions' weights are stored in 16 bits (probabilities of the crop tested change by .0015 at most).
anchors.* are computed from the names.`,
    `The networks were trained on photographs of COCO and ImageNet and on texts of the web. The terms above are those of
the packages; whether those of the training data matter for a use is for its user to judge.`,
    ...licences.map((text) => text.trim()),
  ].join('\n\n')}\n`;
}

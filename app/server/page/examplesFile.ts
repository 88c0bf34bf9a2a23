import type { SavedExamples } from './contract.js';

/** Whether a file may be one of examples rather than a picture. */
export function isExamplesFile({ name, type }: File): boolean {
  return type === 'application/json' || /\.json$/i.test(name);
}

/**
 * The examples in a file, from this page or from `fgdet examples`.
 * @param weights the digest of the server's model.
 * @throws Error for another file, and for examples that another model made
 */
export async function readExamplesFile(file: File, weights: string): Promise<SavedExamples> {
  const examples = await parsed(file);
  if (!examples) throw new Error(`${file.name} is no label made of examples.`);
  if (examples.model !== weights) {
    throw new Error(
      `“${examples.label}” was made with another model, whose examples this one does not understand: make it anew from ` +
        'its pictures.',
    );
  }
  return examples;
}

/** The vectors are for the server to check. */
async function parsed(file: File): Promise<SavedExamples | undefined> {
  try {
    const { phrasings = [], ...rest } = JSON.parse(await file.text()) as Partial<SavedExamples>;
    const texts = [rest.label, rest.model, rest.shown, rest.unlike, rest.others, ...phrasings];
    const isWhole = rest.format === 'fgdet examples 1' && Number(rest.dimension) > 0 && rest.label;
    if (!isWhole || !texts.every((text) => typeof text === 'string')) return undefined;
    return { ...(rest as SavedExamples), phrasings };
  } catch {
    return undefined;
  }
}

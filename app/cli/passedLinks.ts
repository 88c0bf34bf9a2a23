import type { LinkTarget } from '../../src/images/sources.js';

/** Links that were passed over where pictures were looked for, to be told together. */
export class PassedLinks {
  readonly #paths: Record<LinkTarget, string[]> = { folder: [], picture: [] };

  readonly add = (path: string, leadsTo: LinkTarget): void => {
    this.#paths[leadsTo].push(path);
  };

  /** A line for each kind. */
  lines(): string[] {
    const { folder, picture } = this.#paths;
    return [
      ...(folder.length > 0 ? [`Not followed, for they lead to folders: ${named(folder)}`] : []),
      ...(picture.length > 0
        ? [`Links to pictures that are taken already: ${named(picture)}`]
        : []),
    ];
  }
}

function named(paths: readonly string[]): string {
  const shown = 3;
  const more = paths.length > shown ? ` and ${paths.length - shown} more` : '';
  return `${paths.slice(0, shown).join(', ')}${more}`;
}

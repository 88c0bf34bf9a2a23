import { stringify } from 'yaml';
import { UserError } from '../../src/errors.js';
import { parseYaml, readYamlText, type YamlSchema } from '../../src/files/yamlFile.js';
import { without } from './attributes.js';
import { splitNames, splitsOf, type YoloConfig, type YoloSplit } from './yoloConfig.js';

/**
 * Reads `data.yaml`. Names are texts here whatever YAML would take them for: "yes", "1".
 * @throws UserError naming the file, and the line or field
 */
export async function readDataYaml(file: string): Promise<YoloConfig> {
  const text = readYamlText(file);
  const texts = fieldsIn(text, file, 'failsafe');
  const values = fieldsIn(text, file, 'core');
  const isSaid = (field: string) => (values[field] ?? '') !== '';
  const names = Object.values(splitNames).flat();
  const rest = without(values, 'names', 'nc', 'path', ...names);
  return {
    ...(isSaid('path') && typeof texts.path === 'string' && { path: texts.path }),
    splits: splitsOf((name) => (isSaid(name) ? listOf(texts[name], `${file}: ${name}`) : [])),
    categories: isSaid('names')
      ? categoriesOf(texts.names, file)
      : numberedCategories(isSaid('nc') ? texts.nc : undefined, file),
    keypointNumbers: keypointNumbers(values.kpt_shape, file),
    isDarknet: false,
    ...(rest && { rest }),
  };
}

function fieldsIn(text: string, file: string, schema: YamlSchema): Record<string, unknown> {
  const value = parseYaml(text, file, schema);
  if (value === null || typeof value !== 'object' || Array.isArray(value)) {
    throw new UserError(`${file} is no data.yaml of YOLO: it holds no fields.`);
  }
  return value as Record<string, unknown>;
}

function categoriesOf(names: unknown, file: string): YoloConfig['categories'] {
  const wrong = (what: string) => new UserError(`${file}: names ${what}`);
  if (typeof names !== 'object' || names === null) throw wrong('must be a list or a map.');
  return Object.entries(names).map(([key, name]) => {
    if (!/^\d+$/.test(key)) throw wrong(`has "${key}", which is no number of a category.`);
    if (typeof name !== 'string' || name === '') throw wrong(`[${key}] is no name.`);
    return { id: Number(key), name };
  });
}

/** The names that Ultralytics gives where there is only a number of them. */
function numberedCategories(count: unknown, file: string): YoloConfig['categories'] {
  if (count === undefined) {
    throw new UserError(`${file}: names is missing: the names of the categories.`);
  }
  const most = 100_000;
  if (!/^\d+(\.0*)?$/.test(String(count)) || Number(count) > most) {
    throw new UserError(`${file}: nc must be the number of categories.`);
  }
  return Array.from({ length: Number(count) }, (_, id) => ({ id, name: `class_${id}` }));
}

function keypointNumbers(shape: unknown, file: string): number {
  if (shape === undefined || shape === null) return 0;
  const [count, each, ...others] = Array.isArray(shape) ? shape : [];
  if (Number.isInteger(count) && count > 0 && [2, 3].includes(each) && others.length === 0) {
    return count * each;
  }
  throw new UserError(`${file}: kpt_shape must be [number of keypoints, 2 or 3].`);
}

function listOf(value: unknown, where: string): string[] {
  const list = Array.isArray(value) ? value : [value];
  if (list.every((entry) => typeof entry === 'string')) {
    return list.map((entry) => entry.trim()).filter((entry) => entry !== '' && entry !== '~');
  }
  throw new UserError(`${where} must be a path or a list of paths.`);
}

/**
 * The text of `data.yaml`.
 * @param path the data set's folder, absolute: many versions of Ultralytics take what is relative, or not said,
 *   to be in a folder of theirs. Undefined where it is not known yet.
 */
export function dataYamlText(
  path: string | undefined,
  names: ReadonlyMap<number, string>,
  lists: readonly { split: YoloSplit; file: string }[],
  rest: Readonly<Record<string, unknown>>,
): string {
  const others =
    Object.keys(rest).length > 0
      ? stringify(rest, {
          defaultStringType: 'QUOTE_DOUBLE',
          defaultKeyType: 'PLAIN',
          lineWidth: 0,
        })
      : '';
  return [
    '# images/ is a link to the folder of pictures; where there is none, put the pictures or a link there.',
    path === undefined ? '# path: <this folder, absolute>' : `path: ${quoted(path)}`,
    ...lists.map(({ split, file }) => `${split}: ${file}`),
    names.size > 0 ? 'names:' : 'names: {}',
    ...[...names].map(([id, name]) => `  ${id}: ${quoted(name)}`),
    others,
  ].join('\n');
}

/** Names in quotes are texts to every reader of YAML; what breaks lines or is not printed is escaped. */
function quoted(name: string): string {
  const hidden = /[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g;
  const escaped = (character: string) =>
    `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return JSON.stringify(name).replace(hidden, escaped);
}

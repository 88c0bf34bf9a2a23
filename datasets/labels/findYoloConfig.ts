import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { UserError } from '../../src/errors.js';
import { mostBytes } from '../../src/files/regularFile.js';
import { readText } from '../../src/files/textFile.js';
import { readNamesList, readObjData } from './darknetConfig.js';
import { readDataYaml } from './dataYaml.js';
import { isFolder } from './labelFiles.js';
import type { YoloConfig } from './yoloConfig.js';

const yaml = /\.ya?ml$/i;

/** Whether a file is called like one that tells of a YOLO data set. */
export function isYoloConfig(file: string): boolean {
  return yaml.test(file) || /\.(names|data)$/i.test(file) || basename(file) === 'classes.txt';
}

/**
 * A folder's `data.yaml`, whatever it is called.
 * @throws UserError when it could be one of several
 */
export async function dataYamlIn(folder: string): Promise<string | undefined> {
  const files = (await namesIn(folder)).filter((name) => yaml.test(name));
  const stem = basename(resolve(folder));
  const usual = ['data.yaml', 'data.yml', `${stem}.yaml`, `${stem}.yml`];
  const named = usual.find((name) => files.includes(name));
  if (named !== undefined) return join(folder, named);
  const fitting: string[] = [];
  for (const file of files) {
    const text = await readText(join(folder, file), mostBytes.yaml).catch(() => '');
    if (/^["']?(names|nc)["']?\s*:/m.test(text)) fitting.push(file);
  }
  if (fitting.length > 1) {
    throw new UserError(`${folder} has ${fitting.join(' and ')}: name the one that is meant.`);
  }
  return fitting.length === 1 ? join(folder, fitting[0]) : undefined;
}

/** Darknet's `obj.data`, or the list of names of a folder that has labels. */
export async function namesListIn(folder: string): Promise<string | undefined> {
  const files = await namesIn(folder);
  const found = [/^obj\.data$/, /\.data$/i, /^obj\.names$/, /\.names$/i, /^classes\.txt$/]
    .map((name) => files.find((file) => name.test(file)))
    .find((file) => file !== undefined);
  if (found !== undefined) return join(folder, found);
  // Beside the labels that LabelImg wrote.
  const inLabels = join(folder, 'labels', 'classes.txt');
  return existsSync(inLabels) ? inLabels : undefined;
}

/** Whether a folder holds a YOLO data set, of whichever program. */
export async function hasYoloConfig(folder: string): Promise<boolean> {
  return (await configIn(folder)) !== undefined;
}

async function configIn(folder: string): Promise<string | undefined> {
  return (await dataYamlIn(folder)) ?? namesListIn(folder);
}

async function namesIn(folder: string): Promise<string[]> {
  return (await readdir(folder)).sort();
}

/**
 * What a YOLO data set says of itself.
 * @param path the file that says it, or the data set's folder.
 * @throws UserError naming the file and the line or field, or the folder that has no such file
 */
export async function readYoloConfig(
  path: string,
): Promise<{ config: YoloConfig; file: string; folder: string }> {
  const file = (await isFolder(path)) ? await configIn(path) : path;
  if (file === undefined) {
    throw new UserError(
      `${path} has no data.yaml, which says what YOLO's categories are called, and no classes.txt or obj.names.`,
    );
  }
  const own = resolve(dirname(file));
  if (yaml.test(file)) return { config: await readDataYaml(file), file, folder: own };
  if (/\.data$/i.test(file)) return { config: await readObjData(file), file, folder: own };
  const isAmongLabels = basename(own) === 'labels' && existsSync(join(dirname(own), 'images'));
  const folder = isAmongLabels ? dirname(own) : own;
  return { config: await readNamesList(file, folder), file, folder };
}

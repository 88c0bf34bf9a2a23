import { UserError } from '../src/errors.js';
import { ById, type CocoId, type Identified, idInFile } from './cocoIds.js';
import { CocoImages, type ListedPicture, stemId } from './cocoImages.js';
import type { ResultIds } from './resultIdKinds.js';

/** What a results file is about. */
export interface ResultTruth {
  /** The annotation file. */
  file: string;
  images: readonly ListedPicture[];
  /** Where they are absent, results keep their own category ids. */
  categories?: readonly (Identified & { name?: string })[];
  /** What to do where it cannot be told what results are about. Default: the option --ids. */
  remedy?: string;
}

/** A picture as results call it. */
export interface ResultPicture {
  id: CocoId;
  /** What Ultralytics and others write beside the id. */
  fileName?: string;
  /** The first of its results. */
  row: number;
}

/** Which pictures and categories of an annotation file results are about. */
export interface MatchedIds {
  /** Of each picture of the results, the number of the listed one; of one that is not, any that no listed one has. */
  images: number[];
  /** Of each category of the results, the number; of one that is not listed, any that no listed one has. */
  categories: number[];
  /** What a person should know of how they were found. */
  notes: string[];
}

interface Sources {
  results: string;
  truth: ResultTruth;
  /** Default: what the files say themselves. */
  ids?: ResultIds;
  /** Whether pictures may be unlisted. */
  strays?: boolean;
}

/**
 * Finds what results are about. An id is that of the annotation file, as COCO has it, unless the results say that it
 * is Ultralytics' name of a picture: it is no id of the annotation file, or the file name beside it belongs to
 * another picture.
 * @throws UserError for a picture that is not listed, and where the ids could be either and mean different things
 */
export function matchResultIds(
  pictures: readonly ResultPicture[],
  categories: readonly CocoId[],
  sources: Sources,
): MatchedIds {
  const candidates = candidatesOf(pictures, sources.truth);
  const found = matchPictures(candidates, sources);
  const named = found.filter(({ byName }) => byName).length;
  const notes: string[] = [];
  if (named > 0) {
    const first = found.findIndex(({ byName }) => byName);
    notes.push(
      `${sources.results}: ${named} of ${pictures.length} pictures were found by file name, as Ultralytics names them: ` +
        `image_id ${shown(pictures[first].id)} is ${found[first].image!.file}.`,
    );
  } else notes.push(...doubtOf(candidates, sources));
  const origin = originOf(pictures, named > 0, sources);
  return {
    images: numbersOf(
      pictures.map(({ id }) => id),
      found.map(({ image }) => image?.id),
      sources.truth.images,
    ),
    categories: matchCategories(categories, origin, sources, notes),
    notes,
  };
}

interface FoundPicture {
  /** Undefined for one that is not listed. */
  image?: ListedPicture;
  /** Whether it is another picture than that of the id, or the id is none. */
  byName: boolean;
}

/** A picture of results with what it can be in the annotation file. */
interface Candidate {
  picture: ResultPicture;
  /** By its id. */
  own?: ListedPicture;
  /** By its file name. */
  namesakes: readonly ListedPicture[];
}

function candidatesOf(pictures: readonly ResultPicture[], truth: ResultTruth): Candidate[] {
  const byId = new ById<ListedPicture>();
  for (const image of truth.images) byId.add(idInFile(image), image);
  const list = new CocoImages(truth.images, truth.file);
  return pictures.map((picture) => {
    return { picture, own: byId.get(picture.id), namesakes: namesakesOf(picture, list) };
  });
}

function matchPictures(candidates: readonly Candidate[], sources: Sources): FoundPicture[] {
  // Numbers that are not all ids, but all names, are names.
  const nameless = candidates.filter(({ picture }) => picture.fileName === undefined);
  const areNames =
    nameless.some(({ own }) => !own) && nameless.every(({ namesakes }) => namesakes.length > 0);
  return candidates.map((candidate) => {
    const { picture, own, namesakes } = candidate;
    const named = namesakes.length === 1 ? namesakes[0] : undefined;
    const image =
      sources.ids === 'coco'
        ? own
        : !own || sources.ids === 'ultralytics'
          ? named
          : settled(candidate, own, areNames);
    if (image) return { image, byName: image !== own };
    if (own && sources.ids === undefined) throw contradictory(picture, own, namesakes, sources);
    if (namesakes.length > 1 && sources.ids !== 'coco')
      throw ambiguous(picture, namesakes, sources);
    if (sources.strays) return { byName: false };
    throw unlisted(picture, sources);
  });
}

/** The picture that is meant where the id is one of the annotation file; undefined where that cannot be told. */
function settled(
  { picture, namesakes }: Candidate,
  own: ListedPicture,
  areNames: boolean,
): ListedPicture | undefined {
  const { id, fileName } = picture;
  const named = namesakes.length === 1 ? namesakes[0] : undefined;
  if (fileName === undefined) {
    if (typeof id === 'number') return areNames ? named : own;
    return own.textId === id || namesakes.every((image) => image === own) ? own : undefined;
  }
  // As Ultralytics writes it, the id is the name, and another picture's id only by chance.
  if (isStem(picture) && own.file !== '') return named;
  return namesakes.length === 0 || namesakes.includes(own) ? own : undefined;
}

/** The listed pictures that a picture of results can be by its file name, or by an id that is a name. */
function namesakesOf({ id, fileName }: ResultPicture, list: CocoImages): readonly ListedPicture[] {
  if (fileName !== undefined) {
    const same = list.named(fileName);
    return same.length > 0 ? same : list.ofStem(stemId(fileName));
  }
  const ofStem = list.ofStem(stemOf(id));
  return ofStem.length > 0 || typeof id === 'number' ? ofStem : list.named(id);
}

function stemOf(id: CocoId): CocoId {
  return typeof id === 'string' && /^\d{1,15}$/.test(id) ? Number(id) : id;
}

/** Whether the id is the file name beside it without its extension, as in what Ultralytics writes. */
function isStem({ id, fileName }: ResultPicture): boolean {
  return fileName !== undefined && stemOf(id) === stemId(fileName);
}

/** Where all ids are ids and all are names as well, of other pictures, ids count, and it is said. */
function doubtOf(candidates: readonly Candidate[], { results, truth, ids }: Sources): string[] {
  const allNames = candidates.every(
    ({ picture, namesakes }) => picture.fileName === undefined && namesakes.length > 0,
  );
  const other = candidates.find(({ own, namesakes }) => own && !namesakes.includes(own));
  if (ids !== undefined || !allNames || !other) return [];
  const { picture, own, namesakes } = other;
  return [
    `${results}: image ids were taken for those of ${truth.file}, where ${picture.id} is ${own!.file}. If they are ` +
      `file names, as Ultralytics has them, so that ${picture.id} is ${namesakes[0].file}: ` +
      `${truth.remedy ?? 'say --ids ultralytics.'}`,
  ];
}

interface Origin {
  ids: ResultIds;
  /** Whether the ids can be nobody else's. */
  surely: boolean;
  /** Whether it is a version that writes file names, and counts categories from 1. */
  namesFiles: boolean;
}

function originOf(
  pictures: readonly ResultPicture[],
  byName: boolean,
  { ids, truth: { categories } }: Sources,
): Origin {
  const namesFiles = pictures.every(({ fileName }) => fileName !== undefined);
  const looksSo = byName || (pictures.length > 0 && pictures.every(isStem));
  const own = ids ?? (looksSo && categories ? 'ultralytics' : 'coco');
  return { ids: own, surely: byName || ids !== undefined, namesFiles };
}

/** How Ultralytics' categories can be meant: the place of a category in the annotation file, or its id. */
type Reading = (id: CocoId) => number | undefined;

function matchCategories(
  ids: readonly CocoId[],
  origin: Origin,
  sources: Sources,
  notes: string[],
): number[] {
  const { results, truth } = sources;
  const listed = truth.categories;
  if (!listed) return numbersOf(ids, [], []);
  const byId = new ById<number>();
  listed.forEach((category, place) => {
    byId.add(idInFile(category), place);
  });
  const own: Reading = (id) => byId.get(id);
  const reading = origin.ids === 'coco' ? own : ultralyticsReading(ids, own, origin, sources);
  if (reading !== own) {
    const id = ids.find((one) => reading(one) !== own(one));
    if (id !== undefined) {
      const category = listed[reading(id)!];
      notes.push(
        `${results}: categories are counted as Ultralytics does, not by the ids of ${truth.file}: ` +
          `${id} is ${category.name ?? idInFile(category)}.`,
      );
    }
  }
  const numbers = ids.map((id) => listed[reading(id) ?? -1]?.id);
  return numbersOf(ids, numbers, listed);
}

function ultralyticsReading(
  ids: readonly CocoId[],
  own: Reading,
  { surely, namesFiles }: Origin,
  { results, truth, ids: said }: Sources,
): Reading {
  const listed = truth.categories!;
  // The order of the classes is that of their ids.
  const places = [...listed.keys()].sort((a, b) => listed[a].id - listed[b].id);
  const from =
    (first: number): Reading =>
    (id) =>
      places[Number(id) - first];
  const fits = (reading: Reading) => ids.every((id) => reading(id) !== undefined);
  const fromOne = from(1);
  // Of a data set of one's own, classes count from 1; of COCO they have its ids.
  const fromZero = listed.every((_, i) => listed[places[i]].id === i);
  const readings = [
    ...(fits(fromOne) ? [fromOne] : []),
    ...(fits(own) && !(surely && namesFiles && fromZero && fits(fromOne)) ? [own] : []),
  ];
  // Versions before 8.3.41 counted from 0.
  if (readings.length === 0 && fits(from(0))) readings.push(from(0));
  const [first = own, ...others] = readings;
  const doubtful = ids.find((id) => others.some((other) => other(id) !== first(id)));
  if (doubtful === undefined || said === 'ultralytics') return first;
  throw new UserError(
    `${results}: category ${doubtful} can be that of ${truth.file}, or Ultralytics' number ${doubtful} of its classes. ` +
      'Say --ids coco, or --ids ultralytics.',
  );
}

/**
 * Numbers of what results call by `ids`: those that were found; of the others their own, if no listed thing has that,
 * or any that is free.
 */
function numbersOf(
  ids: readonly CocoId[],
  found: readonly (number | undefined)[],
  listed: readonly Identified[],
): number[] {
  const listedNumbers = new Set(listed.map(({ id }) => id));
  const used = new Set([...listedNumbers, ...ids.filter((id) => typeof id === 'number')]);
  let next = 0;
  const free = () => {
    while (used.has(next)) next++;
    used.add(next);
    return next;
  };
  return ids.map(
    (id, i) => found[i] ?? (typeof id === 'number' && !listedNumbers.has(id) ? id : free()),
  );
}

function unlisted({ id, fileName, row }: ResultPicture, { results, truth }: Sources): UserError {
  const named = fileName === undefined ? '' : ` (${fileName})`;
  return new UserError(
    `${results}: results[${row}] is about image ${shown(id)}${named}, which ${truth.file} does not list` +
      `${typeof id === 'string' || fileName !== undefined ? ', neither as an id nor as a file name' : ''}.`,
  );
}

function ambiguous(
  { id, row }: ResultPicture,
  [one, other]: readonly ListedPicture[],
  { results, truth }: Sources,
): UserError {
  return new UserError(
    `${results}: results[${row}] is about image ${shown(id)}, which by its file name can be ${one.file} or ` +
      `${other.file} of ${truth.file}. ${truth.remedy ?? 'Say --ids coco if ids count; if file names do, give results whose image_id are the ids.'}`,
  );
}

function contradictory(
  { id, fileName, row }: ResultPicture,
  own: ListedPicture,
  [named]: readonly ListedPicture[],
  { results, truth }: Sources,
): UserError {
  const other = named
    ? `it is also the file name of another picture, ${named.file} (id ${idInFile(named)})`
    : `no picture there is named ${fileName}`;
  return new UserError(
    `${results}: results[${row}] is about image ${shown(id)}, which is ${own.file || 'an id'} in ${truth.file}; but ` +
      `${other}. ${truth.remedy ?? 'Say --ids coco if ids count, or --ids ultralytics if file names do.'}`,
  );
}

function shown(id: CocoId): string {
  return typeof id === 'string' ? JSON.stringify(id) : String(id);
}

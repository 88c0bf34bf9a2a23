import { decoded } from './decoded.js';
import type { LabelStudioNames } from './labelFormat.js';
import { fieldOf, type LabelStudioControl, valueIn } from './labelStudioConfig.js';
import { hasLabels, type Region } from './labelStudioRegions.js';

type Fields = Readonly<Record<string, unknown>>;

/** What stands before a picture's path in the addresses of local files. */
const localFiles = '/data/local-files/?d=';

/** How a picture's address begins or ends. */
const looksLikePicture =
  /^\/?(data\/)?upload\/|^\/data\/local-files\/|\.(jpe?g|jfif|png|webp|gif|tiff?|avif|svg|bmp|mpo|heic)([?#].*)?$/i;

/** The address of a picture in a task. */
export function pictureAddress(file: string, { urlPrefix = localFiles }: LabelStudioNames): string {
  return urlPrefix + file.split('/').map(encodeURIComponent).join('/');
}

/** The path of a picture in its address. */
export function pictureName(address: string, { urlPrefix = localFiles }: LabelStudioNames): string {
  if (urlPrefix !== '' && address.startsWith(urlPrefix)) {
    return decoded(address.slice(urlPrefix.length));
  }
  const inQuery = /[?&](?:d|filepath)=([^&]*)/.exec(address)?.[1];
  const path = inQuery ?? address.replace(/^[a-z][\w+.-]*:\/\/[^/]*/i, '').replace(/[?#].*$/, '');
  return decoded(path).replace(/^\/+/, '');
}

/** A task's picture: the first that its config names, where it has several. */
export interface FoundAddress {
  address: string;
  /** The field of the task's data that it is. */
  field?: string;
  /** The tag that labels it, where the config is known. */
  control?: LabelStudioControl;
  /** Whether a region is of another picture of the task. */
  isOther(region: Region): boolean;
}

/**
 * The address of a task's picture: what is named, or else what looks like one.
 * @param options.field of the task's data, if it is known.
 * @param options.controls of the project's labelling config; none where that is not known.
 * @param options.regions of the task.
 * @returns undefined where there is none.
 */
export function findAddress(
  data: Fields,
  {
    field,
    controls,
    regions,
  }: { field?: string; controls: readonly LabelStudioControl[]; regions: readonly Region[] },
): FoundAddress | undefined {
  const control = controls.find(({ image }) => firstText(valueIn(data, image)) !== undefined);
  const pictures = Object.keys(data).filter((key) =>
    looksLikePicture.test(firstText(data[key]) ?? ''),
  );
  // Tags are often called as the fields that they show.
  const [labelled] = regions.filter(hasLabels).map(({ to_name }) => String(to_name));
  const ofRegions = pictures.length > 1 && pictures.includes(labelled) ? [labelled] : [];
  const texts = Object.keys(data).filter((key) => firstText(data[key]) !== undefined);
  const keys = [
    ...(field === undefined ? [] : [field]),
    ...(control ? [fieldOf(control.image)] : []),
    ...[...ofRegions, 'image', ...pictures, ...(texts.length === 1 ? texts : [])],
  ];
  const key = keys.find((one) => one !== undefined && firstText(data[one]) !== undefined);
  const address =
    (key === undefined ? undefined : firstText(data[key])) ??
    (control && firstText(valueIn(data, control.image)));
  if (address === undefined) return undefined;
  const others = new Set(
    controls.filter(({ image }) => image !== control?.image).map(({ toName }) => toName),
  );
  return {
    address,
    ...(key !== undefined && { field: key }),
    ...(control && { control }),
    isOther: (region) => {
      const { item_index, to_name } = region;
      if (typeof item_index === 'number' && item_index > 0) return true;
      if (controls.length > 0) return others.has(String(to_name));
      return pictures.length > 1 && hasLabels(region) && String(to_name) !== labelled;
    },
  };
}

/** A text, or the first of a list, that is not empty. */
function firstText(value: unknown): string | undefined {
  const [first] = Array.isArray(value) ? value : [value];
  return typeof first === 'string' && first !== '' ? first : undefined;
}

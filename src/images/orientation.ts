/** Width and height in pixels. */
export interface PictureSize {
  width: number;
  height: number;
}

/**
 * Which way round a file's pixels are taken: as viewers show them, turned as the EXIF orientation says; as they are
 * stored; or whichever the annotations are for.
 */
export const exifChoices = ['auto', 'shown', 'stored'] as const;
export type ExifChoice = (typeof exifChoices)[number];

/** A picture's annotations: what was chosen, and the size that they are for, where they say it. */
export interface AnnotatedOrientation extends Partial<PictureSize> {
  exif?: ExifChoice;
}

/** What a header says: the size as stored, the orientation, and the size as shown. */
export interface TurnedHeader extends PictureSize {
  /** EXIF's, 1 to 8; 1, and none, leave the pixels where they are. */
  readonly orientation?: number;
  autoOrient: PictureSize;
}

/**
 * Whether a picture is turned as its EXIF orientation says. Annotations are for the picture as shown, which is how
 * labelling tools show it, unless their size fits only the picture as stored.
 */
export function isShown(
  header: TurnedHeader,
  { exif = 'auto', width, height }: AnnotatedOrientation,
): boolean {
  if (exif !== 'auto') return exif === 'shown';
  const fits = (size: PictureSize) => size.width === width && size.height === height;
  return fits(header.autoOrient) || !fits(header);
}

/** Which way round a picture was taken whose EXIF orientation makes a difference. */
export type TakenAs = 'shown' | 'stored';

/** Counts the pictures, each once, whose EXIF orientation makes a difference. */
export class OrientationCounts {
  readonly shown = new Set<string | number>();
  readonly stored = new Set<string | number>();

  /** @param picture what tells it apart from others: its path, or its number. */
  add(picture: string | number, takenAs: TakenAs | undefined): void {
    if (takenAs) this[takenAs].add(picture);
  }
}

/** What a person should know of pictures with an EXIF orientation; undefined where there were none. */
export function orientationNote(shown: number, stored: number): string | undefined {
  if (shown + stored === 0) return undefined;
  return (
    `EXIF orientation: ${shown} ${shown === 1 ? 'picture' : 'pictures'} taken as viewers show them, ${stored} as they ` +
    'are stored; "exif" can decide otherwise.'
  );
}

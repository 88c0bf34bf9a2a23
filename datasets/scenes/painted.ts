/** A drawing ready to be laid on a picture: RGBA, not premultiplied. */
export interface Painted {
  width: number;
  height: number;
  data: Uint8ClampedArray;
}

/** How much a server takes on. Sizes are in bytes, times in milliseconds. */
export interface Limits {
  /** Pictures that are looked at at the same time. */
  concurrency: number;
  /** Requests that may wait besides; further ones are turned away. */
  queue: number;
  /** The largest body of a request, and so the largest picture that is sent. */
  bodyBytes: number;
  /** Bodies and fetched pictures of all requests together. */
  heldBytes: number;
  /** Pixels of a picture. */
  pixels: number;
  /** Pixels of all pictures that are being looked at. */
  heldPixels: number;
  /** Tiles that a picture may be cut into. */
  tiles: number;
  images: number;
  prompts: number;
  promptCharacters: number;
  /** For the whole of a picture's fetching. */
  fetchMs: number;
  /** For the arrival of a whole request. */
  requestMs: number;
  /** For a call of Label Studio's, which waits 100 s: what is not done by then is left for the next one. */
  labelStudioMs: number;
  /** For requests under way when the server is told to stop. */
  closeMs: number;
  connections: number;
  /** Encoded pictures that are kept, and how long since their last use. */
  keptPictures: number;
  keptMs: number;
}

const MiB = 2 ** 20;

export const defaultLimits: Limits = {
  concurrency: 16,
  queue: 64,
  bodyBytes: 32 * MiB,
  heldBytes: 256 * MiB,
  pixels: 50e6,
  heldPixels: 100e6,
  tiles: 64,
  images: 16,
  prompts: 200,
  promptCharacters: 1000,
  fetchMs: 10_000,
  requestMs: 60_000,
  labelStudioMs: 80_000,
  closeMs: 20_000,
  connections: 1000,
  keptPictures: 32,
  keptMs: 10 * 60_000,
};

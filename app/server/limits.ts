/** How much a server takes on. Sizes are in bytes, times in milliseconds. */
export interface Limits {
  /** Pictures that are looked at at the same time. */
  concurrency: number;
  /** Requests that may wait besides; further ones are turned away. */
  queue: number;
  /** The largest body of a request, and so the largest picture that is sent. */
  bodyBytes: number;
  /** The largest body where no picture can be in it. */
  textBytes: number;
  /** Bodies, as far as they have come, and fetched pictures of all requests together. */
  heldBytes: number;
  /** Of JSON: values in all, fields of an object, and how deep they are nested. */
  jsonValues: number;
  jsonFields: number;
  jsonDepth: number;
  /** Pixels of a picture. */
  pixels: number;
  /** Pixels of all pictures that are being looked at. */
  heldPixels: number;
  /** For a picture's reading, and besides for each megapixel of it. */
  decodeMs: number;
  decodeMsPerMegapixel: number;
  /** Tiles that a picture may be cut into. */
  tiles: number;
  images: number;
  prompts: number;
  /** Of all prompts and negatives of a request together. */
  phrasings: number;
  /** Also of a label in a labelling config. */
  promptCharacters: number;
  /** Of all examples in a request together: their vectors, in base64. */
  exampleBytes: number;
  /** Those of them that every region is compared to. */
  exampleVectors: number;
  /** Boxes of a picture that show a label, and as many that do not. */
  exampleBoxes: number;
  /** What is found in a picture, unless a request says otherwise. */
  detections: number;
  /** Of a call of Label Studio's, and characters of a labelling config. */
  tasks: number;
  configCharacters: number;
  /** For the whole of a picture's fetching. */
  fetchMs: number;
  /** For the arrival of a whole request, and for each step of reading its answer. */
  requestMs: number;
  /** For what still comes of a request when it has been answered; it may be twice a largest body. */
  refusedMs: number;
  /** From the first byte of a request to the last of its answer. */
  answerMs: number;
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
  textBytes: 4 * MiB,
  heldBytes: 256 * MiB,
  jsonValues: 200_000,
  jsonFields: 1000,
  jsonDepth: 64,
  pixels: 50e6,
  heldPixels: 100e6,
  decodeMs: 4000,
  decodeMsPerMegapixel: 400,
  tiles: 64,
  images: 16,
  prompts: 200,
  phrasings: 1000,
  promptCharacters: 1000,
  exampleBytes: 16 * MiB,
  exampleVectors: 1000,
  exampleBoxes: 50,
  detections: 10_000,
  tasks: 10_000,
  configCharacters: 2 ** 18,
  fetchMs: 10_000,
  requestMs: 60_000,
  refusedMs: 5000,
  answerMs: 300_000,
  labelStudioMs: 80_000,
  closeMs: 20_000,
  connections: 1000,
  keptPictures: 32,
  keptMs: 10 * 60_000,
};

import { loadFgClip } from '../src/fgclip/model.js';
import { ndarray } from '../src/jit/ndarray.js';
import { peakMemory } from './peakMemory.js';

// Opens a model, asks it for one picture's and two prompts' features, and says in one line of JSON what
// that took: node answer.js MODEL_FOLDER THREADS
const [folder, threads] = process.argv.slice(2);
const start = performance.now();
const model = await loadFgClip(folder, { threads: Number(threads) });
const { imageSize, channels } = model.config.vision;
const pixels = new Float32Array(channels * imageSize ** 2).fill(0.5);
await model.imageFeatures(ndarray(pixels, [1, channels, imageSize, imageSize]));
await model.textFeatures(['a red fire engine', 'a dog']);
console.log(JSON.stringify({ milliseconds: performance.now() - start, peakBytes: peakMemory() }));
process.exit();

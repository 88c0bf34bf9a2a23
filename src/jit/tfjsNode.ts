import { createRequire } from 'node:module';
import { cpus } from 'node:os';
import { join, relative } from 'node:path';
import util from 'node:util';
import { UserError } from '../errors.js';
import { packageRoot } from '../files/packageRoot.js';
import type { EagerDevice } from './deviceNames.js';
import { ownCores } from './processesHere.js';

/** The version that goes with this package's tfjs-core. */
const version = '4.22.0';

/** What tfjs-node calls its backend. */
const backendName = 'tensorflow';

/** What is used of that backend besides operators. */
interface TfjsNodeBackend {
  isUsingGpuDevice: boolean;
  binding: { TF_Version: string };
}

/** @throws UserError saying how to get the package of a device, where it is not installed. */
export function assertTfjsNode(device: EagerDevice): void {
  try {
    createRequire(import.meta.url).resolve(`${nameOf(device)}/package.json`);
  } catch {
    throw new UserError(
      `Device "${device}" is the package ${nameOf(device)}, which is not installed: \`npm install ${nameOf(device)}@${version}\`, ` +
        `or, where its install script cannot fetch TensorFlow, \`${recipe(device)}\`.`,
    );
  }
}

let started: { device: EagerDevice; backend: Promise<string> } | undefined;

/**
 * Loads tfjs-node or tfjs-node-gpu, once for the process. tfjs's backend stays the one it was, where there was one.
 * @returns the name of its backend.
 * @throws UserError when the package cannot be loaded, or a GPU is asked for and none is found.
 */
export async function startTfjsNode(device: EagerDevice): Promise<string> {
  if (started && started.device !== device) {
    throw new UserError(
      `A process has one TensorFlow: "${started.device}" runs already, so that "${device}" cannot. Take one of them.`,
    );
  }
  started ??= { device, backend: start(device) };
  return started.backend;
}

async function start(device: EagerDevice): Promise<string> {
  prepareProcess(device);
  const tf = await import('@tensorflow/tfjs-core');
  const before = tf.engine().backendName ? tf.getBackend() : undefined;
  await import(nameOf(device)).catch((error: Error) => {
    started = undefined;
    throw new UserError(
      `Device "${device}": ${nameOf(device)} cannot be loaded (${firstLine(error.message)}). Where its install script ` +
        `could not fetch TensorFlow, \`${recipe(device)}\` makes it usable.`,
      { cause: error },
    );
  });
  if (before) void tf.setBackend(before);
  const { isUsingGpuDevice, binding } = tf.findBackend(backendName) as unknown as TfjsNodeBackend;
  if (device === 'tfjs-node-gpu' && !isUsingGpuDevice) {
    throw new UserError(
      `Device "tfjs-node-gpu" found no GPU: TensorFlow ${binding.TF_Version} would run on the processor. \`nvidia-smi\` must ` +
        'list one, and the CUDA and cuDNN that this TensorFlow was made for must be found (TF_CPP_MIN_LOG_LEVEL=0 tells ' +
        'what is missing). Without a GPU, device "cpu" is faster.',
    );
  }
  return backendName;
}

/** Sets what must be so before TensorFlow is loaded. Environment variables that the user has set stay. */
function prepareProcess(device: EagerDevice): void {
  const { env } = process;
  // With oneDNN, gradients of 1×1 convolutions with strides write beyond their memory (TensorFlow 2.15 to 2.21).
  env.TF_ENABLE_ONEDNN_OPTS ??= '0';
  // Errors only: at its start it tells much that nobody asked for.
  env.TF_CPP_MIN_LOG_LEVEL ??= '2';
  // Otherwise it takes all of a GPU's memory at once.
  if (device === 'tfjs-node-gpu') env.TF_FORCE_GPU_ALLOW_GROWTH ??= 'true';
  // It counts the cores that it may use, not the processes that share them.
  if (ownCores() < cpus().length) env.TF_NUM_INTRAOP_THREADS ??= String(ownCores());
  // tfjs-node calls them: Node.js 22 warns of that, and 23 has them no more.
  Object.assign(util, {
    isNullOrUndefined: (value: unknown) => value === null || value === undefined,
    isArray: Array.isArray,
  });
}

function nameOf(device: EagerDevice): string {
  return `@tensorflow/${device}`;
}

/** The command that makes a package usable without its download. */
function recipe(device: EagerDevice): string {
  const script = relative(process.cwd(), join(packageRoot, 'scripts', 'installTfjsNode.mjs'));
  return `node ${script}${device === 'tfjs-node-gpu' ? ' gpu' : ''}`;
}

function firstLine(text: string): string {
  return text.split('\n')[0].trim().replace(/[.:]$/, '');
}

import { existsSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { UserError } from '../errors.js';
import { type Device, devices, isEager } from './deviceNames.js';
import { ort } from './onnxruntime.js';
import { assertTfjsNode } from './tfjsNode.js';

/**
 * Checks that a device is there: in the installed onnxruntime, or as a package of its own.
 * @throws UserError saying which devices there are and how to get the one asked for.
 */
export function assertDevice(device: string): asserts device is Device {
  if (!devices.includes(device as Device)) {
    throw new UserError(`Unknown device "${device}". Devices: ${devices.join(', ')}.`);
  }
  if (isEager(device)) return assertTfjsNode(device);
  const available = ort.listSupportedBackends();
  const backend = available.find(({ name }) => name === device);
  if (device === 'cpu' || backend?.bundled) return;
  const here = available.filter(({ bundled }) => bundled).map(({ name }) => name);
  if (device === 'cuda' && backend) {
    if (cudaInstalled()) return;
    throw new UserError(
      'Device "cuda" needs libraries that onnxruntime-node leaves to a download of its own. With network access, ' +
        'CUDA 12 and cuDNN 9, run `ONNXRUNTIME_NODE_INSTALL=true npm rebuild onnxruntime-node`.',
    );
  }
  throw new UserError(
    `Device "${device}" is not in this build of onnxruntime-node (${process.platform} ${process.arch}), ` +
      `which has ${here.join(', ')}.`,
  );
}

/** Whether the library that onnxruntime loads for CUDA lies beside its binding, where its install script puts it. */
function cudaInstalled(): boolean {
  const root = dirname(createRequire(import.meta.url).resolve('onnxruntime-node/package.json'));
  const bin = join(root, 'bin');
  return readdirSync(bin).some((api) =>
    existsSync(join(bin, api, process.platform, process.arch, 'libonnxruntime_providers_cuda.so')),
  );
}

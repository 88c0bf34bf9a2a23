import { createRequire } from 'node:module';
import { isMainThread } from 'node:worker_threads';

const name = 'ORT_DISABLE_TELEMETRY';

// onnxruntime 1.30 sends events to its makers, and keeps an identity of the machine, unless this is set before it loads.
process.env[name] = '1';
// Other threads have a copy of the environment, which a native library does not see.
if (!isMainThread && process.platform !== 'win32') setForAll();

function setForAll(): void {
  const { load } = createRequire(import.meta.url)('koffi') as typeof import('koffi');
  const library = process.platform === 'darwin' ? 'libSystem.dylib' : null;
  load(library as string).func('int setenv(const char *, const char *, int)')(name, '1', 1);
}

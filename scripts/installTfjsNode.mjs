// Makes @tensorflow/tfjs-node usable where its own install script cannot fetch TensorFlow:
//
//     node scripts/installTfjsNode.mjs [gpu]
//
// in the folder of the project that uses fgdet. npm gives the package without running that script, pip gives
// TensorFlow's libraries and headers from its wheel, and g++ compiles the package's binding against them. With `gpu`
// it is @tensorflow/tfjs-node-gpu and a TensorFlow for CUDA 12. What is there already is left as it is, so that
// it can be run again: after an `npm install`, which takes packages away that no package.json names.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';

const version = '4.22.0';
const kinds = {
  cpu: { name: '@tensorflow/tfjs-node', wheel: 'tensorflow-cpu==2.15.1' },
  gpu: { name: '@tensorflow/tfjs-node-gpu', wheel: 'tensorflow==2.18.1' },
};
/** TensorFlow's wheels are for these; its libraries do not ask which Python they came with. */
const platforms = ['manylinux_2_17_x86_64', 'manylinux2014_x86_64'];
const python = '3.11';

const kind = process.argv[2] ?? 'cpu';
if (!(kind in kinds)) fail(`"${kind}" is neither "cpu" nor "gpu".`);
if (process.platform !== 'linux' || process.arch !== 'x64') {
  fail(`this is for Linux on x64, not for ${process.platform} on ${process.arch}.`);
}

const { name, wheel } = kinds[kind];
const root = folderOf(name);
if (!existsSync(root)) {
  // npm takes packages away that are in no package.json, unless they are asked for, too.
  const others = Object.values(kinds).filter((one) => existsSync(folderOf(one.name)));
  npm(process.cwd(), ...[name, ...others.map((one) => one.name)].map((one) => `${one}@${version}`));
}

const libraries = join(root, 'deps', 'lib');
const binding = join(root, 'lib', 'napi-v8', 'tfjs_binding.node');
// Beside what it ends in, so that gigabytes are moved and not copied.
const work = mkdtempSync(join(root, '.install-'));
process.on('exit', () => rmSync(work, { recursive: true, force: true }));
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(1));

if (!existsSync(binding) || !linked('cc') || !linked('framework')) {
  unpackWheel();
  compile();
}
tryOut();

function folderOf(one) {
  return join(process.cwd(), 'node_modules', one);
}

function unpackWheel() {
  const words = [
    ...['-m', 'pip', 'install', '--quiet', '--no-deps', '--no-compile', '--only-binary=:all:'],
    ...['--python-version', python, ...platforms.flatMap((one) => ['--platform', one])],
    ...['--target', work, wheel],
  ];
  // Its advice to take a virtual environment is not for a folder of its own.
  run('python3', words, { PIP_ROOT_USER_ACTION: 'ignore' });
  mkdirSync(libraries, { recursive: true });
  const unpacked = join(work, 'tensorflow');
  for (const file of readdirSync(unpacked).filter((one) => one.startsWith('libtensorflow_'))) {
    renameSync(join(unpacked, file), join(libraries, file));
  }
}

function compile() {
  mkdirSync(dirname(binding), { recursive: true });
  run('g++', [
    ...['-std=c++17', '-O2', '-fPIC', '-shared'],
    ...['-DNAPI_VERSION=8', '-DNODE_GYP_MODULE_NAME=tfjs_binding', '-DBUILDING_NODE_EXTENSION'],
    ...[nodeHeaders(), join(work, 'tensorflow', 'include')].flatMap((folder) => ['-I', folder]),
    ...['backend', 'binding'].map((part) => join(root, 'binding', `tfjs_${part}.cc`)),
    '-Wl,-rpath,$ORIGIN/../../deps/lib',
    ...['cc', 'framework'].map(library),
    ...['-o', binding],
  ]);
}

/** The headers of Node.js' interface for addons: beside it, or from npm. */
function nodeHeaders() {
  const own = join(dirname(process.execPath), '..', 'include', 'node');
  if (existsSync(join(own, 'node_api.h'))) return own;
  npm(work, 'node-api-headers');
  return join(work, 'node_modules', 'node-api-headers', 'include');
}

/** A product, computed by what was installed. */
function tryOut() {
  const script = `
    const util = require('node:util');
    util.isNullOrUndefined ??= (value) => value == null;
    util.isArray = Array.isArray;
    const tf = require(${JSON.stringify(name)});
    const [product] = tf.matMul(tf.tensor2d([[1, 2]]), tf.tensor2d([[3], [4]])).dataSync();
    if (product !== 11) throw new Error('1 · 3 + 2 · 4 came out as ' + product);
    const { binding, isUsingGpuDevice } = tf.backend();
    console.log(${JSON.stringify(name)} + ' runs on TensorFlow ' + binding.TF_Version +
      (isUsingGpuDevice ? ' with a GPU.' : ', on the processor.'));`;
  run(process.execPath, ['-e', script], { TF_CPP_MIN_LOG_LEVEL: '2' });
}

function library(part) {
  return join(libraries, `libtensorflow_${part}.so.2`);
}

function linked(part) {
  return existsSync(library(part));
}

function npm(folder, ...packages) {
  // As dependencies, since npm installs no optional peer dependency, as which fgdet's own package.json has them.
  const words = [
    'install',
    '--no-save',
    '--save-prod',
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
  ];
  run('npm', [...words, '--prefix', folder, ...packages]);
}

function run(command, words, environment = {}) {
  try {
    execFileSync(command, words, {
      stdio: 'inherit',
      env: { ...process.env, ...environment },
    });
  } catch (error) {
    const missing = error.code === 'ENOENT' ? ': it is not installed' : '';
    fail(`${command} did not succeed${missing}.`);
  }
}

function fail(message) {
  console.error(`installTfjsNode: ${message}`);
  process.exit(1);
}

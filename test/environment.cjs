const vm = require('node:vm');
const { TestEnvironment } = require('jest-environment-node');

// Native addons (onnxruntime, sharp) check `instanceof` against the host's typed arrays, and jest
// runs each test file in a realm that has its own. The tests get the host's.
const shared = [
  'ArrayBuffer',
  'SharedArrayBuffer',
  'DataView',
  'Int8Array',
  'Uint8Array',
  'Uint8ClampedArray',
  'Int16Array',
  'Uint16Array',
  'Int32Array',
  'Uint32Array',
  'Float32Array',
  'Float64Array',
  'BigInt64Array',
  'BigUint64Array',
];

module.exports = class extends TestEnvironment {
  constructor(config, context) {
    // jest's own global object is a proxy, and looking up `Math` in it takes 150 times as long as elsewhere:
    // most of the time of code that reads every pixel.
    const { createContext } = vm;
    vm.createContext = () => createContext(vm.constants.DONT_CONTEXTIFY);
    super(config, context);
    vm.createContext = createContext;
    for (const name of shared) this.global[name] = globalThis[name];
  }
};

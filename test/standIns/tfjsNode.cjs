// Stands in for @tensorflow/tfjs-node(-gpu): TensorFlow.js' own cpu backend under the name that TensorFlow's has, on a
// machine without a GPU. Like the package it becomes the default backend, and brings gradients of its own.
const tf = require('@tensorflow/tfjs-core');
const { MathBackendCPU } = require('@tensorflow/tfjs-backend-cpu');

class Backend extends MathBackendCPU {
  isUsingGpuDevice = false;
  binding = { TF_Version: '0.0.0' };
}

tf.copyRegisteredKernels('cpu', 'tensorflow');
tf.registerBackend('tensorflow', () => new Backend(), 3);
tf.registerGradient({
  kernelName: 'Square',
  gradFunc: () => {
    throw new Error("the package's own gradient");
  },
});
// The backend's own looks globals up for each value, which takes long in jest's realms: most of the time of all.
tf.unregisterKernel('Transpose', 'tensorflow');
tf.registerKernel({
  kernelName: 'Transpose',
  backendName: 'tensorflow',
  kernelFunc: ({ inputs: { x }, attrs: { perm }, backend }) => {
    const shape = perm.map((axis) => x.shape[axis]);
    const steps = perm.map((axis) => x.shape.slice(axis + 1).reduce((a, b) => a * b, 1));
    const from = backend.data.get(x.dataId).values;
    const to = from.slice();
    let next = 0;
    const copy = (axis, place) => {
      const [count, step] = [shape[axis], steps[axis]];
      const last = axis === shape.length - 1;
      for (let i = 0; i < count; i++) {
        if (last) to[next++] = from[place + i * step];
        else copy(axis + 1, place + i * step);
      }
    };
    copy(0, 0);
    return { dataId: backend.write(to, shape, x.dtype), shape, dtype: x.dtype };
  },
});

tf.setBackend('tensorflow');

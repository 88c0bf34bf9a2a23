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
tf.setBackend('tensorflow');
